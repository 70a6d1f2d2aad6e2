"""What to do about a treatment: gates in order, and the first that settles it is named.

sample ratio → assignment and outcomes → pre-period balance → planned reading → enough outcomes → guardrails → primary → profit
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from workbench.config import UserExperiment
from workbench.experiments.decision import Decision
from workbench.experiments.result import Verdict
from workbench.experiments.users.comparisons import Comparison, MetricEffect, added_cost
from workbench.experiments.users.further_units import to_show, to_stay_within, told
from workbench.experiments.users.phrases import metric_label, p_phrase
from workbench.result import Check
from workbench.wording import interval, money, percent

INVALIDATING = ("sample_ratio", "assignment", "balance")


def decide(comparison: Comparison, spec: UserExperiment, checks: Sequence[Check], currency: str) -> Decision:
    """Walk one treatment through the gates; what a running test hasn't settled is left to the rest of it."""
    return (
        _invalid(comparison, checks)
        or _not_yet(comparison)
        or _too_few(comparison, spec, checks)
        or _guardrails(comparison)
        or _primary(comparison, spec)
        or _profit(comparison, spec, currency)
        or _ship(comparison, spec, currency)
    )


def overall(decisions: Sequence[Decision], comparisons: Sequence[Comparison]) -> Decision:
    """The decision that stands for the test: the most favourable verdict, among equals the most profitable treatment."""
    rank = {"invalid": 0, "ship": 1, "keep running": 2, "inconclusive": 3, "stop": 4}
    order = sorted(
        zip(decisions, comparisons, strict=True), key=lambda pair: (rank[pair[0].verdict], -_attractiveness(pair[1]))
    )
    return order[0][0]


def guardrail_bounds(effect: MetricEffect) -> tuple[float, float]:
    """Interval of the relative change in the metric's good direction."""
    ends = effect.direction * effect.difference.relative_lower, effect.direction * effect.difference.relative_upper
    return min(ends), max(ends)


def _unsettled(comparison: Comparison) -> Verdict:
    return "inconclusive" if comparison.reading.ended else "keep running"


def _invalid(comparison: Comparison, checks: Sequence[Check]) -> Decision | None:
    failed = [check for check in checks if check.passed is False]
    broken = next((check for check in failed if check.name.split()[0] in INVALIDATING), None)
    if broken is not None:
        return Decision(
            variant=comparison.variant,
            verdict="invalid",
            decided_by=broken.name,
            reason=broken.detail.rstrip("."),
            would_change="Mend the cause and run the test again: no analysis of these units can stand in for it.",
        )
    constant = next((check for check in failed if check.name == "outcome_variation"), None)
    if constant is None:
        return None
    return Decision(
        variant=comparison.variant,
        verdict="invalid" if comparison.reading.ended else "keep running",
        decided_by=constant.name,
        reason=constant.detail.rstrip("."),
        would_change="A metric that varies within every arm would change this: mend its recording, or choose another.",
    )


def _not_yet(comparison: Comparison) -> Decision | None:
    if comparison.reading.decides:
        return None
    return Decision(
        variant=comparison.variant,
        verdict="keep running",
        decided_by="plan",
        reason="no reading is planned today, and one at a day of choice would claim too much",
        would_change=f"The next planned reading, at {comparison.reading.until}, settles it or says what is missing.",
    )


def _too_few(comparison: Comparison, spec: UserExperiment, checks: Sequence[Check]) -> Decision | None:
    """Outcomes too few for an interval settle nothing: read 50 times, they would in a sixth of tests, at the planned end in an eighth.

    Of guardrails, the planned end says what there is to say: some harms are so rare that no test holds many.
    """
    arms, running = (comparison.variant, spec.control), not comparison.reading.ended
    guardrails = [metric.name for metric in spec.metrics if metric.role == "guardrail" and running]
    names = {f"enough_outcomes {arm}" for arm in arms} | {
        f"enough_outcomes {name} {arm}" for name in guardrails for arm in arms
    }
    scarce = next((check for check in checks if check.name in names and check.passed is False), None)
    if scarce is None:
        return None
    reason, _, mend = scarce.detail.partition("; ")
    cut = ", or extreme values cut lower (winsorize)," if "winsorize" in mend else ""
    return Decision(
        variant=comparison.variant,
        verdict=_unsettled(comparison),
        decided_by=scarce.name,
        reason=reason,
        would_change=f"More users with an outcome in every arm{cut} would change this.",
    )


def _guardrails(comparison: Comparison) -> Decision | None:
    found = [_guardrail(comparison, effect) for effect in comparison.of_role("guardrail")]
    blocking = [decision for decision in found if decision is not None]
    return min(blocking, key=lambda decision: decision.verdict != "stop", default=None)


