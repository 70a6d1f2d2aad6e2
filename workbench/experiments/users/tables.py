"""The tables of a user test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from workbench.config import UserExperiment
from workbench.experiments.decision import Decision
from workbench.experiments.result import ARM_COLUMNS, DECISION_COLUMNS, EFFECT_COLUMNS, typed_frame
from workbench.experiments.users.comparisons import Comparison, MetricEffect
from workbench.experiments.users.phrases import metric_unit
from workbench.experiments.users.sample_ratio import expected_shares
from workbench.result import Estimate, estimates_frame


def decisions_frame(decisions: Sequence[Decision]) -> pd.DataFrame:
    """`DECISION_COLUMNS`, a row each."""
    return typed_frame([vars(decision) for decision in decisions], DECISION_COLUMNS)


def arms_frame(counts: Mapping[str, int], spec: UserExperiment) -> pd.DataFrame:
    """`ARM_COLUMNS`, control first."""
    shares = expected_shares(tuple(counts), spec.ratio)
    return typed_frame(
        [{"variant": name, "units": units, "expected_share": shares[name]} for name, units in counts.items()],
        ARM_COLUMNS,
    )


def effects_frame(comparisons: Sequence[Comparison], spec: UserExperiment, currency: str) -> pd.DataFrame:
    """`EFFECT_COLUMNS`, a row for each treatment and metric."""
    rows = [
        {
            **{name: value for name, value in vars(effect.difference).items() if name in EFFECT_COLUMNS},
            "variant": comparison.variant,
            "metric": effect.metric.name,
            "role": effect.metric.role,
            "p_value": effect.p_value,
            "p_adjusted": effect.p_adjusted,
            "method": method_of(effect, comparison),
            "variance_reduction": effect.variance_reduction,
            "unit": metric_unit(effect.metric, currency),
            "level": spec.confidence,
        }
        for comparison in comparisons
        for effect in comparison.effects
    ]
    return typed_frame(rows, EFFECT_COLUMNS)


def method_of(effect: MetricEffect, comparison: Comparison) -> str:
    """Such as `Welch, delta method, CUPED on past_orders; always-valid`."""
    metric = effect.metric
    parts = {
        "Welch": metric.kind != "quantile",
        "order statistics": metric.kind == "quantile",
        "delta method": metric.kind == "ratio",
        f"winsorised at {metric.winsorize}": metric.winsorize is not None,
        f"CUPED on {', '.join(metric.before)}": bool(metric.before),
    }
    reading = "" if comparison.reading.kind == "fixed" else f"; {comparison.reading.kind.replace('_', '-')}"
    return ", ".join(part for part, applies in parts.items() if applies) + reading


def user_estimates(comparisons: Sequence[Comparison], spec: UserExperiment, currency: str) -> pd.DataFrame:
    """Profit and effects as the tidy table of all results."""
    return estimates_frame(
        estimate
        for comparison in comparisons
        for estimate in (
            *_profit_estimates(comparison, spec.confidence, currency),
            *(
                estimate
                for effect in comparison.effects
                for estimate in _effect_estimates(comparison.variant, effect, spec.confidence, currency)
            ),
        )
    )


def _profit_estimates(comparison: Comparison, level: float, currency: str) -> Iterator[Estimate]:
    gain = comparison.profit
    if gain is None:
        return
    yield Estimate(
        quantity="profit",
        entity=comparison.variant,
        estimate=gain.total,
        lower=gain.total_lower,
        upper=gain.total_upper,
        unit=currency,
        level=level,
    )
    yield Estimate(
        quantity="profit_per_unit",
        entity=comparison.variant,
        estimate=gain.per_unit,
        lower=gain.per_unit_lower,
        upper=gain.per_unit_upper,
        unit=currency,
        level=level,
    )


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
