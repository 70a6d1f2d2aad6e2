"""Each treatment against the control: every metric's effect, and what they are worth together."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from workbench.config import Metric, UserExperiment
from workbench.errors import SpecError
from workbench.experiments.users.engine import Moments
from workbench.experiments.users.estimators import ArmMean, Difference, arm_means, difference, weighted_sum
from workbench.experiments.users.multiplicity import holm


@dataclass(frozen=True, kw_only=True)
class MetricEffect:
    """One metric in one treatment.

    Attributes:
        p_adjusted: Holm's, over primary metrics and treatments; NaN for other metrics.
        variance_reduction: Share of the effect's variance that the covariate removed, NaN without one.
    """

    metric: Metric
    difference: Difference
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
        profit: None where no metric has a value in money.
    """

    variant: str
    units: int
    control_units: int
    family: int
    effects: tuple[MetricEffect, ...]
    profit: Profit | None

    def of_role(self, role: str) -> tuple[MetricEffect, ...]:
        return tuple(effect for effect in self.effects if effect.metric.role == role)

    def leading(self, alpha: float) -> MetricEffect:
        """The first primary metric whose effect chance doesn't explain at `alpha`, else the nearest to it."""
        primary = self.of_role("primary")
        nearest = min(primary, key=lambda effect: effect.difference.p_value)
        return next((effect for effect in primary if effect.p_adjusted < alpha), nearest)


def with_primary(spec: UserExperiment) -> UserExperiment:
    """The same test with a metric that decides: where none is declared primary, the first that isn't a guardrail.

    Raises:
        SpecError: If all metrics are guardrails, or a ratio is given a value.
    """
    for metric in spec.metrics:
        if metric.kind == "ratio" and metric.value is not None:
            raise SpecError(
                f"metric {metric.name} is a ratio with a value, but its total depends on {metric.denominator}; "
                f"give the value to {metric.numerator} as a metric of its own"
            )
    if any(metric.role == "primary" for metric in spec.metrics):
        return spec
    candidates = [metric for metric in spec.metrics if metric.role == "secondary"]
    if not candidates:
        raise SpecError("all metrics of the experiment are guardrails; give the one that decides role = 'primary'")
    promoted = candidates[0].model_copy(update={"role": "primary"})
    metrics = tuple(promoted if metric is candidates[0] else metric for metric in spec.metrics)
    return spec.model_copy(update={"metrics": metrics})


def compare_all(moments: dict[str, Moments], spec: UserExperiment) -> tuple[Comparison, ...]:
    """Compare every treatment with the control, in the order of `moments`."""
    comparisons = tuple(_compare(moments, variant, spec) for variant in moments if variant != spec.control)
    return _adjust(comparisons)


def _compare(moments: dict[str, Moments], variant: str, spec: UserExperiment) -> Comparison:
    control, treatment = moments[spec.control], moments[variant]
    means = {metric.name: arm_means(metric, control, treatment) for metric in spec.metrics}
    return Comparison(
        variant=variant,
        units=treatment.units,
        control_units=control.units,
        family=sum(metric.role == "primary" for metric in spec.metrics) * (len(moments) - 1),
        effects=tuple(
            MetricEffect(
                metric=metric,
                difference=difference(*means[metric.name], spec.confidence),
                p_adjusted=math.nan,
                variance_reduction=_variance_reduction(metric, control, treatment, means[metric.name]),
            )
            for metric in spec.metrics
        ),
        profit=_profit(means, control, treatment, spec),
    )


def _variance_reduction(
    metric: Metric, control: Moments, treatment: Moments, adjusted: tuple[ArmMean, ArmMean]
) -> float:
    if metric.covariate is None:
        return math.nan
    plain = arm_means(metric.model_copy(update={"covariate": None}), control, treatment)
    before = sum(mean.variance for mean in plain)
    return 1 - sum(mean.variance for mean in adjusted) / before if before > 0 else 0.0


def _profit(
    means: dict[str, tuple[ArmMean, ArmMean]], control: Moments, treatment: Moments, spec: UserExperiment
) -> Profit | None:
    valued = {metric.name: metric.value for metric in spec.metrics if metric.value is not None}
    if not valued:
        return None
    worth = [
        weighted_sum([means[name][arm] for name in valued], list(valued.values()), moments)
        for arm, moments in enumerate((control, treatment))
    ]
    gain = difference(worth[0], worth[1], spec.confidence)
    bounds = [bound - spec.cost_per_unit for bound in (gain.absolute, gain.absolute_lower, gain.absolute_upper)]
    totals = [bound * treatment.units for bound in bounds]
    return Profit(
        per_unit=bounds[0],
        per_unit_lower=bounds[1],
        per_unit_upper=bounds[2],
        total=totals[0],
        total_lower=totals[1],
        total_upper=totals[2],
        se=gain.se,
    )


def _adjust(comparisons: tuple[Comparison, ...]) -> tuple[Comparison, ...]:
    family = [
        (comparison.variant, effect.metric.name)
        for comparison in comparisons
        for effect in comparison.of_role("primary")
    ]
    p_values = [effect.difference.p_value for comparison in comparisons for effect in comparison.of_role("primary")]
    adjusted = dict(zip(family, holm(np.array(p_values)), strict=True))
    return tuple(
        replace(
            comparison,
            effects=tuple(
                replace(effect, p_adjusted=float(adjusted.get((comparison.variant, effect.metric.name), math.nan)))
                for effect in comparison.effects
            ),
        )
        for comparison in comparisons
    )
