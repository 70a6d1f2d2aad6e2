"""A user test in sentences for someone who decides, money first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workbench.config import UserExperiment
from workbench.experiments.users.comparisons import Comparison
from workbench.experiments.users.phrases import effect_phrase, level_phrase, p_phrase, profit_phrase
from workbench.experiments.users.verdict import Decision
from workbench.wording import count, interval, money, percent


def user_findings(
    verdict: Decision,
    decisions: Sequence[Decision],
    comparisons: Sequence[Comparison],
    spec: UserExperiment,
    currency: str,
) -> tuple[str, ...]:
    """The verdict, each treatment's money and fate, then each metric."""
    by_variant = {comparison.variant: comparison for comparison in comparisons}
    sentences = [_headline(verdict, by_variant[verdict.variant], spec, currency), verdict.would_change]
    if verdict.verdict == "invalid":
        return tuple(sentences)
    sentences += [
        _other_treatment(decision, by_variant[decision.variant], currency)
        for decision in decisions
        if decision is not verdict
    ]
    sentences += [
        _money(by_variant[decision.variant], spec, currency)
        for decision in decisions
        if by_variant[decision.variant].profit is not None
    ]
    for decision in (verdict, *(other for other in decisions if other is not verdict)):
        sentences += _metrics(by_variant[decision.variant], currency)
    return tuple(sentences)


def _headline(verdict: Decision, comparison: Comparison, spec: UserExperiment, currency: str) -> str:
    if verdict.verdict == "invalid":
        return f"Invalid: {verdict.reason}."
    outcome = effect_phrase(comparison.leading(1 - spec.confidence), currency)
    gain = (
        f", {profit_phrase(comparison.profit, currency)} on the {count(comparison.units)} treated"
        if comparison.profit
        else ""
    )
    if verdict.verdict == "ship":
        return f"Ship {verdict.variant}: {outcome}{gain}, at {percent(spec.confidence, 0)} confidence."
    word = "Stop" if verdict.verdict == "stop" else "Inconclusive for"
    return f"{word} {verdict.variant}: {verdict.reason}; {outcome}{gain}."


def _other_treatment(decision: Decision, comparison: Comparison, currency: str) -> str:
    words = {"ship": "would ship too", "stop": "should stop", "keep running": "should keep running"}
    fate = words.get(decision.verdict, f"is {decision.verdict}")
    gain = f" ({profit_phrase(comparison.profit, currency)})" if comparison.profit else ""
    return f"{decision.variant} {fate}{gain}: {decision.reason}."


def _money(comparison: Comparison, spec: UserExperiment, currency: str) -> str:
    gain = comparison.profit
    assert gain is not None
    cost = f", after a cost of {money(spec.cost_per_unit, currency)}," if spec.cost_per_unit else ""
    return (
        f"{comparison.variant}{cost} earns {money(gain.per_unit, currency)} a user "
        f"({interval(gain.per_unit_lower, gain.per_unit_upper, currency)})."
    )


def _metrics(comparison: Comparison, currency: str) -> Iterator[str]:
    for effect in comparison.effects:
        reduced = effect.variance_reduction
        saved = f", with {percent(reduced)} of the variance removed by {effect.metric.covariate}" if reduced > 0 else ""
        yield (
            f"{comparison.variant}: {effect_phrase(effect, currency)}, {level_phrase(effect, currency)}, "
            f"{p_phrase(effect)}{saved}."
        )
