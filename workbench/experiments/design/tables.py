"""The tables of a planned test on users."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from workbench.experiments.design.history import History
from workbench.experiments.design.replay import bucket_sums, replay, replayed_metrics
from workbench.experiments.design.result import (
    COST_COLUMNS,
    CURVE_COLUMNS,
    METRIC_COLUMNS,
    READING_COLUMNS,
    REPLAY_COLUMNS,
    UserPlan,
)
from workbench.experiments.design.schedule import Schedule, planned_schedule, schedule_of
from workbench.experiments.design.sizing import Sizing
from workbench.experiments.result import typed_frame
from workbench.experiments.users.phrases import metric_unit
from workbench.result import Estimate

POINTS = 25
EFFECTS = (0.5, 0.75, 1.0, 1.5, 2.0)
READINGS = {
    "once, at the end": "fixed",
    "at four planned looks": "group_sequential",
    "at any time, with a planned end": "auto",
    "at any time, without an end": "always_valid",
}


def metrics_frame(sizing: Sizing, plan: UserPlan, currency: str) -> pd.DataFrame:
    """What each metric is in history, needs, and shows in the plan."""
    rows = []
    for metric in sizing.measured.spec.metrics:
        baseline = sizing.baseline(metric)
        needed = sizing.needed(metric, plan.effect)
        rows.append(
            {
                "metric": metric.name,
                "role": metric.role,
                "kind": metric.kind,
                "unit": metric_unit(metric, currency),
                "level": baseline.level,
                "sd": math.sqrt(baseline.variance),
                "variance_reduction": 1 - baseline.adjusted / baseline.variance if metric.before else math.nan,
                "target": metric.margin if metric.role == "guardrail" else plan.effect,
                "units_needed": needed,
                "weeks_needed": sizing.weeks(needed),
                "smallest": sizing.smallest(metric, plan.units),
                "power": sizing.power(metric, plan.units),
            }
        )
    return typed_frame(rows, METRIC_COLUMNS)


def curve_frame(sizing: Sizing, plan: UserPlan) -> pd.DataFrame:
    """What each metric but guardrails finds with fewer and more units."""
    largest = max(plan.half_units if math.isfinite(plan.half_units) else 0.0, 1.5 * plan.units)
    sizes = np.geomspace(plan.units / 6, largest, POINTS)
    metrics = [metric for metric in sizing.measured.spec.metrics if metric.role != "guardrail"]
    rows = [
        {
            "metric": metric.name,
            "units": units,
            "weeks": sizing.weeks(units),
            "smallest": sizing.smallest(metric, units),
        }
        for metric in metrics
        for units in sizes
    ]
    return typed_frame(rows, CURVE_COLUMNS)


def readings_frame(sizing: Sizing, plan: UserPlan) -> pd.DataFrame:
    """What the deciding metric needs under each way to read the test."""
    level = 1 - sizing.schedule.alpha
    schedules = {name: schedule_of(reading, level) for name, reading in READINGS.items()}  # type: ignore[arg-type]
    planned = next((name for name, each in schedules.items() if each == sizing.schedule), "as declared")
    schedules.setdefault(planned, sizing.schedule)
    once = _needed(sizing, schedules["once, at the end"])
    rows = []
    for name, schedule in schedules.items():
        needed = _needed(sizing, schedule)
        stopped = schedule.expected_share(schedule.drift_for(plan.power))
        rows.append(
            {
                "reading": name,
                "planned": name == planned,
                "units_needed": needed,
                "inflation": needed / once,
                "expected_units": needed * stopped,
            }
        )
    return typed_frame(rows, READING_COLUMNS)


def replay_frame(history: History, sizing: Sizing, plan: UserPlan, *, splits: int, seed: int) -> pd.DataFrame:
    """Tests without treatment, of the planned size where history holds so many units: read once, and as planned."""
    measured = sizing.measured
    metrics = replayed_metrics(measured.spec)
    if splits == 0 or not metrics:
        return typed_frame([], REPLAY_COLUMNS)
    sums, split = bucket_sums(history, measured), sizing.arms.split
    compared = (split.control + split.treatment) * plan.units
    share = min(1.0, compared / measured.units)
    once = planned_schedule(measured.spec.model_copy(update={"reading": "fixed", "looks": ()}), _level(sizing))
    found = [replay(sums, metrics, once, split, share=share, splits=splits, seed=seed).assign(reading="once")]
    if len(sizing.schedule.shares) > 1:
        leading = tuple(metric for metric in metrics if metric == sizing.leading)
        again = replay(sums, leading, sizing.schedule, split, share=share, splits=splits // 2, seed=seed + 1)
        found.append(again.assign(reading="as planned"))
    rows = pd.concat(found, ignore_index=True).assign(level=sizing.schedule.alpha)
    return rows[list(REPLAY_COLUMNS)].astype(REPLAY_COLUMNS)


def costs_frame(sizing: Sizing, plan: UserPlan) -> pd.DataFrame:
    """What it takes to find smaller and larger effects on the deciding metric."""
    rows: list[dict[str, object]] = []
    for factor in EFFECTS:
        effect = factor * plan.effect
        units = sizing.deciding(effect)[0]
        rows.append(
            {
                "effect": effect,
                "units": units,
                "weeks": sizing.weeks(units),
                "cost": sizing.cost(units),
                "gain": sizing.gain(units, effect),
            }
        )
    return typed_frame(rows, COST_COLUMNS)


def design_estimates(
    metrics: pd.DataFrame, replayed: pd.DataFrame, plan: UserPlan, currency: str
) -> Iterator[Estimate]:
    """The plan's numbers; only the replay's rates are estimates with an interval."""
    yield Estimate(quantity="units", entity="test", estimate=plan.units, unit="users")
    yield Estimate(quantity="units_needed", entity=plan.decided_by, estimate=plan.needed, unit="users")
    yield Estimate(quantity="duration", entity="test", estimate=plan.weeks, unit="weeks")
    yield Estimate(quantity="cost", entity="test", estimate=plan.cost, unit=currency)
    for row in metrics.to_dict("records"):
        name = "smallest_margin" if row["role"] == "guardrail" else "smallest_effect"
        yield Estimate(quantity=name, entity=str(row["metric"]), estimate=float(row["smallest"]), unit="%")
    for row in replayed.to_dict("records"):
        yield Estimate(
            quantity="false_positive_rate",
            entity=f"{row['metric']}, read {row['reading']}",
            estimate=float(row["rate"]),
            lower=float(row["lower"]),
            upper=float(row["upper"]),
            unit="%",
            level=0.95,
        )


def _needed(sizing: Sizing, schedule: Schedule) -> float:
    return replace(sizing, schedule=schedule).needed(sizing.leading, sizing.goal.effect)


def _level(sizing: Sizing) -> float:
    return 1 - sizing.schedule.alpha
