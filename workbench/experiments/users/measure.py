"""Everything about one user test that leaves the engine: counts, moments, quantiles; never a unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import ibis

from workbench.config import UserExperiment
from workbench.experiments.users.engine import Moments, arm_moments
from workbench.experiments.users.estimators import ArmMean
from workbench.experiments.users.units import TestUnits, select_units

type SegmentMoments = Mapping[str, Mapping[str, Mapping[str, Moments]]]


@dataclass(frozen=True, kw_only=True)
class MeasuredTest:
    """One test as its engine measured it.

    Attributes:
        experiment_id: Its name in the table.
        counts: Units per variant, control first.
        arms: Moments of each variant, in the order of `counts`.
        segments: Moments by segment column, its value and variant; a value without units in a variant lacks that variant.
        daily: Units by variant and day of assignment; empty where `units` has no assigned_at.
        quantiles: A quantile metric in one arm, by variant and metric name.
        ranges: Least and greatest value of each outcome column, by variant and column.
        missing_covariates: Units without a value of a covariate, by covariate; they hold its mean instead.
        late: Units that met the treatment before they were assigned to it.
    """

    experiment_id: str
    counts: Mapping[str, int]
    arms: Mapping[str, Moments]
    segments: SegmentMoments
    daily: Mapping[str, Mapping[date, int]]
    quantiles: Mapping[tuple[str, str], ArmMean]
    ranges: Mapping[tuple[str, str], tuple[float, float]]
    missing_covariates: Mapping[str, int]
    late: int


def measure(units: ibis.Table, experiment_id: str, spec: UserExperiment) -> MeasuredTest:
    """Measure one experiment inside the engine that stores its units.

    Raises:
        SpecError: If the experiment, the control or a column isn't in the table.
        DataError: If units repeat or are in two arms, an arm is empty, or outcomes are missing or out of range.
    """
    chosen = select_units(units, experiment_id, spec)
    measured = arm_moments(chosen.table, spec.metrics)
    return MeasuredTest(
        experiment_id=experiment_id,
        counts=chosen.counts,
        arms={variant: measured[variant] for variant in chosen.counts},
        segments=_segments(chosen, spec),
        daily=_daily(units.filter(units.experiment_id == experiment_id)),
        quantiles={},
        ranges=chosen.ranges,
        missing_covariates=chosen.missing_covariates,
        late=_late(units.filter(units.experiment_id == experiment_id)),
    )


def _segments(chosen: TestUnits, spec: UserExperiment) -> SegmentMoments:
    return {segment: _segment(chosen, segment, spec) for segment in spec.segments}


def _segment(chosen: TestUnits, segment: str, spec: UserExperiment) -> dict[str, dict[str, Moments]]:
    values = sorted(chosen.table.select(segment).distinct().execute()[segment])
    return {value: arm_moments(chosen.table.filter(chosen.table[segment] == value), spec.metrics) for value in values}


def _daily(units: ibis.Table) -> dict[str, dict[date, int]]:
    if "assigned_at" not in units.columns:
        return {}
    days = units.group_by(variant=units.variant.cast("string"), day=units.assigned_at.cast("date"))
    counts: dict[str, dict[date, int]] = {}
    for row in days.aggregate(units=units.count()).order_by("variant", "day").to_pyarrow().to_pylist():
        counts.setdefault(row["variant"], {})[row["day"]] = row["units"]
    return counts


def _late(units: ibis.Table) -> int:
    if not {"assigned_at", "exposed_at"} <= set(units.columns):
        return 0
    return int(units.filter(units.exposed_at < units.assigned_at).count().execute())
