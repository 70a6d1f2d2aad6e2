"""The tables of a performance review."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from workbench.mmm.holdout.scores import interval
from workbench.scenarios.pacing.course import Course
from workbench.scenarios.pacing.scoring import LEVEL, scores_of, weekly_scores
from workbench.scenarios.problem.levers import LeverCells

if TYPE_CHECKING:
    from workbench.scenarios.pacing.result import PerformanceResult

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


def levers_table(
    course: Course, levers: Sequence[LeverCells], planned: pd.DataFrame, controls: pd.DataFrame | None
) -> pd.DataFrame:
    """One row a lever; columns as in `PerformanceResult.levers`.

    Args:
        course: The plan and what came.
        levers: Of the plan.
        planned: See `ScenarioResult.levers_weekly`.
        controls: As they came, None where nobody keeps them.
    """
    rows = [_lever_row(course, each, planned, controls) for each in levers]
    columns = ("lever", "planned_so_far", "actual", "planned", "units_so_far", "units_came")
    return pd.DataFrame(rows, columns=list(columns)).astype({"lever": "str"} | dict.fromkeys(columns[1:], "float64"))


def _lever_row(
    course: Course, lever: LeverCells, planned: pd.DataFrame, controls: pd.DataFrame | None
) -> dict[str, object]:
    own = planned[planned["lever"] == lever.name]
    so_far = own[own["week"] <= course.actual.weeks[-1]]
    moved = _moved(course, lever, controls)
    return {
        "lever": lever.name,
        "planned_so_far": float(so_far["spend"].sum()),
        "actual": float((moved * lever.cost).sum()),
        "planned": float(own["spend"].sum()),
        "units_so_far": float((so_far["value"] - so_far["otherwise"]).abs().sum()),
        "units_came": float(moved.sum()),
    }


def _moved(course: Course, lever: LeverCells, controls: pd.DataFrame | None) -> np.ndarray:
    """Units that a control was moved the lever's way in the weeks seen, NaN where it isn't known; shape (h, M)."""
    expected = lever.otherwise[: course.weeks_seen]
    if controls is None:
        return np.full(expected.shape, np.nan)
    grid = pd.MultiIndex.from_product([course.actual.weeks, course.known.markets])
    own = controls[controls["control"] == lever.terms.control].set_index(["week", "market"])["value"]
    came = own.reindex(grid).to_numpy(dtype=float).reshape(expected.shape)
    return np.maximum(lever.sign * (came - expected), 0.0)


def scores_table(
    course: Course, foreseen: np.ndarray, revenue_before: np.ndarray, *, after_week: int = 0
) -> pd.DataFrame:
    """A forecast of the plan's weeks, made after so many of them, against those that came since; see `scoring.weekly_scores`.

    Args:
        course: The plan and what came.
        foreseen: Paths of all weeks of the plan, currency, shape (N, H).
        revenue_before: Of the weeks before the plan, shape (T,).
        after_week: How many weeks were over when it was made.
    """
    seen = slice(after_week, course.weeks_seen)
    start = len(revenue_before) - SEASON_WEEKS
    known = start >= 0 and course.weeks_seen <= SEASON_WEEKS
    last_year = revenue_before[start:][seen] if known else None
    return weekly_scores(
        course.actual.weeks[seen], foreseen[:, seen], course.actual.revenue.sum(axis=1)[seen], last_year
    )


def record_table(
    run: str, course: Course, scores: pd.DataFrame, revenue_before: np.ndarray, earlier: Sequence[PerformanceResult]
) -> pd.DataFrame:
    """One row a forecast: this plan's, those of its earlier reviews, and those of other plans as their last review held them.

    Args:
        run: Id of the plan's run.
        course: The plan and what came.
        scores: The plan's own.
        revenue_before: As in `scores_table`.
        earlier: Reviews of this plan and of others, the newest first.
    """
    since = {
        review.weeks_seen: scores_table(
            course, review.forecast["revenue"].to_numpy(), revenue_before, after_week=review.weeks_seen
        )
        for review in reversed(earlier)
        if review.plan_run == run and review.weeks_seen < course.weeks_seen
    }
    own = [
        {"plan_run": run, "after_week": week, **vars(scores_of(found))} for week, found in ({0: scores} | since).items()
    ]
    last = {review.plan_run: review.record for review in reversed(earlier) if review.plan_run != run}
    others = [record[record["plan_run"] == name] for name, record in reversed(last.items())]
    return pd.concat([pd.DataFrame(own).sort_values("after_week"), *others], ignore_index=True)


def forecast_dataset(weeks: pd.DatetimeIndex, now: np.ndarray) -> xr.Dataset:
    """What is foreseen now of each week as quantiles, so that later reviews can score it."""
    values = np.quantile(now, QUANTILES, axis=0)
    return xr.Dataset({"revenue": (("quantile", "week"), values)}, coords={"quantile": QUANTILES, "week": weeks})
