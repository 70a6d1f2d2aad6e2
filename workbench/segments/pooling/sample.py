"""Draws from the pooled model of `model.py`: given the spreads all else is normal, so both are drawn in turn.

Where parabolas miss something of the likelihoods, the normal draw becomes an ellipse through the last one, on which the draw is sought
that what was missed allows; draws are then exact.

References:
    Yu, Meng (2011), To Center or Not to Center: That Is Not the Question, JCGS 20(3): spreads are drawn twice a round, given the shifts
    and given the shifts in units of their spread, and mix whether data are many or few.
    Murray, Adams, MacKay (2010), Elliptical Slice Sampling, AISTATS 13.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular
from scipy.special import log_ndtr, ndtri_exp
from threadpoolctl import threadpool_limits

from workbench.segments.pooling.cell_likelihoods import CellLikelihoods
from workbench.segments.pooling.design import GROUP_SPREAD, Design

type Missed = Callable[[np.ndarray], float]

WARM_UP = 200
SMALLEST_SPREAD = 1e-6
SHORTEST_ARC = 1e-6
SPREAD_GRID = np.exp(np.linspace(np.log(1e-3), np.log(3.0), 400))


@dataclass(frozen=True, kw_only=True)
class PooledDraws:
    """Draws of everything that is unknown.

    Attributes:
        cells: Logarithms of the cells' parameters, shape (draws, G, P).
        coefficients: Of the design, shape (draws, B).
        spreads: Of the design's groups and of the cells' rest, shape (draws, S).
    """

    cells: np.ndarray
    coefficients: np.ndarray
    spreads: np.ndarray


@dataclass(frozen=True)
class _Shifts:
    """What the cells' parameters are made of: coefficients (B,) and the cells' rest (G, P)."""

    coefficients: np.ndarray
    rest: np.ndarray

    def cells(self, design: Design) -> np.ndarray:
        return design.matrix @ self.coefficients + self.rest


@threadpool_limits.wrap(limits=1, user_api="blas")
def sample_pooled(
    likelihoods: CellLikelihoods, design: Design, *, draws: int, seed: int, missed: Missed | None = None
) -> PooledDraws:
    """One chain after its warm-up.

    Args:
        missed: What parabolas miss of the log likelihoods at the cells' parameters, (G, P); None where it is as good as nothing.
    """
    rng = np.random.default_rng(seed)
    spreads = np.full(len(design.spreads), GROUP_SPREAD) * np.exp(rng.normal(0, 0.5, len(design.spreads)))
    shifts: _Shifts | None = None
    kept: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for round_ in range(WARM_UP + draws):
        shifts = _draw_shifts(likelihoods, design, spreads, shifts, missed, rng)
        spreads = _draw_spreads_given_shifts(design, shifts, rng)
        spreads, shifts = _draw_spreads_given_scores(likelihoods, design, shifts, spreads, missed, rng)
        if round_ >= WARM_UP:
            kept.append((shifts.cells(design), shifts.coefficients, spreads))
    cells, all_coefficients, all_spreads = (np.array(part) for part in zip(*kept, strict=True))
    return PooledDraws(cells=cells, coefficients=all_coefficients, spreads=all_spreads)


def _draw_shifts(
    likelihoods: CellLikelihoods,
    design: Design,
    spreads: np.ndarray,
    last: _Shifts | None,
    missed: Missed | None,
    rng: np.random.Generator,
) -> _Shifts:
    size = len(design.labels), likelihoods.linear.shape
    drawn = _normal_shifts(likelihoods, design, spreads, rng.standard_normal(size[0]), rng.standard_normal(size[1]))
    if missed is None:
        return drawn
    mean = _normal_shifts(likelihoods, design, spreads, np.zeros(size[0]), np.zeros(size[1]))
    return _on_ellipse(design, mean, last or mean, drawn, missed, rng)


def _on_ellipse(
    design: Design, mean: _Shifts, last: _Shifts, drawn: _Shifts, missed: Missed, rng: np.random.Generator
) -> _Shifts:
    """Shrink the arc towards the last draw until a point on it is likely enough."""
    least = missed(last.cells(design)) + np.log1p(-rng.random())
    angle = rng.uniform(0, 2 * np.pi)
    lower, upper = angle - 2 * np.pi, angle
    while upper - lower > SHORTEST_ARC:
        point = _between(mean, last, drawn, angle)
        if missed(point.cells(design)) > least:
            return point
        lower, upper = (angle, upper) if angle < 0 else (lower, angle)
        angle = rng.uniform(lower, upper)
    return last


def _between(mean: _Shifts, last: _Shifts, drawn: _Shifts, angle: float) -> _Shifts:
    def turned(centre: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
        return centre + (one - centre) * np.cos(angle) + (other - centre) * np.sin(angle)

    return _Shifts(
        turned(mean.coefficients, last.coefficients, drawn.coefficients), turned(mean.rest, last.rest, drawn.rest)
    )


def _normal_shifts(
    likelihoods: CellLikelihoods, design: Design, spreads: np.ndarray, noise: np.ndarray, rest_noise: np.ndarray
) -> _Shifts:
    """The draw that the parabolas give for this noise; their mean without noise."""
    coefficients = _draw_coefficients(likelihoods, design, spreads, noise)
    return _Shifts(coefficients, _draw_rest(likelihoods, design, coefficients, spreads, rest_noise))


def _draw_coefficients(
    likelihoods: CellLikelihoods, design: Design, spreads: np.ndarray, noise: np.ndarray
) -> np.ndarray:
    """Normal, the cells' rest integrated out."""
    information, linear = likelihoods.information, likelihoods.linear
    if len(design.rest):
        shrink = _rest_covariance(information, spreads[design.rest])
        through = information @ shrink
        information, linear = information - through @ information, linear - np.einsum("gpq,gq->gp", through, linear)
    sd = np.where(design.spread >= 0, spreads[design.spread], design.prior_spread)
    weighted = information @ design.matrix
    precision = np.tensordot(design.matrix, weighted, axes=([0, 1], [0, 1])) + np.diag(sd**-2.0)
    target = np.tensordot(design.matrix, linear, axes=([0, 1], [0, 1])) + design.prior_mean / sd**2
    return _normal(precision, target, noise)


