"""The tables of a performance review."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from workbench.mmm.holdout.scores import interval
from workbench.scenarios.pacing.course import Course
from workbench.scenarios.pacing.scoring import LEVEL, scores_of, weekly_scores

QUANTILES = (np.arange(199) + 1) / 200
SEASON_WEEKS = 52


def course_table(course: Course, planned: np.ndarray, now: np.ndarray) -> pd.DataFrame:
    """One row a week; paths of all markets together, shape (N, H), as foreseen when the plan was made, and now."""
    actual = course.actual.revenue.sum(axis=1)
    (planned_lower, planned_upper), (lower, upper) = interval(planned, LEVEL), interval(now, LEVEL)
    total_lower, total_upper = interval(now.cumsum(axis=1), LEVEL)
    return pd.DataFrame(
        {
            "week": course.known.weeks,
            "planned": planned.mean(axis=0),
            "planned_lower": planned_lower,
            "planned_upper": planned_upper,
            "actual": np.append(actual, np.full(planned.shape[1] - len(actual), np.nan)),
            "expected": now.mean(axis=0),
            "lower": lower,
            "upper": upper,
            "total_planned": planned.mean(axis=0).cumsum(),
            "total_expected": now.mean(axis=0).cumsum(),
            "total_lower": total_lower,
            "total_upper": total_upper,
        }
    )


def spend_table(course: Course, committed: np.ndarray) -> pd.DataFrame:
    """One row a channel; `committed` is what is booked, currency, shape (H, M, C)."""
    planned, actual, seen = course.planned, course.actual, course.weeks_seen
    as_planned = (actual.spend * planned.response.exposure_per_spend / planned.price[:seen]).sum(axis=(0, 1))
    bought = actual.exposure.sum(axis=(0, 1))
    known = (bought > 0) & (as_planned > 0)
    return pd.DataFrame(
        {
            "channel": pd.Series(planned.response.channels, dtype="str"),
            "planned_so_far": planned.spend[:seen].sum(axis=(0, 1)),
            "actual": actual.spend.sum(axis=(0, 1)),
            "planned": planned.spend.sum(axis=(0, 1)),
            "committed": committed[seen:].sum(axis=(0, 1)),
            "left": planned.spend[seen:].sum(axis=(0, 1)),
            "price": np.where(known, as_planned / np.where(known, bought, 1.0), np.nan),
        }
    )


def scores_table(course: Course, planned: np.ndarray, revenue_before: np.ndarray) -> pd.DataFrame:
    """The plan's forecast of the weeks seen; `revenue_before` is that of the weeks before the plan, shape (T,)."""
    weeks = course.weeks_seen
    known = len(revenue_before) >= SEASON_WEEKS and weeks <= SEASON_WEEKS
    start = len(revenue_before) - SEASON_WEEKS
    last_year = revenue_before[start : start + weeks] if known else None
    return weekly_scores(course.actual.weeks, planned[:, :weeks], course.actual.revenue.sum(axis=1), last_year)


def record_table(run: str, scores: pd.DataFrame, earlier: Sequence[tuple[str, pd.DataFrame]]) -> pd.DataFrame:
    """One row a plan: this one, and those before it with the scores of their last review."""
    return pd.DataFrame([{"plan_run": name, **vars(scores_of(found))} for name, found in [(run, scores), *earlier]])


def forecast_dataset(weeks: pd.DatetimeIndex, now: np.ndarray) -> xr.Dataset:
    """What is foreseen now of each week as quantiles, so that later reviews can score it."""
    values = np.quantile(now, QUANTILES, axis=0)
    return xr.Dataset({"revenue": (("quantile", "week"), values)}, coords={"quantile": QUANTILES, "week": weeks})
