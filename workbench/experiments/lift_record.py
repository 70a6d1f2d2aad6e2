"""The record of a finished channel test that the media mix reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import pandas as pd
from scipy import stats

from workbench.config import GeoExperiment, Metric, UserExperiment
from workbench.errors import SpecError
from workbench.experiments.geo.effects import GeoEffect
from workbench.experiments.result import LIFT_COLUMNS, ExperimentResult, Verdict, typed_frame
from workbench.experiments.users.comparisons import Comparison
from workbench.result import Check
from workbench.wording import money


def lift_record(result: ExperimentResult) -> pd.DataFrame:
    """The canonical `lift` row of a readout: one, or none where the test changed no channel's spend by a known amount."""
    return result.lift.copy()


def geo_lift(effect: GeoEffect, experiment_id: str, spec: GeoExperiment) -> pd.DataFrame:
    """The lift record of a finished and sound geo test, clear or not, in KPI units over all treated markets and days of the test.

    Its standard error is half the interval that decides divided by the normal quantile of the interval's level: the error of the
    normal likelihood that is as wide, widened where untreated markets strayed further than usual.

    Returns:
        One row of `LIFT_COLUMNS`, or none unless the test names its channel and a change of spend other than zero.
    """
    half_width = (effect.incremental.upper - effect.incremental.lower) / 2
    if spec.channel is None or not spec.spend_change or not half_width > 0:
        return typed_frame([], LIFT_COLUMNS)
    row: dict[str, object] = {
        "experiment_id": experiment_id,
        "channel": spec.channel,
        "markets": ";".join(spec.markets or spec.treated),
        "start": _timestamp(spec.start),
        "end": _timestamp(spec.end),
        "spend_change": spec.spend_change,
        "lift": effect.incremental.estimate,
        "lift_se": half_width / stats.norm.ppf((1 + spec.confidence) / 2),
        "weight": 1.0,
    }
    return typed_frame([row], LIFT_COLUMNS)


def user_lift(
    comparisons: Sequence[Comparison], verdict: Verdict, experiment_id: str, spec: UserExperiment, *, today: date
) -> pd.DataFrame:
    """The lift record of a channel test on users: the effect in total over the treated units, in units of its lift metric.

    Its standard error is the one of a single look, whatever interval the report shows. Read before the planned end, it covers
    the days that are over, and of the change of spend as large a part as of the days: lift and spend are of the same days.

    Returns:
        One row of `LIFT_COLUMNS`, or none where the test names no channel with its change of spend, is invalid or still runs.

    Raises:
        SpecError: If the test names a channel, but not all that a lift record needs.
    """
    if spec.channel is None or not spec.spend_change:
        return typed_frame([], LIFT_COLUMNS)
    metric, (start, end) = _lift_metric(spec), _days(spec, experiment_id)
    if len(comparisons) != 1:
        raise SpecError(
            f"experiments.{experiment_id} changed spend on {spec.channel} in {len(comparisons)} treatments at once; a lift "
            "record compares one treatment with the control: leave spend_change out"
        )
    treatment = comparisons[0]
    effect = next(effect for effect in treatment.effects if effect.metric.name == metric.name).difference
    if verdict in ("invalid", "keep running") or not effect.se > 0:
        return typed_frame([], LIFT_COLUMNS)
    last = _last_day(start, end, today)
    row: dict[str, object] = {
        "experiment_id": experiment_id,
        "channel": spec.channel,
        "markets": ";".join(spec.markets),
        "start": _timestamp(start),
        "end": _timestamp(last),
        "spend_change": spec.spend_change * _length(start, last) / _length(start, end),
        "lift": effect.absolute * treatment.units,
        "lift_se": effect.se * treatment.units,
        "weight": 1.0,
    }
    return typed_frame([row], LIFT_COLUMNS)


def lift_checks(lift: pd.DataFrame, spec: UserExperiment, currency: str) -> Iterator[Check]:
    """Say so where a test that was decided before its planned end leaves a record of fewer days than planned."""
    if lift.empty or spec.start is None or spec.end is None or lift.end.iloc[0] >= _timestamp(spec.end):
        return
    last = lift.end.iloc[0].date()
    days, planned = _length(spec.start, last), _length(spec.start, spec.end)
    yield Check(
        name="lift_days",
        passed=None,
        value=days / planned,
        detail=f"Decided before its planned end: the media mix takes the effect of the {days} of {planned} days up to {last} against "
        f"{money(float(lift.spend_change.iloc[0]), currency)} of spend, as if it flowed evenly; if the test stopped, give its last day "
        "as end and what was spent by then as spend_change.",
    )


def _lift_metric(spec: UserExperiment) -> Metric:
    """The metric that is the KPI of the media mix.

    Raises:
        SpecError: If it isn't measured, or its mean times the units isn't a total.
    """
    primary = next((metric.name for metric in spec.metrics if metric.role == "primary"), spec.metrics[0].name)
    wanted = spec.lift_metric or primary
    metric = next((metric for metric in spec.metrics if metric.name == wanted), None)
    if metric is None:
        known = ", ".join(metric.name for metric in spec.metrics)
        raise SpecError(f"lift_metric is {wanted}, which the experiment doesn't measure; name one of {known}")
    if metric.kind in ("ratio", "quantile"):
        raise SpecError(f"lift_metric {wanted} is a {metric.kind}, which adds up to no total; name a mean or a count")
    return metric


def _days(spec: UserExperiment, experiment_id: str) -> tuple[date, date]:
    if spec.start is None or spec.end is None or not spec.markets:
        raise SpecError(
            f"experiments.{experiment_id} tested the channel {spec.channel}, and its lift record needs start, end and markets; "
            "add them, or leave spend_change out"
        )
    return spec.start, spec.end


def _last_day(start: date, end: date, today: date) -> date:
    # The day of reading isn't over yet.
    return max(start, min(end, today - timedelta(days=1)))


def _length(first: date, last: date) -> int:
    return (last - first).days + 1


def _timestamp(day: date) -> pd.Timestamp:
    return pd.Timestamp(day)
