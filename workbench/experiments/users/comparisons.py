"""Each treatment against the control: every metric's effect, and what they are worth together."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from workbench.config import Metric, UserExperiment
from workbench.errors import SpecError
from workbench.experiments.sequential.reading import Reading
from workbench.experiments.sequential.students import from_students
from workbench.experiments.users.estimators import ArmMean, Difference, difference, weighted_sum
from workbench.experiments.users.measure import MeasuredTest
from workbench.experiments.users.multiplicity import CORRECTIONS

type ArmPair = tuple[ArmMean, ArmMean]


@dataclass(frozen=True, kw_only=True)
class MetricEffect:
    """One metric in one treatment.

    Attributes:
        difference: Its intervals are those of the reading.
        p_value: Two-sided, of no difference; valid under the reading.
        p_adjusted: The same, corrected over primary metrics and treatments; NaN for other metrics.
        variance_reduction: Share of the effect's variance that the covariates removed, NaN without any.
    """

    metric: Metric
    difference: Difference
    p_value: float
    p_adjusted: float
    variance_reduction: float

    @property
    def direction(self) -> int:
        """1 where more is better, -1 where less is."""
        return 1 if self.metric.higher_is_better else -1


@dataclass(frozen=True, kw_only=True)
class Profit:
    """Money that the treatment added, less what it cost.

    Attributes:
        per_unit: Currency per treated unit, with its interval.
        total: Currency over all treated units, with its interval.
        se: Standard error of `per_unit`.
    """

    per_unit: float
    per_unit_lower: float
    per_unit_upper: float
    total: float
    total_lower: float
    total_upper: float
    se: float


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One treatment against the control.

    Attributes:
        units: Treated units.
        control_units: Units of the control.
        family: Comparisons that the adjusted p-values cover: primary metrics times treatments.
        reading: What kind of intervals these are.
        profit: None where no metric has a value in money.
    """

    variant: str
    units: int
    control_units: int
    family: int
    reading: Reading
    effects: tuple[MetricEffect, ...]
    profit: Profit | None

    def of_role(self, role: str) -> tuple[MetricEffect, ...]:
        return tuple(effect for effect in self.effects if effect.metric.role == role)

    def leading(self, alpha: float) -> MetricEffect:
        """The first primary metric whose effect chance doesn't explain at `alpha`, else the nearest to it."""
        primary = self.of_role("primary")
        nearest = min(primary, key=lambda effect: effect.p_value)
        return next((effect for effect in primary if effect.p_adjusted < alpha), nearest)


def with_primary(spec: UserExperiment) -> UserExperiment:
    """The same test with a metric that decides: where none is declared primary, the first that isn't a guardrail.

    Raises:
        SpecError: If all metrics are guardrails, or a ratio or quantile is given a value.
    """
    for metric in spec.metrics:
        _require_additive(metric)
    if any(metric.role == "primary" for metric in spec.metrics):
        return spec
    candidates = [metric for metric in spec.metrics if metric.role == "secondary"]
    if not candidates:
        raise SpecError("all metrics of the experiment are guardrails; give the one that decides role = 'primary'")
    promoted = candidates[0].model_copy(update={"role": "primary"})
    metrics = tuple(promoted if metric is candidates[0] else metric for metric in spec.metrics)
    return spec.model_copy(update={"metrics": metrics})


def compare_all(measured: MeasuredTest, spec: UserExperiment, reading: Reading) -> tuple[Comparison, ...]:
    """Compare every treatment with the control, in the order of the counts, with the intervals of one reading."""
    _require_known_costs(measured, spec)
    treatments = [variant for variant in measured.counts if variant != spec.control]
    return _adjust(tuple(_compare(measured, variant, spec, reading) for variant in treatments), spec)


def reading_difference(means: ArmPair, level: float, reading: Reading) -> tuple[Difference, float]:
    """A difference with the reading's intervals, and the p-value that goes with them.

    A single look keeps Welch's t distribution, which is exact for small arms too.
    """
    found = difference(*means, level, critical=reading.override)
    if reading.override is None or found.se == 0:
        return found, found.p_value
    return found, reading.p_value(from_students(found.absolute / found.se, found.df))


