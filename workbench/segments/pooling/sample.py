"""Draws from the pooled model of `model.py`: given the spreads all else is normal, so both are drawn in turn.

References:
    Yu, Meng (2011), To Center or Not to Center: That Is Not the Question, JCGS 20(3): spreads are drawn twice a round, given the shifts
    and given the shifts in units of their spread, and mix whether data are many or few.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import log_ndtr, ndtri_exp
from threadpoolctl import threadpool_limits

from workbench.segments.pooling.cell_likelihoods import CellLikelihoods
from workbench.segments.pooling.design import GROUP_SPREAD, Design

WARM_UP = 200
SMALLEST_SPREAD = 1e-6
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


@threadpool_limits.wrap(limits=1, user_api="blas")
def sample_pooled(likelihoods: CellLikelihoods, design: Design, *, draws: int, seed: int) -> PooledDraws:
    """One chain after its warm-up."""
    rng = np.random.default_rng(seed)
    spreads = np.full(len(design.spreads), GROUP_SPREAD) * np.exp(rng.normal(0, 0.5, len(design.spreads)))
    kept: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for round_ in range(WARM_UP + draws):
        coefficients = _draw_coefficients(likelihoods, design, spreads, rng)
        rest = _draw_rest(likelihoods, design, coefficients, spreads, rng)
        spreads = _draw_spreads_given_shifts(design, coefficients, rest, rng)
        spreads, coefficients, rest = _draw_spreads_given_scores(likelihoods, design, coefficients, rest, spreads, rng)
        if round_ >= WARM_UP:
            kept.append((design.matrix @ coefficients + rest, coefficients, spreads))
    cells, all_coefficients, all_spreads = (np.array(part) for part in zip(*kept, strict=True))
    return PooledDraws(cells=cells, coefficients=all_coefficients, spreads=all_spreads)


def _draw_coefficients(
    likelihoods: CellLikelihoods, design: Design, spreads: np.ndarray, rng: np.random.Generator
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
    return _normal(precision, target, rng)


def _draw_rest(
    likelihoods: CellLikelihoods,
    design: Design,
    coefficients: np.ndarray,
    spreads: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    if not len(design.rest):
        return np.zeros(likelihoods.linear.shape)
    covariance = _rest_covariance(likelihoods.information, spreads[design.rest])
    without = design.matrix @ coefficients
    slope = likelihoods.linear - np.einsum("gpq,gq->gp", likelihoods.information, without)
    root = np.linalg.cholesky(covariance + 1e-15 * np.eye(covariance.shape[-1]))
    noise = rng.standard_normal(slope.shape)
    return np.einsum("gpq,gq->gp", covariance, slope) + np.einsum("gpq,gq->gp", root, noise)


def _rest_covariance(information: np.ndarray, spreads: np.ndarray) -> np.ndarray:
    """(I + diag(spread)⁻²)⁻¹ of each cell, written so that spreads may be tiny."""
    scaled = spreads[:, None] * information * spreads + np.eye(len(spreads))
    return spreads[:, None] * np.linalg.inv(scaled) * spreads


def _draw_spreads_given_shifts(
    design: Design, coefficients: np.ndarray, rest: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """On a grid, because a half-normal prior has no closed form with them."""
    members = [coefficients[design.spread == at] for at in range(len(design.spreads))]
    for parameter, at in enumerate(design.rest):
        members[at] = rest[:, parameter]
    squares = np.array([shifts @ shifts for shifts in members])[:, None]
    sizes = np.array([len(shifts) for shifts in members])[:, None]
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
    coefficients: np.ndarray,
    rest: np.ndarray,
    spreads: np.ndarray,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The parameters are linear in each spread, so it is normal above zero; all that hangs on it moves with it."""
    spreads, coefficients, rest = spreads.copy(), coefficients.copy(), rest.copy()
    slope = likelihoods.linear - np.einsum("gpq,gq->gp", likelihoods.information, design.matrix @ coefficients + rest)
    for at, (column, parameter) in enumerate(design.spreads):
        per_unit = rest[:, parameter] / spreads[at]
        if column:
            members = design.spread == at
            per_unit = design.matrix[:, parameter, members] @ coefficients[members] / spreads[at]
        curvature = per_unit**2 @ likelihoods.information[:, parameter, parameter]
        precision = curvature + GROUP_SPREAD**-2
        mean = (per_unit @ slope[:, parameter] + curvature * spreads[at]) / precision
        new = _above_zero(mean, precision**-0.5, rng)
        ratio, moved = new / spreads[at], (new - spreads[at]) * per_unit
        if column:
            coefficients[members] *= ratio
        else:
            rest[:, parameter] *= ratio
        slope -= likelihoods.information[:, :, parameter] * moved[:, None]
        spreads[at] = new
    return spreads, coefficients, rest


def _above_zero(mean: float, error: float, rng: np.random.Generator) -> float:
    """Normal above zero, by the inverse of its upper tail in logarithms, which reaches as far as it must."""
    drawn = mean + error * rng.standard_normal()
    if drawn < SMALLEST_SPREAD:
        tail = log_ndtr((mean - SMALLEST_SPREAD) / error) + np.log1p(-rng.random())
        drawn = mean - error * ndtri_exp(tail)
    return float(max(drawn, SMALLEST_SPREAD))


def _normal(precision: np.ndarray, target: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    root = np.linalg.cholesky(precision)
    return np.asarray(np.linalg.solve(root.T, np.linalg.solve(root, target) + rng.standard_normal(len(target))))
