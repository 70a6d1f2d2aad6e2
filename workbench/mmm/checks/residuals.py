"""Named check of what the model leaves unexplained: is it noise, or does it follow from week to week?"""

from __future__ import annotations

import numpy as np
from scipy.stats import chi2

from workbench.mmm.inputs.design import Design
from workbench.mmm.posterior.decomposition import Decomposition
from workbench.mmm.shapes.surprises import whiten
from workbench.result import Check
from workbench.wording import number

LAGS = 4
AUTOCORRELATION_LIMIT = 0.2
SIGNIFICANCE = 0.001


def residual_autocorrelation_check(parts: Decomposition, design: Design) -> Check:
    """Whether what is left of one week says something about the next: then the weeks are fewer observations than they seem."""
    residual = whiten(((design.panel.kpi - parts.fitted) / parts.noise).T, design.persistence).T
    correlations = autocorrelations(residual, LAGS)
    p_value = ljung_box(correlations, len(residual), effective_markets(residual))
    passed = not (p_value < SIGNIFICANCE and abs(correlations[0]) > AUTOCORRELATION_LIMIT)
    each = ", ".join(number(r, 2) for r in correlations)
    mend = "" if passed else f"; {_mend(correlations[0])}"
    return Check(
        name="residual_autocorrelation",
        passed=passed,
        value=float(correlations[0]),
        threshold=AUTOCORRELATION_LIMIT,
        detail=f"What the model can't explain in a week correlates with that of one to {LAGS} weeks later by {each}{mend}.",
    )


def autocorrelations(residual: np.ndarray, lags: int) -> np.ndarray:
    """At lags 1 to `lags`, pooled over markets; `residual` is (T, M)."""
    centred = residual - residual.mean(axis=0)
    variance = (centred**2).sum()
    return np.array([(centred[lag:] * centred[:-lag]).sum() / variance for lag in range(1, lags + 1)])


def effective_markets(residual: np.ndarray) -> float:
    """As how many independent markets those of `residual`, (T, M), count: pooled autocorrelations vary by Σ R² / (M² T)."""
    together = np.atleast_2d(np.corrcoef(residual.T))
    return len(together) ** 2 / float((together**2).sum())


def ljung_box(correlations: np.ndarray, weeks: int, markets: float) -> float:
    """P-value of the pooled autocorrelations of so many independent markets, if all of them are noise.

    References:
        Ljung and Box (1978), On a measure of lack of fit in time series models.
    """
    lag = np.arange(1, len(correlations) + 1)
    statistic = markets * weeks * (weeks + 2) * (correlations**2 / (weeks - lag)).sum()
    return float(chi2.sf(statistic, len(correlations)))


def _mend(first: float) -> str:
    if first > 0:
        return "intervals are too narrow: raise trend_knots_per_year, or record what moved these weeks as a control"
    return "the trend follows chance: lower trend_knots_per_year"
