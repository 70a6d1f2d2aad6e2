"""Named checks of how the model follows the KPI that it was fitted to."""

from __future__ import annotations

import numpy as np

from workbench.mmm.inputs.design import Design
from workbench.mmm.posterior.decomposition import Decomposition
from workbench.result import Check
from workbench.wording import number, percent

COVERAGE_LEVELS = (0.5, 0.8, 0.95)
COVERAGE_TOLERANCE = 0.1
# The baseline that was fitted has followed part of the noise, so that more weeks lie inside than would of new ones.
FOLLOWED = 0.05
SHARED_LIMIT = 0.2


def predictive_coverage_check(parts: Decomposition, design: Design) -> Check:
    """How many observed weeks lie inside the intervals that the model gives for them."""
    actual = design.panel.kpi
    covered = {level: _covered(parts.predicted[level], actual) for level in COVERAGE_LEVELS}
    gaps = {level: abs(share - level) for level, share in covered.items()}
    allowed = {
        level: max(COVERAGE_TOLERANCE, 3 * np.sqrt(level * (1 - level) / actual.size)) for level in COVERAGE_LEVELS
    }
    passed = all(-allowed[level] <= covered[level] - level <= allowed[level] + FOLLOWED for level in COVERAGE_LEVELS)
    found = ", ".join(
        f"{percent(covered[level], 0)} lie inside the {percent(level, 0)} interval" for level in COVERAGE_LEVELS
    )
    mend = (
        ""
        if passed
        else "; surprises aren't as the model assumes: look for extreme weeks, and for causes that no control records"
    )
    return Check(
        name="predictive_coverage",
        passed=passed,
        value=max(gaps.values()),
        threshold=COVERAGE_TOLERANCE,
        detail=f"Of the weeks that the model learnt from, {found}{mend}.",
    )


def fit_check(parts: Decomposition, design: Design) -> Check:
    """R² within markets, for information: a high one doesn't make the channels' numbers true. Shared weeks explain nothing."""
    actual = design.panel.kpi / design.kpi_scale
    explained = parts.explained / design.kpi_scale
    total = ((actual - actual.mean(axis=0)) ** 2).sum()
    r_squared = float(1 - ((actual - explained) ** 2).sum() / total) if total > 0 else np.nan
    return Check(
        name="r_squared",
        passed=None,
        value=r_squared,
        detail=f"The model explains {percent(r_squared)} of the ups and downs of sales over weeks within markets (R²); a high share "
        "doesn't make the channels' numbers true.",
    )


def shared_shocks_check(parts: Decomposition, design: Design) -> Check:
    """Whether what the model can't explain happens in all markets at once: then markets are no independent evidence."""
    residual = design.panel.kpi - parts.fitted
    markets = residual.shape[1]
    standard = (residual - residual.mean(axis=0)) / residual.std(axis=0)
    correlation = float((markets * standard.mean(axis=1).var() - 1) / (markets - 1))
    passed = correlation <= SHARED_LIMIT
    mend = "" if passed else "; intervals are too narrow: record the cause as a control, or fit the markets' total"
    return Check(
        name="shared_shocks",
        passed=passed,
        value=correlation,
        threshold=SHARED_LIMIT,
        detail=f"What the model can't explain has a mean correlation of {number(correlation, 2)} between markets, where "
        f"{SHARED_LIMIT} is too much{mend}.",
    )


def _covered(ends: np.ndarray, actual: np.ndarray) -> float:
    lower, upper = ends
    return float(((actual >= lower) & (actual <= upper)).mean())
