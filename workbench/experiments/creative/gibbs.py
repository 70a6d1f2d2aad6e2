"""Draws from the hierarchical model of cells with Gaussian observations, by Gibbs sampling.

    observed = segments + Σ terms · effects + own + noise,   effects ~ N(0, spread²) by term,   spread ~ half-Cauchy(scale)

Effects are drawn at once with the cells' own deviations integrated out, so that the chain moves freely between the two.

References:
    Gelman (2006), Prior distributions for variance parameters in hierarchical models.
    Makalic, Schmidt (2016), A simple sampler for the horseshoe estimator: the half-Cauchy as two inverse gammas.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg.lapack import dtrtrs

from workbench.experiments.creative.terms import Design

WARM_UP = 300
# A segment's level is as good as unrestricted: its standard deviation on the working scale.
SEGMENT_SD = 10.0
# The least spread that is told from none; it keeps the arithmetic finite.
LEAST_VARIANCE = 1e-10


@dataclass(frozen=True, kw_only=True)
class CellDraws:
    """Draws on the working scale.

    Attributes:
        level: What each cell would show without noise, shape (draws, cells).
        spread: Standard deviation of each term's effects and, last, of the cells' own, shape (draws, terms + 1).
    """

    level: np.ndarray
    spread: np.ndarray


def sample_cells(
    observed: np.ndarray,
    precision: np.ndarray,
    design: Design,
    *,
    draws: int,
    rng: np.random.Generator,
    warm_up: int = WARM_UP,
) -> CellDraws:
    """Sample the cells' levels.

    Args:
        observed: Shape (cells,); ignored where the precision is zero.
        precision: Inverse variance of each, zero where nothing was observed.
        design: What the cells have in common.
        draws: Kept after the warm-up.
        rng: Source of randomness.
        warm_up: Draws before those, which are forgotten.
    """
    columns = np.hstack([design.segments, *(term.columns for term in design.terms)])
    sizes = [term.columns.shape[1] for term in design.terms]
    scales = np.array([term.scale for term in design.terms] + ([design.own_scale] if design.own_scale else []))
    variance, mixing = scales**2, scales**2
    level, spread = np.empty((draws, len(observed))), np.zeros((draws, len(sizes) + 1))
    for step in range(-warm_up, draws):
        own_variance = variance[-1] if design.own_scale else 0.0
        prior = np.concatenate(
            [np.full(design.segments.shape[1], SEGMENT_SD**2), np.repeat(variance[: len(sizes)], sizes)]
        )
        effects = _draw_effects(observed, precision / (1 + precision * own_variance), columns, prior, rng)
        shared = columns @ effects
        own = _draw_own(observed - shared, precision, own_variance, rng)
        groups = [
            *np.split(effects[design.segments.shape[1] :], np.cumsum(sizes)[:-1]),
            *([own] if own_variance else []),
        ]
        variance, mixing = _draw_variances(groups, mixing, scales, rng)
        if step >= 0:
            level[step] = shared + own
            spread[step, : len(variance)] = np.sqrt(variance)
    return CellDraws(level=level, spread=spread)


def _draw_effects(
    observed: np.ndarray, precision: np.ndarray, columns: np.ndarray, prior: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    weighted = columns.T * precision
    information = weighted @ columns
    information[np.diag_indices_from(information)] += 1 / prior
    root = np.linalg.cholesky(information)
    # Half of the solution and the noise share the second triangular system.
    half = dtrtrs(root, weighted @ observed, lower=True)[0]
    effects: np.ndarray = dtrtrs(root, half + rng.standard_normal(len(prior)), lower=True, trans=1)[0]
    return effects


def _draw_own(left: np.ndarray, precision: np.ndarray, variance: float, rng: np.random.Generator) -> np.ndarray:
    if variance == 0.0:
        return np.zeros_like(left)
    total = precision + 1 / variance
    return precision * left / total + rng.standard_normal(len(left)) / np.sqrt(total)


def _draw_variances(
    groups: list[np.ndarray], mixing: np.ndarray, scales: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    shape = np.array([(len(group) + 1) / 2 for group in groups])
    rate = 1 / mixing + np.array([group @ group / 2 for group in groups])
    variance = np.maximum(rate / rng.gamma(shape), LEAST_VARIANCE)
    mixing = (1 / scales**2 + 1 / variance) / rng.gamma(1.0, size=len(groups))
    return variance, mixing
