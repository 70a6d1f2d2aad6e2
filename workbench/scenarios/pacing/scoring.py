"""Forecasts held against what came: how far off, how often inside their intervals, and to which side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import t as student

from workbench.mmm.holdout.scores import crps, inside, interval

LEVEL = 0.9


@dataclass(frozen=True, kw_only=True)
class Scores:
    """A forecast's record.

    Attributes:
        weeks: Weeks that were scored.
        crps: Mean distance to what came, currency a week.
        crps_last_year: The same of last year's weeks as a forecast, NaN where there are none.
        coverage: Share of weeks inside the 90% interval.
        bias: Mean of (forecast − actual) / actual; above 0 the forecast promises too much.
        bias_lower: Lower end of its 90% interval; weeks count for fewer where their errors last; NaN for a single week.
        bias_upper: Upper end.
    """

    weeks: int
    crps: float
    crps_last_year: float
    coverage: float
    bias: float
    bias_lower: float
    bias_upper: float


@dataclass(frozen=True, kw_only=True)
class Bias:
    """To which side the planner errs.

    Attributes:
        plans: How many plans were held against what came.
        weeks: Weeks of theirs.
        estimate: Mean of (forecast − actual) / actual over all these weeks.
        lower: Lower end of its 90% interval; NaN where no plan has three weeks.
        upper: Upper end.
    """

    plans: int
    weeks: int
    estimate: float
    lower: float
    upper: float


def planner_bias(record: pd.DataFrame) -> Bias:
    """Over all plans of a record, as they were made; see `PerformanceResult.record`.

    The interval holds however much plans depend on each other, such as where they cover the same weeks: it is as wide as theirs are
    on average.
    """
    plans = record[record["after_week"] == 0]
    weight = plans["weeks"] / plans["weeks"].sum()
    told = plans["bias_upper"].notna()
    half = (plans["bias_upper"] - plans["bias_lower"]) / 2
    middle = float((weight * plans["bias"]).sum())
    around = float((weight * half)[told].sum() / weight[told].sum()) if told.any() else np.nan
    return Bias(
        plans=len(plans),
        weeks=int(plans["weeks"].sum()),
        estimate=middle,
        lower=middle - around,
        upper=middle + around,
    )


def weekly_scores(
    weeks: pd.DatetimeIndex, paths: np.ndarray, actual: np.ndarray, last_year: np.ndarray | None
) -> pd.DataFrame:
    """One row a week: `week`, `actual`, `forecast`, `lower`, `upper`, `crps`, `crps_last_year`, `inside`, `bias`.

    Args:
        weeks: Those that came, length h.
        paths: What was foreseen of all markets together, currency, shape (N, h).
        actual: Currency, shape (h,).
        last_year: The same weeks a year before, shape (h,).
    """
    lower, upper = interval(paths, LEVEL)
    forecast = paths.mean(axis=0)
    return pd.DataFrame(
        {
            "week": weeks,
            "actual": actual,
            "forecast": forecast,
            "lower": lower,
            "upper": upper,
            "crps": crps(paths, actual),
            "crps_last_year": np.nan if last_year is None else np.abs(last_year - actual),
            "inside": inside(actual, paths, LEVEL),
            "bias": (forecast - actual) / np.where(actual > 0, actual, np.nan),
        }
    )


def scores_of(scored: pd.DataFrame) -> Scores:
    """Summarise weeks that were foreseen at the same time, in order."""
    bias = scored["bias"].to_numpy(dtype=float)
    middle, half = float(np.nanmean(bias)), _half_width(bias[~np.isnan(bias)])
    return Scores(
        weeks=len(scored),
        crps=float(scored["crps"].mean()),
        crps_last_year=float(scored["crps_last_year"].mean()),
        coverage=float(scored["inside"].mean()),
        bias=middle,
        bias_lower=middle - half,
        bias_upper=middle + half,
    )


def _half_width(errors: np.ndarray) -> float:
    """Half of the t interval of a mean of errors that last from one week to the next as an autoregression of first order."""
    weeks = len(errors)
    if weeks < 3:
        return np.nan
    around = errors - errors.mean()
    whole = float(around @ around)
    lasting = min(max(float(around[1:] @ around[:-1]) / whole, 0.0), 0.95) if whole > 0 else 0.0
    effective = max(weeks * (1 - lasting) / (1 + lasting), 2.0)
    return float(student.ppf((1 + LEVEL) / 2, effective - 1) * errors.std(ddof=1) / np.sqrt(effective))