def _draw_rest(
    likelihoods: CellLikelihoods,
    design: Design,
    coefficients: np.ndarray,
    spreads: np.ndarray,
    noise: np.ndarray,
) -> np.ndarray:
    if not len(design.rest):
        return np.zeros(likelihoods.linear.shape)
    covariance = _rest_covariance(likelihoods.information, spreads[design.rest])
    without = design.matrix @ coefficients
    slope = likelihoods.linear - np.einsum("gpq,gq->gp", likelihoods.information, without)
    root = np.linalg.cholesky(covariance + 1e-15 * np.eye(covariance.shape[-1]))
    return np.einsum("gpq,gq->gp", covariance, slope) + np.einsum("gpq,gq->gp", root, noise)


def _rest_covariance(information: np.ndarray, spreads: np.ndarray) -> np.ndarray:
    """(I + diag(spread)⁻²)⁻¹ of each cell, written so that spreads may be tiny."""
    scaled = spreads[:, None] * information * spreads + np.eye(len(spreads))
    return spreads[:, None] * np.linalg.inv(scaled) * spreads


def _draw_spreads_given_shifts(design: Design, shifts: _Shifts, rng: np.random.Generator) -> np.ndarray:
    """On a grid, because a half-normal prior has no closed form with them."""
    members = [shifts.coefficients[design.spread == at] for at in range(len(design.spreads))]
    for parameter, at in enumerate(design.rest):
        members[at] = shifts.rest[:, parameter]
    squares = np.array([each @ each for each in members])[:, None]
    sizes = np.array([len(each) for each in members])[:, None]
    # The grid is even in the logarithm: one more power of the spread.
    log_density = (
        (1 - sizes) * np.log(SPREAD_GRID) - squares / (2 * SPREAD_GRID**2) - (SPREAD_GRID / GROUP_SPREAD) ** 2 / 2
    )
    noise = rng.gumbel(size=log_density.shape)
    step = np.log(SPREAD_GRID[1] / SPREAD_GRID[0]) * (rng.random(len(squares)) - 0.5)
    return np.asarray(SPREAD_GRID[np.argmax(log_density + noise, axis=1)] * np.exp(step))


