"""What to do about a change of spend: gates in order, placebo in time → profit, or the effect where spend is unknown."""

from __future__ import annotations

from collections.abc import Sequence

from scipy import stats

from workbench.config import GeoExperiment
from workbench.experiments.geo.effects import Bounded, GeoEffect
from workbench.experiments.geo.panel import GeoPanel
from workbench.experiments.users.verdict import LARGEST_EXTENSION, Decision, more_units
from workbench.result import Check
from workbench.wording import count, interval, money

GATE = "placebo_in_time"


def decide_geo(
    effect: GeoEffect, panel: GeoPanel, spec: GeoExperiment, checks: Sequence[Check], currency: str
) -> Decision:
    """Walk one geo test through the gates."""
    variant = ", ".join(spec.treated)
    placebo = next(check for check in checks if check.name == GATE)
    if placebo.passed is False:
        return Decision(
            variant=variant,
            verdict="inconclusive",
            decided_by=GATE,
            reason=placebo.detail.rstrip("."),
            would_change="A longer history without that disturbance, or other donors, would change this.",
        )
    gate, judged = ("effect", effect.value) if effect.profit is None else ("profit", effect.profit)
    if judged.lower <= 0 <= judged.upper:
        return Decision(
            variant=variant,
            verdict="inconclusive",
            decided_by=gate,
            reason=f"the {gate} may be zero, {_amount(judged, currency)}",
            would_change=_longer(judged, panel, spec, gate),
        )
    return Decision(
        variant=variant,
        verdict="ship" if judged.lower > 0 else "stop",
        decided_by=gate,
        reason=f"the {gate} is {'above' if judged.lower > 0 else 'below'} zero, {_amount(judged, currency)}",
        would_change=_margin(effect, spec, currency),
    )


def _longer(judged: Bounded, panel: GeoPanel, spec: GeoExperiment, gate: str) -> str:
    se = (judged.upper - judged.lower) / 2 / float(stats.norm.ppf((1 + spec.confidence) / 2))
    tested = panel.periods_tested
    more = more_units(judged.estimate, se, tested, 1 - spec.confidence)
    if more > LARGEST_EXTENSION * tested:
        return f"No test of a realistic length would settle a{'n' if gate == 'effect' else ''} {gate} this small; test a larger change."
    return f"About {count(max(round(more), 1))} more {panel.period_name}s of testing at the same daily spend would settle {_one(gate)} of the size seen."


def _one(gate: str) -> str:
    return "an effect" if gate == "effect" else "a profit"


def _margin(effect: GeoEffect, spec: GeoExperiment, currency: str) -> str:
    if effect.profit is None or spec.spend_change is None:
        return "What the change cost could change this: name it as spend_change."
    edge = effect.profit.lower if effect.profit.lower > 0 else effect.profit.upper
    worse = "higher" if edge > 0 else "lower"
    return f"A cost {worse} by more than {money(abs(edge), currency)} could change this."


def _amount(judged: Bounded, currency: str) -> str:
    return f"{money(judged.estimate, currency)} ({interval(judged.lower, judged.upper, currency)})"