def _guardrail(comparison: Comparison, effect: MetricEffect) -> Decision | None:
    margin, label = effect.metric.margin, metric_label(effect.metric)
    worst, best = guardrail_bounds(effect)
    if worst > -margin:
        return None
    gate, bounds = f"guardrail {effect.metric.name}", f"{interval(worst, best, '%')} in its good direction"
    if best < -margin:
        return Decision(
            variant=comparison.variant,
            verdict="stop",
            decided_by=gate,
            reason=f"{label} is certainly more than {percent(margin)} worse ({bounds})",
            would_change=f"A treatment that spares {label}, or a margin wider than {percent(margin)}, would change this.",
        )
    reason = f"{label} may be more than {percent(margin)} worse ({bounds})"
    if math.isnan(worst):
        reason = f"{label} has no relative change: its mean in the control can't be told from zero"
    return Decision(
        variant=comparison.variant,
        verdict=_unsettled(comparison),
        decided_by=gate,
        reason=reason,
        would_change=_until_margin(comparison, effect, worst),
    )


def _until_margin(comparison: Comparison, effect: MetricEffect, worst: float) -> str:
    margin, label = effect.metric.margin, metric_label(effect.metric)
    room = effect.direction * effect.difference.relative + margin
    if math.isnan(worst):
        return f"More users, until the control's mean of {label} stands clear of zero, would change this."
    if room <= 0:
        return f"The estimate itself lies beyond the margin of {percent(margin)}; a treatment that spares {label} would change this."
    needed = to_stay_within(room, room - margin - worst, comparison)
    return told(needed, comparison, f"keep {label} within its margin if its estimate stays")


def _primary(comparison: Comparison, spec: UserExperiment) -> Decision | None:
    alpha = 1 - spec.confidence
    settled = [effect for effect in comparison.of_role("primary") if effect.p_adjusted < alpha]
    worse = [effect for effect in settled if effect.direction * effect.difference.absolute < 0]
    if worse:
        return Decision(
            variant=comparison.variant,
            verdict="stop",
            decided_by="primary",
            reason=f"{metric_label(worse[0].metric)} got worse ({p_phrase(worse[0])})",
            would_change="Only another treatment would change this: the loss is larger than chance explains.",
        )
    if settled:
        return None
    nearest = comparison.leading(alpha)
    needed = to_show(nearest.difference.absolute, nearest.difference.se, comparison, alpha / comparison.family)
    return Decision(
        variant=comparison.variant,
        verdict=_unsettled(comparison),
        decided_by="primary",
        reason=f"chance alone could explain the difference in {metric_label(nearest.metric)} ({p_phrase(nearest)})",
        would_change=told(needed, comparison, "settle a difference of the size seen (80% power)"),
    )


def _profit(comparison: Comparison, spec: UserExperiment, currency: str) -> Decision | None:
    profit = comparison.profit
    if profit is None or profit.per_unit_lower > 0:
        return None
    if profit.per_unit_upper < 0:
        return Decision(
            variant=comparison.variant,
            verdict="stop",
            decided_by="profit",
            reason="it costs more than it brings",
            would_change=_break_even(comparison, spec, currency),
        )
    needed = to_show(profit.per_unit, profit.se, comparison, 1 - spec.confidence)
    return Decision(
        variant=comparison.variant,
        verdict=_unsettled(comparison),
        decided_by="profit",
        reason="the metric moved, but whether it pays is open",
        would_change=told(needed, comparison, "settle a profit of the size seen (80% power)"),
    )


def _break_even(comparison: Comparison, spec: UserExperiment, currency: str) -> str:
    assert comparison.profit is not None
    most = comparison.profit.per_unit + added_cost(spec, comparison.variant)
    if most <= 0:
        return "No cost is low enough: it loses money before its cost; only another treatment would change this."
    return f"A cost below {money(most, currency)} per user would break even."


def _ship(comparison: Comparison, spec: UserExperiment, currency: str) -> Decision:
    best = comparison.leading(1 - spec.confidence)
    profit = comparison.profit
    would_change = (
        f"A cost per user higher by more than {money(profit.per_unit_lower, currency)} could change this."
        if profit is not None
        else "A value and a cost in money could change this: none of the metrics has a value."
    )
    return Decision(
        variant=comparison.variant,
        verdict="ship",
        decided_by="profit" if profit is not None else "primary",
        reason=f"{metric_label(best.metric)} improved ({p_phrase(best)}) and no guardrail stands against it",
        would_change=would_change,
    )


def _attractiveness(comparison: Comparison) -> float:
    if comparison.profit is not None:
        return comparison.profit.per_unit
    return max(
        effect.direction * effect.difference.absolute / effect.difference.se if effect.difference.se else 0.0
        for effect in comparison.of_role("primary")
    )