def _draw_spreads_given_scores(
    likelihoods: CellLikelihoods,
    design: Design,
    shifts: _Shifts,
    spreads: np.ndarray,
    missed: Missed | None,
    rng: np.random.Generator,
) -> tuple[np.ndarray, _Shifts]:
    """The parameters are linear in each spread, so it is normal above zero; all that hangs on it moves with it."""
    spreads, cells = spreads.copy(), shifts.cells(design)
    slope = likelihoods.linear - np.einsum("gpq,gq->gp", likelihoods.information, cells)
    before = missed(cells) if missed else 0.0
    for at, (_, parameter) in enumerate(design.spreads):
        per_unit = _per_unit_of_spread(design, shifts, spreads, at)
        curvature = per_unit**2 @ likelihoods.information[:, parameter, parameter]
        precision = curvature + GROUP_SPREAD**-2
        mean = (per_unit @ slope[:, parameter] + curvature * spreads[at]) / precision
        new = _above_zero(mean, precision**-0.5, rng)
        moved = cells.copy()
        moved[:, parameter] += (new - spreads[at]) * per_unit
        after = missed(moved) if missed else 0.0
        if missed and not np.log1p(-rng.random()) < after - before:
            continue
        slope -= likelihoods.information[:, :, parameter] * (moved - cells)[:, parameter, None]
        shifts = _stretched(design, shifts, at, new / spreads[at])
        spreads[at], cells, before = new, moved, after
    return spreads, shifts


def _per_unit_of_spread(design: Design, shifts: _Shifts, spreads: np.ndarray, at: int) -> np.ndarray:
    """How much each cell's parameter moves with a spread, shape (G,)."""
    column, parameter = design.spreads[at]
    if not column:
        return np.asarray(shifts.rest[:, parameter] / spreads[at])
    members = design.spread == at
    return np.asarray(design.matrix[:, parameter, members] @ shifts.coefficients[members] / spreads[at])


def _stretched(design: Design, shifts: _Shifts, at: int, ratio: float) -> _Shifts:
    column, parameter = design.spreads[at]
    if column:
        return _Shifts(np.where(design.spread == at, ratio, 1.0) * shifts.coefficients, shifts.rest)
    stretch = np.where(np.arange(shifts.rest.shape[1]) == parameter, ratio, 1.0)
    return _Shifts(shifts.coefficients, shifts.rest * stretch)


def _above_zero(mean: float, error: float, rng: np.random.Generator) -> float:
    """Normal above zero, by the inverse of its upper tail in logarithms, which reaches as far as it must."""
    drawn = mean + error * rng.standard_normal()
    if drawn < SMALLEST_SPREAD:
        tail = log_ndtr((mean - SMALLEST_SPREAD) / error) + np.log1p(-rng.random())
        drawn = mean - error * ndtri_exp(tail)
    return float(max(drawn, SMALLEST_SPREAD))


def _normal(precision: np.ndarray, target: np.ndarray, noise: np.ndarray) -> np.ndarray:
    root = np.linalg.cholesky(precision)
    standard = solve_triangular(root, target, lower=True, check_finite=False) + noise
    return np.asarray(solve_triangular(root, standard, lower=True, trans=1, check_finite=False))
