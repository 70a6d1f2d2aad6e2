"""A user test in sentences for someone who decides, money first."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from workbench.config import UserExperiment
from workbench.experiments.decision import Decision
from workbench.experiments.registry.shrinkage import EffectPrior
from workbench.experiments.sequential.reading import Kind, Reading
from workbench.experiments.users.comparisons import Comparison, MetricEffect, added_cost
from workbench.experiments.users.heterogeneity import SegmentEffect
from workbench.experiments.users.phrases import (
    change_phrase,
    effect_phrase,
    metric_label,
    probability,
    profit_phrase,
)
from workbench.experiments.users.posteriors import Belief
from workbench.experiments.users.segment_checks import segment_sentence
from workbench.experiments.users.verdict import guardrail_bounds
from workbench.wording import count, interval, money, percent

NEGLIGIBLE = 0.0005
# Covariates that explain less than this are not worth a sentence.
NOTICEABLE = 0.01
KINDS: dict[Kind, str] = {
    "always_valid": "Intervals that may be read at any time",
    "group_sequential": "Intervals for the planned looks",
    "fixed": "Intervals of a single reading",
}


def user_findings(
    decisions: Sequence[Decision],
    comparisons: Sequence[Comparison],
    believed: Sequence[Belief],
    prior: EffectPrior,
    segments: Sequence[SegmentEffect],
    spec: UserExperiment,
    currency: str,
) -> tuple[str, ...]:
    """The verdict and what would change it; what kind of interval; money; other treatments; what past tests add; who differs; the rest.

    Other treatments have a sentence each: what they did to every metric is for the tables.

    Args:
        decisions: One for each treatment, the one that stands for the test first.
        comparisons: Every treatment against the control.
        believed: The Bayesian reading.
        prior: What it starts from.
        segments: Effects by segment.
        spec: The test as read.
        currency: ISO 4217 code.
    """
    verdict, *others = decisions
    by_variant = {comparison.variant: comparison for comparison in comparisons}
    leader = by_variant[verdict.variant]
    sentences = [_headline(verdict, leader, spec, currency), verdict.would_change]
    if verdict.verdict == "invalid":
        return tuple(sentences)
    sentences.append(_interval_kind(leader.reading))
    sentences += _money(leader, spec, currency)
    sentences += [_other_treatment(decision, by_variant[decision.variant], currency) for decision in others]
    sentences += _belief(leader, believed, prior, spec, currency)
    if segments:
        sentences.append(segment_sentence(segments, spec, currency))
    sentences += _other_metrics(leader, spec, currency)
    sentences += _precision(leader, spec)
    return tuple(sentences)


def _headline(verdict: Decision, comparison: Comparison, spec: UserExperiment, currency: str) -> str:
    if verdict.verdict == "invalid":
        return f"Invalid: {verdict.reason}."
    outcome = effect_phrase(comparison.leading(1 - spec.confidence), currency)
    gain = (
        f"{profit_phrase(comparison.profit, currency)} on the {count(comparison.units)} treated; "
        if comparison.profit
        else ""
    )
    if verdict.verdict == "ship":
        return f"Ship {verdict.variant}: {gain}{outcome}, at {percent(spec.confidence, 0)} confidence."
    words = {
        "stop": f"Stop {verdict.variant}",
        "keep running": f"Keep running{_until(comparison)}",
        "inconclusive": f"Inconclusive for {verdict.variant}",
    }
    return f"{words[verdict.verdict]}: {verdict.reason}; {gain}{outcome}."


def _interval_kind(reading: Reading) -> str:
    return f"{KINDS[reading.kind]}: {reading.why[0].lower()}{reading.why[1:]}"


def _until(comparison: Comparison) -> str:
    until = comparison.reading.until
    return f" until {until}" if until else ""


def _other_treatment(decision: Decision, comparison: Comparison, currency: str) -> str:
    words = {"ship": "would ship too", "stop": "should stop", "keep running": "should keep running"}
    fate = words.get(decision.verdict, f"is {decision.verdict}")
    gain = f" ({profit_phrase(comparison.profit, currency)})" if comparison.profit else ""
    return f"{decision.variant} {fate}{gain}: {decision.reason}."


def _money(comparison: Comparison, spec: UserExperiment, currency: str) -> Iterator[str]:
    gain = comparison.profit
    if gain is None:
        return
    per_user = added_cost(spec, comparison.variant)
    cost = f", after a cost of {money(per_user, currency)}," if per_user else ""
    everyone = comparison.units + comparison.control_units
    yield (
        f"{comparison.variant}{cost} earns {money(gain.per_unit, currency)} a user "
        f"({interval(gain.per_unit_lower, gain.per_unit_upper, currency)}): "
        f"{money(gain.per_unit * everyone, currency)}, had all {count(everyone)} users of this comparison got it."
    )


def _belief(
    comparison: Comparison, believed: Sequence[Belief], prior: EffectPrior, spec: UserExperiment, currency: str
) -> Iterator[str]:
    leading = comparison.leading(1 - spec.confidence)
    for belief in believed:
        if belief.variant == comparison.variant and belief.effect is leading:
            found = belief.posterior
            yield (
                f"Beside the verdict, the Bayesian reading: {comparison.variant} {_odds(belief, currency)}. {prior.told} "
                f"So expect {_signed(found.mean)} ({interval(found.lower, found.upper, '%')}) where "
                f"{_signed(leading.difference.relative)} was measured."
            )


def _odds(belief: Belief, currency: str) -> str:
    found, worth = belief.posterior, belief.worth
    if worth is None:
        label = metric_label(belief.effect.metric)
        loss = (
            f"{percent(found.expected_loss, 2)} of {label}" if found.expected_loss > NEGLIGIBLE else "next to nothing"
        )
        return (
            f"improves {label} with a probability of {probability(found.probability_better)}; shipping it risks {loss}"
        )
    small = worth.expected_loss < NEGLIGIBLE * abs(belief.effect.difference.control * (belief.effect.metric.value or 0))
    loss = "next to nothing" if small else f"{money(worth.expected_loss, currency)} a user"
    return f"pays with a probability of {probability(worth.probability)}; shipping it risks {loss}"


def _other_metrics(comparison: Comparison, spec: UserExperiment, currency: str) -> Iterator[str]:
    """Guardrails and all else beside the metric of the headline, in one sentence each."""
    guardrails = comparison.of_role("guardrail")
    if guardrails:
        yield f"{comparison.variant} and its guardrails: {'; '.join(_guardrail(effect) for effect in guardrails)}."
    leading = comparison.leading(1 - spec.confidence)
    rest = [effect for effect in comparison.effects if effect is not leading and effect.metric.role != "guardrail"]
    moved = [change_phrase(effect, currency) for effect in rest if _moved(effect)]
    still = [change_phrase(effect, currency) for effect in rest if not _moved(effect)]
    parts = [
        f"also moved {', '.join(moved)}" if moved else "",
        f"didn't move {', '.join(still)} by more than chance would" if still else "",
    ]
    if rest:
        yield f"{comparison.variant} {'; it '.join(part for part in parts if part)}."


def _guardrail(effect: MetricEffect) -> str:
    worst, best = guardrail_bounds(effect)
    label, margin = metric_label(effect.metric), percent(effect.metric.margin, 0)
    state = "kept" if worst > -effect.metric.margin else "not shown to be kept"
    return f"{label} {state} (at most {margin} worse is allowed; {interval(worst, best, '%')} in its good direction)"


def _moved(effect: MetricEffect) -> bool:
    return effect.difference.absolute_lower > 0 or effect.difference.absolute_upper < 0


def _precision(comparison: Comparison, spec: UserExperiment) -> Iterator[str]:
    leading = comparison.leading(1 - spec.confidence)
    reduced = leading.variance_reduction
    if not math.isnan(reduced) and NOTICEABLE < reduced < 1:
        yield (
            f"What was known before the test explains {percent(reduced)} of the noise in {metric_label(leading.metric)}: "
            f"without it, the same certainty would have taken {1 / (1 - reduced):.2g} times as many users."
        )


def _signed(fraction: float) -> str:
    return f"{'+' if fraction > 0 else ''}{percent(fraction)}"