def profit_of(
    measured: MeasuredTest, variant: str, means: Mapping[str, ArmPair], spec: UserExperiment, reading: Reading
) -> Profit | None:
    """What a treatment added less what it cost; None where no metric has a value in money."""
    valued = {metric.name: metric.value for metric in spec.metrics if metric.value is not None}
    if not valued:
        return None
    control, treatment = (
        weighted_sum([means[name][arm] for name in valued], list(valued.values()), measured.arms[which])
        for arm, which in enumerate((spec.control, variant))
    )
    gain, _ = reading_difference((control, treatment), spec.confidence, reading)
    cost = added_cost(spec, variant)
    bounds = [bound - cost for bound in (gain.absolute, gain.absolute_lower, gain.absolute_upper)]
    totals = [bound * measured.counts[variant] for bound in bounds]
    return Profit(
        per_unit=bounds[0],
        per_unit_lower=bounds[1],
        per_unit_upper=bounds[2],
        total=totals[0],
        total_lower=totals[1],
        total_upper=totals[2],
        se=gain.se,
    )


def _require_known_costs(measured: MeasuredTest, spec: UserExperiment) -> None:
    unknown = [name for name in spec.costs if name not in measured.counts]
    if unknown:
        raise SpecError(
            f"costs names the arm {unknown[0]}, but the arms of experiment {measured.experiment_id} are "
            f"{', '.join(measured.counts)}; name one of them"
        )


def _require_additive(metric: Metric) -> None:
    if metric.value is None or metric.kind not in ("ratio", "quantile"):
        return
    if metric.kind == "quantile":
        raise SpecError(
            f"metric {metric.name} is a quantile with a value, but quantiles of users don't add up to money; "
            "give the value to a mean of the same column"
        )
    raise SpecError(
        f"metric {metric.name} is a ratio with a value, but its total depends on {metric.denominator}; "
        f"give the value to {metric.numerator} as a metric of its own"
    )


def _compare(measured: MeasuredTest, variant: str, spec: UserExperiment, reading: Reading) -> Comparison:
    means = {metric.name: measured.means(metric, spec.control, variant) for metric in spec.metrics}
    treatments = len(measured.counts) - 1
    return Comparison(
        variant=variant,
        units=measured.counts[variant],
        control_units=measured.counts[spec.control],
        family=sum(metric.role == "primary" for metric in spec.metrics) * treatments,
        reading=reading,
        effects=tuple(
            _effect(
                metric, means[metric.name], _variance_reduction(measured, metric, variant, spec, means), reading, spec
            )
            for metric in spec.metrics
        ),
        profit=profit_of(measured, variant, means, spec, reading),
    )


def _effect(
    metric: Metric, means: ArmPair, variance_reduction: float, reading: Reading, spec: UserExperiment
) -> MetricEffect:
    found, p_value = reading_difference(means, spec.confidence, reading)
    return MetricEffect(
        metric=metric,
        difference=found,
        p_value=p_value,
        p_adjusted=math.nan,
        variance_reduction=variance_reduction,
    )


def _variance_reduction(
    measured: MeasuredTest, metric: Metric, variant: str, spec: UserExperiment, means: Mapping[str, ArmPair]
) -> float:
    if not metric.before:
        return math.nan
    before = sum(mean.variance for mean in measured.means(metric.unadjusted, spec.control, variant))
    return 1 - sum(mean.variance for mean in means[metric.name]) / before if before > 0 else 0.0


def added_cost(spec: UserExperiment, variant: str) -> float:
    """What treating one unit costs more than leaving it in the control, whose own cost is nothing unless `costs` names it."""
    return spec.cost(variant) - spec.costs.get(spec.control, 0.0)


def _adjust(comparisons: tuple[Comparison, ...], spec: UserExperiment) -> tuple[Comparison, ...]:
    family = [(comparison, effect) for comparison in comparisons for effect in comparison.of_role("primary")]
    p_values = CORRECTIONS[spec.correction](np.array([effect.p_value for _, effect in family]))
    adjusted = {
        (comparison.variant, effect.metric.name): float(p_value)
        for (comparison, effect), p_value in zip(family, p_values, strict=True)
    }
    return tuple(
        replace(
            comparison,
            effects=tuple(
                replace(effect, p_adjusted=adjusted.get((comparison.variant, effect.metric.name), math.nan))
                for effect in comparison.effects
            ),
        )
        for comparison in comparisons
    )
