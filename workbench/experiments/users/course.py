"""How a test's effects came about: what a reading on each of its days would have said, with intervals that hold on all of them at once."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from workbench.config import Metric, UserExperiment
from workbench.experiments.result import COURSE_COLUMNS, typed_frame
from workbench.experiments.sequential.reading import Reading, choose_reading
from workbench.experiments.users.comparisons import profit_of, reading_difference
from workbench.experiments.users.engine import Cells
from workbench.experiments.users.equal_outcomes import COUNTED, FEWEST, equal_outcomes
from workbench.experiments.users.measure import MeasuredTest
from workbench.experiments.users.phrases import metric_unit
from workbench.experiments.users.units import DAY, FEWEST_UNITS
from workbench.experiments.users.winsorizing import measured_columns

MOST_DAYS = 60
PROFIT = "profit"


def course_frame(measured: MeasuredTest, spec: UserExperiment, currency: str) -> pd.DataFrame:
    """One row a day, treatment and metric, and of profit: `COURSE_COLUMNS`; at most 60 days, evenly spread.

    A day's reading is of the users who were assigned up to it, with all that is known of them today. It is empty where `units`
    has no `assigned_at`, or lacks it for some. Quantiles have none: they can't be pooled over days.
    """
    metrics = tuple(metric for metric in spec.metrics if metric.kind != "quantile")
    read = spec.model_copy(update={"metrics": metrics, "reading": "always_valid"})
    rows = [row for day, so_far in _until_each_day(measured) for row in _reading_of(so_far, read, day, currency)]
    return typed_frame(rows, COURSE_COLUMNS)


def _until_each_day(measured: MeasuredTest) -> Iterator[tuple[date, MeasuredTest]]:
    """The test as it would have been measured by the end of some of its days."""
    cells = measured.cells
    if cells is None or DAY not in cells.keys or cells.keys[DAY].isna().any():
        return
    days = pd.to_datetime(cells.keys[DAY])
    each = np.sort(days.unique())
    kept = np.unique(np.linspace(0, len(each) - 1, min(len(each), MOST_DAYS)).round().astype(int))
    for day in each[kept]:
        arms = {name: (days <= day) & (cells.keys["variant"] == name) for name in measured.counts}
        if all(_units(cells, members) >= FEWEST_UNITS for members in arms.values()):
            moments = {name: cells.pooled(np.flatnonzero(members)) for name, members in arms.items()}
            counts = {name: arm.units for name, arm in moments.items()}
            yield pd.Timestamp(day).date(), replace(measured, arms=moments, counts=counts)


def _reading_of(so_far: MeasuredTest, spec: UserExperiment, day: date, currency: str) -> Iterator[dict[str, object]]:
    units = sum(so_far.counts.values())
    reading = choose_reading(spec, units, day)
    for variant in so_far.counts:
        if variant == spec.control:
            continue
        shared = {"variant": variant, "date": day, "units": units, "level": spec.confidence}
        for metric in spec.metrics:
            if _can_be_read(so_far, metric, spec.control, variant):
                yield {**shared, **_effect(so_far, metric, spec, variant, reading, currency)}
        valued = [metric for metric in spec.metrics if metric.value is not None]
        if valued and all(_can_be_read(so_far, metric, spec.control, variant) for metric in valued):
            yield {**shared, **_profit(so_far, spec, variant, reading, currency)}


def _effect(
    so_far: MeasuredTest, metric: Metric, spec: UserExperiment, variant: str, reading: Reading, currency: str
) -> dict[str, object]:
    found, _ = reading_difference(so_far.means(metric, spec.control, variant), spec.confidence, reading)
    numbers = {name: value for name, value in vars(found).items() if name in COURSE_COLUMNS}
    return {
        **numbers,
        "metric": metric.name,
        "role": metric.role,
        "unit": metric_unit(metric, currency),
        "enough": _rests_on_enough(so_far, metric, spec.control, variant),
    }


def _profit(
    so_far: MeasuredTest, spec: UserExperiment, variant: str, reading: Reading, currency: str
) -> dict[str, object]:
    valued = [metric for metric in spec.metrics if metric.value is not None]
    means = {metric.name: so_far.means(metric, spec.control, variant) for metric in valued}
    profit = profit_of(so_far, variant, means, spec, reading)
    assert profit is not None
    return {
        "metric": PROFIT,
        "role": PROFIT,
        "unit": currency,
        "absolute": profit.total,
        "absolute_lower": profit.total_lower,
        "absolute_upper": profit.total_upper,
        "relative": math.nan,
        "relative_lower": math.nan,
        "relative_upper": math.nan,
        "enough": all(_rests_on_enough(so_far, metric, spec.control, variant) for metric in valued),
    }


def _can_be_read(so_far: MeasuredTest, metric: Metric, *arms: str) -> bool:
    """Whether the metric exists and varies so far: an interval of no width would claim to know everything."""
    columns = measured_columns(metric)
    if metric.kind == "ratio" and any(so_far.arms[name].mean[columns[1]] == 0 for name in arms):
        return False
    return any(so_far.constant(metric, name) is None for name in arms)


def _rests_on_enough(so_far: MeasuredTest, metric: Metric, *arms: str) -> bool:
    """Whether each arm holds enough outcomes for an interval, as `outcomes.enough_outcomes` asks of the whole test."""
    if metric.kind not in COUNTED:
        return True
    (column,) = measured_columns(metric)
    return all(equal_outcomes(so_far.arms[name], column) >= FEWEST for name in arms)


def _units(cells: Cells, members: pd.Series[bool]) -> float:
    return float(cells.units[members.to_numpy()].sum())
