"""Effects in the parts of one whole, each drawn towards their common mean as far as chance explains its distance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

# Spreads between parts, relative to the parts' typical standard error, in even steps of their logarithm.
RATIOS = np.geomspace(1e-3, 1e3, 400)
WIDTH = 2.0
_LOG_PRIOR = np.log(RATIOS) - np.log(WIDTH**2 + RATIOS**2)


@dataclass(frozen=True, kw_only=True)
class PooledEffects:
    """What is believed about each part after seeing all of them.

    Attributes:
        mean: Expected true effect, shape (part,).
        lower: Lower end of its credible interval, shape (part,).
        upper: Upper end of its credible interval, shape (part,).
        spread: Expected standard deviation of true effects between parts.
    """

    mean: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    spread: float


def partially_pooled(raw: np.ndarray, se: np.ndarray, level: float) -> PooledEffects:
    """Normal effects around a common mean, with an unknown spread that is averaged over, not guessed.

    Before the data, the spread is half-Cauchy around twice the parts' typical standard error: proper for two parts too,
    without a unit of its own, and heavy enough to let go of parts that lie far apart.

    Args:
        raw: Estimated effect of each part, shape (part,).
        se: Its standard error, above 0, shape (part,).
        level: Probability of the intervals.

    References:
        Gelman (2006), Prior Distributions for Variance Parameters in Hierarchical Models; Gelman et al. (2013), Bayesian
        Data Analysis, 5.4.
    """
    typical_se = np.sqrt(len(se) / np.sum(se**-2.0))
    precision = 1 / (se**2 + (typical_se * RATIOS[:, None]) ** 2)
    total = precision.sum(axis=1, keepdims=True)
    centre = (precision * raw).sum(axis=1, keepdims=True) / total
    weight = _posterior(precision, total, raw - centre)
    towards_centre = se**2 * precision
    mean = (1 - towards_centre) * raw + towards_centre * centre
    variance = (1 - towards_centre) * se**2 + towards_centre**2 / total
    expected = weight @ mean
    deviation = np.sqrt(weight @ (variance + (mean - expected) ** 2))
    reach = stats.norm.ppf((1 + level) / 2) * deviation
    return PooledEffects(
        mean=expected, lower=expected - reach, upper=expected + reach, spread=float(weight @ (typical_se * RATIOS))
    )


def _posterior(precision: np.ndarray, total: np.ndarray, residual: np.ndarray) -> np.ndarray:
    """Probability of each spread on the grid, the common mean integrated out."""
    log = _LOG_PRIOR + 0.5 * (
        np.log(precision).sum(axis=1) - np.log(total[:, 0]) - (precision * residual**2).sum(axis=1)
    )
    weight = np.exp(log - log.max())
    return np.asarray(weight / weight.sum())
