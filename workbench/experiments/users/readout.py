"""Read out a randomised test on users."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import ibis
import pandas as pd

from workbench.config import UserExperiment
from workbench.experiments.result import (
    ARM_COLUMNS,
    DECISION_COLUMNS,
    EFFECT_COLUMNS,
    ExperimentResult,
    typed_frame,
)
from workbench.experiments.users.checks import user_checks
from workbench.experiments.users.comparisons import Comparison, MetricEffect, compare_all, with_primary
from workbench.experiments.users.findings import user_findings
from workbench.experiments.users.measure import measure
from workbench.experiments.users.phrases import metric_unit
from workbench.experiments.users.sample_ratio import expected_shares
from workbench.experiments.users.verdict import Decision, decide, overall
from workbench.result import Estimate, Provenance, estimates_frame


def read_out_users(
    units: ibis.Table, experiment_id: str, spec: UserExperiment, *, provenance: Provenance, currency: str
) -> ExperimentResult:
    """Read out one randomised test: gates, effects, money, verdict.

    Args:
        units: The canonical `units` table; only aggregates leave its engine.
        experiment_id: Which experiment of the table.
        spec: What was measured, against which control, at which confidence.
        provenance: Where the units came from.
        currency: ISO 4217 code.

    Raises:
        SpecError: If the experiment, its control or a metric's column isn't in the table.
        DataError: If units repeat or are in two arms, an arm is empty, or outcomes are missing or out of range.
    """
    declared, spec = spec, with_primary(spec)
    measured = measure(units, experiment_id, spec)
    comparisons = compare_all(dict(measured.arms), spec)
    checks = user_checks(measured, comparisons, spec, declared)
    decisions = tuple(decide(comparison, spec, checks, currency) for comparison in comparisons)
    verdict = overall(decisions, comparisons)
    return ExperimentResult(
        title=f"Experiment readout: {experiment_id}",
        estimates=estimates_frame(_estimates(comparisons, spec, currency)),
        checks=checks,
        findings=user_findings(verdict, decisions, comparisons, spec, currency),
        provenance=provenance,
        experiment_id=experiment_id,
        kind="users",
        currency=currency,
        verdict=verdict.verdict,
        decided_by=verdict.decided_by,
        would_change=verdict.would_change,
        decisions=_decisions_frame(verdict, decisions),
        effects=_effects_frame(comparisons, spec, currency),
        arms=_arms_frame(dict(measured.counts), spec),
    )


def _decisions_frame(verdict: Decision, decisions: Sequence[Decision]) -> pd.DataFrame:
    others = [decision for decision in decisions if decision is not verdict]
    return typed_frame([vars(decision) for decision in (verdict, *others)], DECISION_COLUMNS)


def _arms_frame(counts: dict[str, int], spec: UserExperiment) -> pd.DataFrame:
    shares = expected_shares(tuple(counts), spec.ratio)
    return typed_frame(
        [{"variant": name, "units": units, "expected_share": shares[name]} for name, units in counts.items()],
        ARM_COLUMNS,
    )


def _effects_frame(comparisons: Sequence[Comparison], spec: UserExperiment, currency: str) -> pd.DataFrame:
    rows = [
        {
            **{name: value for name, value in vars(effect.difference).items() if name in EFFECT_COLUMNS},
            "variant": comparison.variant,
            "metric": effect.metric.name,
            "role": effect.metric.role,
            "p_adjusted": effect.p_adjusted,
            "method": _method(effect),
            "variance_reduction": effect.variance_reduction,
            "unit": metric_unit(effect.metric, currency),
            "level": spec.confidence,
        }
        for comparison in comparisons
        for effect in comparison.effects
    ]
    return typed_frame(rows, EFFECT_COLUMNS)


def _method(effect: MetricEffect) -> str:
    method = "Welch, delta method" if effect.metric.kind == "ratio" else "Welch"
    return f"{method}, CUPED on {effect.metric.covariate}" if effect.metric.covariate else method


def _estimates(comparisons: Sequence[Comparison], spec: UserExperiment, currency: str) -> Iterator[Estimate]:
    level = spec.confidence
    for comparison in comparisons:
        if comparison.profit is not None:
            gain = comparison.profit
            variant = comparison.variant
            yield Estimate(
                quantity="profit",
                entity=variant,
                estimate=gain.total,
                lower=gain.total_lower,
                upper=gain.total_upper,
                unit=currency,
                level=level,
            )
            yield Estimate(
                quantity="profit_per_unit",
                entity=variant,
                estimate=gain.per_unit,
                lower=gain.per_unit_lower,
                upper=gain.per_unit_upper,
                unit=currency,
                level=level,
            )
        for effect in comparison.effects:
            yield from _effect_estimates(comparison.variant, effect, level, currency)


def _effect_estimates(variant: str, effect: MetricEffect, level: float, currency: str) -> Iterator[Estimate]:
    found, entity = effect.difference, f"{variant}/{effect.metric.name}"
    yield Estimate(
        quantity="absolute_effect",
        entity=entity,
        estimate=found.absolute,
        lower=found.absolute_lower,
        upper=found.absolute_upper,
        unit=metric_unit(effect.metric, currency),
        level=level,
    )
    yield Estimate(
        quantity="relative_effect",
        entity=entity,
        estimate=found.relative,
        lower=found.relative_lower,
        upper=found.relative_upper,
        unit="%",
        level=level,
    )
