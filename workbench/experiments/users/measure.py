"""Everything about one user test that leaves the engine: counts, moments, quantiles; never a unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import ibis
import numpy as np

from workbench.config import Metric, UserExperiment
from workbench.data.row_hash import is_embedded, row_hash
from workbench.errors import DataError
from workbench.experiments.users.assignment import Exposures, daily_units_of, exposures
from workbench.experiments.users.engine import ROUNDING, Cells, Moments, measure_cells, wanted_moments
from workbench.experiments.users.equal_outcomes import Sizes, outcome_sizes
from workbench.experiments.users.estimators import ArmMean, arm_means
from workbench.experiments.users.quantiles import ArmQuantile, arm_quantiles
from workbench.experiments.users.segments import SegmentMoments, segment_moments, values_at_a_glance
from workbench.experiments.users.soundness import mended, sound
from workbench.experiments.users.units import (
    DAY,
    arms_in_order,
    measured_table,
    select_units,
    unit_columns,
)
from workbench.experiments.users.winsorizing import measured_columns, winsorize

# Into how many cells neighbours are dealt: enough that they seldom share one, few enough that the engine holds all at hand.
DEALT = 8
DEAL = "deal"


@dataclass(frozen=True, kw_only=True)
class MeasuredTest:
    """One test as its engine measured it.

    Attributes:
        experiment_id: Its name in the table.
        counts: Units per variant, control first.
        arms: Moments of each variant, in the order of `counts`.
        segments: Moments by segment, its value and variant, of the metrics that decide; a value without units in a variant lacks
            that variant.
        daily: Units by variant and day of assignment; empty where `units` has no assigned_at.
        quantiles: Each quantile metric in each arm, by variant and metric name.
        missing_covariates: Units without a value of a covariate, by covariate; they hold its mean instead.
        exposures: When units met the treatment.
        sizes: Mean absolute outcomes by variant and column, of columns whose mean rests on few outcomes.
        cells: Moments as they left the engine, by arm and day of assignment; None where they weren't kept.
    """

    experiment_id: str
    counts: Mapping[str, int]
    arms: Mapping[str, Moments]
    segments: SegmentMoments
    daily: Mapping[str, Mapping[date, int]]
    quantiles: Mapping[tuple[str, str], ArmQuantile]
    missing_covariates: Mapping[str, int]
    exposures: Exposures = field(default_factory=Exposures)
    sizes: Sizes = field(default_factory=dict)
    cells: Cells | None = None

    def means(self, metric: Metric, control: str, treatment: str) -> tuple[ArmMean, ArmMean]:
        """A metric of any kind in two arms, ready to be compared."""
        if metric.kind == "quantile":
            return self.quantiles[control, metric.name], self.quantiles[treatment, metric.name]
        return arm_means(metric, self.arms[control], self.arms[treatment])

    def constant(self, metric: Metric, variant: str) -> float | None:
        """The value that a metric has in every unit of an arm, None where it varies.

        Of a ratio, it is the ratio that all units share; of a quantile, a value that too many units share.
        """
        if metric.kind == "quantile":
            found = self.quantiles[variant, metric.name]
            return found.mean if found.tied else None
        arm = self.arms[variant]
        mean = arm_means(metric.unadjusted, arm, arm)[0]
        size = max(abs(weight) * abs(arm.mean[name]) for name, weight in mean.weights.items())
        return mean.mean if mean.variance * arm.units <= (ROUNDING * size) ** 2 else None


def measure(units: ibis.Table, experiment_id: str, spec: UserExperiment) -> MeasuredTest:
    """Measure one experiment inside the engine that stores its units.

    Raises:
        SpecError: If the experiment, the control or a column isn't in the table.
        DataError: If units repeat or are in two arms, an arm is empty, or outcomes are missing or out of range.
    """
    chosen = select_units(units, experiment_id, spec)
    numbers = winsorize(measured_table(chosen, spec), spec.metrics)
    segments, days = values_at_a_glance(numbers, spec.segments)
    numbers, cut = _cut_finely(numbers, days, spec)
    numbers, cells, missing = _complete_cells(numbers, cut, spec)
    arms = cells.by_arm()
    counts = arms_in_order({name: arm.units for name, arm in arms.items()}, experiment_id, spec)
    for metric in spec.metrics:
        _require_denominator(metric, {name: arms[name] for name in counts})
    deciding = [metric for metric in spec.metrics if metric.role != "secondary"]
    return MeasuredTest(
        experiment_id=experiment_id,
        counts=counts,
        arms={name: arms[name] for name in counts},
        segments=segment_moments(numbers, tuple(counts), segments, deciding_metrics(spec)),
        daily=daily_units_of(cells),
        quantiles=arm_quantiles(numbers, counts, spec.metrics, spec.confidence),
        missing_covariates=missing,
        exposures=exposures(chosen),
        sizes=outcome_sizes(numbers, arms, deciding),
        cells=cells,
    )


def deciding_metrics(spec: UserExperiment) -> tuple[Metric, ...]:
    """The metrics that are compared between segments: the primary ones, or all where none is declared primary."""
    return tuple(metric for metric in spec.metrics if metric.role == "primary") or spec.metrics


def _complete_cells(
    numbers: ibis.Table, cut: Sequence[str], spec: UserExperiment
) -> tuple[ibis.Table, Cells, dict[str, int]]:
    """Cells of numbers that are all there; the table they are of; and how many units lacked each covariate."""
    cells = _sound_cells(numbers, cut, spec)
    if cells is not None:
        return numbers, cells, dict.fromkeys(unit_columns(spec)[1], 0)
    complete, missing = mended(numbers, spec)
    return complete, measure_cells(complete, cut, wanted_moments(spec.metrics)), missing


def _sound_cells(numbers: ibis.Table, cut: Sequence[str], spec: UserExperiment) -> Cells | None:
    """Moments of each cell, None unless every unit's numbers are sound."""
    flagged = numbers.mutate(sound=sound(numbers, spec))
    try:
        cells = measure_cells(flagged, cut, wanted_moments(spec.metrics), {"sound": flagged.sound.min()})
    except Exception:
        # Some engines stop at the variance of an infinite number. Any other trouble comes back in the pass that follows.
        return None
    return cells if (cells.further["sound"] == 1).all() and np.isfinite(cells.means).all() else None


def _cut_finely(numbers: ibis.Table, days: int, spec: UserExperiment) -> tuple[ibis.Table, tuple[str, ...]]:
    """How to cut the arms while they are measured, which changes nothing once their cells are pooled; and the table to cut.

    Days are wanted anyway. An embedded engine takes up to twice as long where neighbours share their cell: as every row then
    changes the same sums as the row before, it must wait for them. So units that are stored by day, or have none, are dealt out
    by what a metric says of them.
    """
    cut = (DAY,) if DAY in numbers.columns else ()
    if days >= DEALT or not is_embedded(numbers):
        return numbers, cut
    metric = spec.metrics[0]
    dealt = row_hash(numbers, (*metric.columns, *metric.before)) % DEALT
    return numbers.mutate({DEAL: dealt}), (*cut, DEAL)


def _require_denominator(metric: Metric, arms: Mapping[str, Moments]) -> None:
    for name, arm in arms.items():
        if metric.kind == "ratio" and arm.mean[measured_columns(metric)[1]] == 0:
            raise DataError(
                f"units.{metric.denominator}, the denominator of {metric.name}, is 0 for every unit of {name}; "
                "the ratio doesn't exist there, leave the metric out"
            )
