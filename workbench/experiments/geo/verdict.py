"""What to do about a change of spend: the first gate that settles it is named.

overlapping tests → placebo in time → planned end → profit, or the effect where spend is unknown
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from scipy import stats

from workbench.config import GeoExperiment
from workbench.experiments.decision import Decision
from workbench.experiments.geo.effects import Bounded, GeoEffect
from workbench.experiments.geo.panel import GeoPanel
from workbench.experiments.geo.phrases import lasting, listed
from workbench.result import Check
from workbench.wording import interval, money

OVERLAP = "overlapping_tests"
PLACEBO = "placebo_in_time"
PLANNED_END = "planned_end"
JUDGED = ("effect", "profit")
POWER = 0.8
LARGEST_EXTENSION = 20
ORDER = {"invalid": 0, "keep running": 1, "ship": 2, "inconclusive": 3, "stop": 4}


def decide_geo(
    effect: GeoEffect, panel: GeoPanel, spec: GeoExperiment, checks: Sequence[Check], currency: str, variant: str = ""
) -> Decision:
    """Walk one group of treated markets through the gates.

    Args:
        effect: What the change did there.
        panel: The markets.
        spec: The test of this group.
        checks: All checks of it.
        currency: ISO 4217 code.
        variant: The group's name, empty for its markets'.
    """
    name = variant or ", ".join(spec.treated)
    settled = _overlapping(name, panel, checks) or _placebo(name, checks) or _running(name, panel, spec)
    return settled or _judged(name, effect, panel, spec, currency)


def overall(decisions: Sequence[Decision], effects: Sequence[GeoEffect]) -> Decision:
    """The decision that stands for the test: an invalid or unfinished cell first, then the most profitable one to ship."""
    order = sorted(
        zip(decisions, effects, strict=True),
        key=lambda pair: (ORDER[pair[0].verdict], -(pair[1].profit or pair[1].value).estimate),
    )
    return order[0][0]


def trusted(decision: Decision) -> bool:
    """Whether the effect may be used elsewhere: the test is over and sound, whatever its effect.

    An effect that may be zero is evidence too: were only clear ones passed on, what is learnt from them would be too large.
    The gates that keep one back look at other tests and at the time before this one, never at its effect.
    """
    return decision.verdict in ("ship", "stop", "inconclusive") and decision.decided_by in JUDGED


def _overlapping(name: str, panel: GeoPanel, checks: Sequence[Check]) -> Decision | None:
    during = [
        overlap for overlap in panel.overlaps if overlap.during and set(overlap.treated) & set(panel.treated_names)
    ]
    if not during:
        return None
    return Decision(
        variant=name,
        verdict="invalid",
        decided_by=OVERLAP,
        reason=_check(checks, OVERLAP).detail.split(". ")[0].rstrip("."),
        would_change=f"Run it again at a time when {listed([overlap.other for overlap in during])} leaves these markets alone.",
    )


def _placebo(name: str, checks: Sequence[Check]) -> Decision | None:
    check = _check(checks, PLACEBO)
    if check.passed is not False:
        return None
    return Decision(
        variant=name,
        verdict="inconclusive",
        decided_by=PLACEBO,
        reason=check.detail[0].lower() + check.detail[1:].rstrip("."),
        would_change="A longer history without that disturbance, or other donors, would change this.",
    )


def _running(name: str, panel: GeoPanel, spec: GeoExperiment) -> Decision | None:
    if not panel.running:
        return None
    return Decision(
        variant=name,
        verdict="keep running",
        decided_by=PLANNED_END,
        reason=f"{panel.periods_tested} of {lasting(panel.periods_planned, panel.period_name)} are in",
        would_change=f"Read it after {spec.end:%d %B %Y}: whoever decides at the first promising moment is too often wrong.",
    )


def _judged(name: str, effect: GeoEffect, panel: GeoPanel, spec: GeoExperiment, currency: str) -> Decision:
    gate, judged = ("effect", effect.value) if effect.profit is None else ("profit", effect.profit)
    if judged.lower <= 0 <= judged.upper:
        return Decision(
            variant=name,
            verdict="inconclusive",
            decided_by=gate,
            reason=f"the {gate} may be zero, {_amount(judged, currency)}",
            would_change=_settling(judged, effect, panel, spec, gate),
        )
    return Decision(
        variant=name,
        verdict="ship" if judged.lower > 0 else "stop",
        decided_by=gate,
        reason=f"the {gate} is {'above' if judged.lower > 0 else 'below'} zero, {_amount(judged, currency)}",
        would_change=_margin(effect, spec, currency),
    )


def _settling(judged: Bounded, effect: GeoEffect, panel: GeoPanel, spec: GeoExperiment, gate: str) -> str:
    if effect.widening == 1:
        return _longer(judged, panel, spec, gate)
    usual = judged.narrowed(effect.widening)
    if usual.lower <= 0 <= usual.upper:
        return f"A quieter time alone would not settle it. {_longer(usual, panel, spec, gate)}"
    return f"The same {gate} in a time as quiet as usual would settle it: test again, over a longer time or with more untreated markets."


def _longer(judged: Bounded, panel: GeoPanel, spec: GeoExperiment, gate: str) -> str:
    """How many more periods would show what was seen with 80% power: the total grows with them, its error with their root."""
    se = (judged.upper - judged.lower) / 2 / float(stats.norm.ppf((1 + spec.confidence) / 2))
    shown = float(stats.norm.ppf((1 + spec.confidence) / 2) + stats.norm.ppf(POWER))
    times = (shown * se / judged.estimate) ** 2 - 1 if judged.estimate else math.inf
    if times > LARGEST_EXTENSION:
        return f"No test of a realistic length would settle a{'n' if gate == 'effect' else ''} {gate} this small; test a larger change."
    more = max(round(times * panel.periods_tested), 1)
    return (
        f"About {lasting(more, f'more {panel.period_name}')} of testing at the same daily "
        f"spend would settle {'an effect' if gate == 'effect' else 'a profit'} of the size seen."
    )


def _margin(effect: GeoEffect, spec: GeoExperiment, currency: str) -> str:
    if effect.profit is None or spec.spend_change is None:
        if effect.value.lower <= 0:
            return "Nothing but another change would: it lost, whatever it cost."
        return f"What it cost isn't known: above {money(effect.value.lower, currency)} it may not pay; name it as spend_change."
    edge = effect.profit.lower if effect.profit.lower > 0 else effect.profit.upper
    worse = "higher" if edge > 0 else "lower"
    return f"A cost {worse} by more than {money(abs(edge), currency)} could change this."


def _check(checks: Sequence[Check], name: str) -> Check:
    return next(check for check in checks if check.name == name)


def _amount(judged: Bounded, currency: str) -> str:
    return f"{money(judged.estimate, currency)} ({interval(judged.lower, judged.upper, currency)})"
