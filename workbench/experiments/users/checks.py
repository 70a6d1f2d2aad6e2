"""What could make a user test's numbers mislead, each as a named check."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import date

from workbench.config import Metric, UserExperiment
from workbench.experiments.users.balance import balance_check
from workbench.experiments.users.comparisons import Comparison
from workbench.experiments.users.days import NEIGHBOUR
from workbench.experiments.users.denominators import denominator_checks
from workbench.experiments.users.heterogeneity import SegmentEffect
from workbench.experiments.users.measure import MeasuredTest
from workbench.experiments.users.outcomes import enough_outcomes
from workbench.experiments.users.phrases import metric_label
from workbench.experiments.users.sample_ratio import srm_checks
from workbench.experiments.users.segment_checks import segment_checks
from workbench.experiments.users.verdict import guardrail_bounds
from workbench.result import Check
from workbench.wording import count, interval, percent


def user_checks(
    measured: MeasuredTest,
    comparisons: Sequence[Comparison],
    segments: Sequence[SegmentEffect],
    spec: UserExperiment,
    declared: UserExperiment,
    currency: str,
) -> tuple[Check, ...]:
    """All checks, in the order of the gates.

    Args:
        measured: The test as its engine measured it.
        comparisons: Every treatment against the control.
        segments: Effects by segment.
        spec: The test as read, with its primary metric.
        declared: The test as written in the configuration.
        currency: ISO 4217 code.
    """
    return (
        *srm_checks(measured, spec, comparisons[0].reading),
        *_assignment(measured),
        *_planned_days(measured, spec),
        _outcome_variation(measured, spec),
        *_secondary_variation(measured, spec),
        *enough_outcomes(measured, spec),
        balance_check(measured, spec),
        *_guardrails(comparisons),
        _relative_effects(comparisons),
        *denominator_checks(measured, spec),
        *segment_checks(measured, segments, spec, currency),
        *_promoted_primary(spec, declared),
        *_missing_covariates(measured),
    )


def _assignment(measured: MeasuredTest) -> Iterator[Check]:
    """Whether units met the treatment before they were assigned to it; nothing where neither moment is recorded."""
    if not measured.exposures.late:
        return
    total = sum(measured.counts.values())
    yield Check(
        name="assignment",
        passed=False,
        value=measured.exposures.late / total,
        threshold=0,
        detail=f"{count(measured.exposures.late)} of {count(total)} users met the treatment before they were assigned to it, so their arm may "
        "follow from what they did; find out how they were assigned, or leave them out of every arm alike.",
    )


def _planned_days(measured: MeasuredTest, spec: UserExperiment) -> Iterator[Check]:
    """Whether units were assigned before the test's first day or after its last; nothing where none were.

    Days may be those of another time zone than the plan's, so the neighbouring ones count as planned.
    """
    first = spec.start - NEIGHBOUR if spec.start else date.min
    last = spec.end + NEIGHBOUR if spec.end else date.max
    outside = sum(units for arm in measured.daily.values() for day, units in arm.items() if not first <= day <= last)
    if not outside:
        return
    total = sum(measured.counts.values())
    planned = " to ".join(f"{day:%Y-%m-%d}" if day else "open" for day in (spec.start, spec.end))
    yield Check(
        name="planned_days",
        passed=False,
        value=outside / total,
        threshold=0,
        detail=f"{count(outside)} of {count(total)} users were assigned outside the planned days ({planned}); mend start or end, or "
        "leave those users out of every arm alike.",
    )


def _outcome_variation(measured: MeasuredTest, spec: UserExperiment) -> Check:
    constant = list(_constant(measured, [metric for metric in spec.metrics if metric.role != "secondary"]))
    if not constant:
        return Check(
            name="outcome_variation",
            passed=True,
            value=0,
            threshold=0,
            detail="Each metric that decides varies within every arm.",
        )
    return Check(name="outcome_variation", passed=False, value=len(constant), threshold=0, detail=_same(*constant[0]))


def _secondary_variation(measured: MeasuredTest, spec: UserExperiment) -> Iterator[Check]:
    """Metrics that only explain stop nothing, but their intervals mean as little."""
    for metric in spec.metrics:
        constant = list(_constant(measured, [metric])) if metric.role == "secondary" else []
        if constant:
            yield Check(
                name=f"outcome_variation {metric.name}", passed=None, value=len(constant), detail=_same(*constant[0])
            )


def _constant(measured: MeasuredTest, metrics: Sequence[Metric]) -> Iterator[tuple[Metric, str, float]]:
    for metric in metrics:
        for arm in measured.counts:
            value = measured.constant(metric, arm)
            if value is not None:
                yield metric, arm, value


def _same(metric: Metric, arm: str, value: float) -> str:
    label = metric_label(metric)
    if metric.kind == "quantile":
        return (
            f"The {label} is {value:g} in {arm}, which so many users share that its interval means nothing; "
            "measure the share of users above a limit, or the mean."
        )
    return (
        f"{label.capitalize()} is {value:g} for every unit of {arm}, so its interval means nothing; check how it is recorded, "
        "or wait until it varies."
    )


def _guardrails(comparisons: Sequence[Comparison]) -> Iterator[Check]:
    for comparison in comparisons:
        for effect in comparison.of_role("guardrail"):
            worst, best = guardrail_bounds(effect)
            margin = effect.metric.margin
            kept = worst > -margin
            state = "stays within" if kept else "isn't shown to stay within"
            yield Check(
                name=f"guardrail {effect.metric.name} {comparison.variant}",
                passed=kept,
                value=worst,
                threshold=-margin,
                detail=f"With {comparison.variant}, {metric_label(effect.metric)} {state} its margin of {percent(margin)}: "
                f"{interval(worst, best, '%')} in its good direction.",
            )


def _relative_effects(comparisons: Sequence[Comparison]) -> Check:
    """Whether absolute and relative intervals say the same about zero."""
    effects = [(comparison.variant, effect) for comparison in comparisons for effect in comparison.effects]
    undefined = [(variant, effect) for variant, effect in effects if math.isnan(effect.difference.relative)]
    at_odds = [
        (variant, effect)
        for variant, effect in effects
        if not math.isnan(effect.difference.relative)
        and _excludes_zero(effect.difference.absolute_lower, effect.difference.absolute_upper)
        != _excludes_zero(effect.difference.relative_lower, effect.difference.relative_upper)
    ]
    if at_odds:
        variant, effect = at_odds[0]
        detail = (
            f"The absolute and the relative interval of {metric_label(effect.metric)} in {variant} disagree about zero; "
            "trust the absolute one."
        )
    elif undefined:
        variant, effect = undefined[0]
        detail = (
            f"{metric_label(effect.metric).capitalize()} in {variant} has no relative effect: the control's mean can't be told "
            "from zero; the absolute effect stands."
        )
    else:
        detail = "Absolute and relative intervals agree about zero for every metric."
    passed = False if at_odds else None if undefined else True
    return Check(
        name="relative_effects", passed=passed, value=len(at_odds) or len(undefined), threshold=0, detail=detail
    )


def _excludes_zero(lower: float, upper: float) -> bool:
    return lower > 0 or upper < 0


def _promoted_primary(spec: UserExperiment, declared: UserExperiment) -> Iterator[Check]:
    if spec is not declared:
        name = next(metric.name for metric in spec.metrics if metric.role == "primary")
        yield Check(
            name="primary_metric",
            passed=None,
            detail=f"No metric is declared primary, so the first, {name.replace('_', ' ')}, decides; give it role = 'primary' to say so.",
        )


def _missing_covariates(measured: MeasuredTest) -> Iterator[Check]:
    total = sum(measured.counts.values())
    for name, missing in measured.missing_covariates.items():
        if missing:
            yield Check(
                name=f"covariate {name}",
                passed=None,
                value=missing / total,
                detail=f"{count(missing)} of {count(total)} units have no {name.replace('_', ' ')} from before the test; they hold its mean, "
                "which keeps the comparison fair and reduces less variance.",
            )
