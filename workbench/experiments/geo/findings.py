"""A geo test in sentences for someone who decides, money first."""

from __future__ import annotations

from workbench.config import GeoExperiment
from workbench.experiments.geo.effects import GeoEffect
from workbench.experiments.geo.panel import GeoPanel
from workbench.experiments.geo.verdict import GATE
from workbench.experiments.users.verdict import Decision
from workbench.wording import count, interval, money, number, percent

MOST_NAMES = 4


def geo_findings(
    decision: Decision, effect: GeoEffect, panel: GeoPanel, spec: GeoExperiment, currency: str
) -> tuple[str, ...]:
    """The verdict with its money, what would change it, then return, KPI and fit."""
    sentences = [_headline(decision, effect, panel, spec, currency), decision.would_change]
    if effect.iroas is not None and spec.spend_change is not None:
        sentences.append(_return(effect, spec, currency))
    sentences.append(_kpi(effect, panel, spec))
    sentences.append(_fit(effect, panel))
    return tuple(sentences)


def _headline(decision: Decision, effect: GeoEffect, panel: GeoPanel, spec: GeoExperiment, currency: str) -> str:
    word = {"ship": "Ship", "stop": "Stop"}.get(decision.verdict, "Inconclusive")
    change = f"the change of {spec.channel}" if spec.channel else "the change"
    brought = (
        f"{change} in {_listed(spec.treated)} brought {money(effect.value.estimate, currency)} "
        f"({interval(effect.value.lower, effect.value.upper, currency)}) in {panel.periods_tested} {panel.period_name}s"
    )
    profit = ""
    if effect.profit is not None and spec.spend_change is not None:
        profit = (
            f" for {money(spec.spend_change, currency)} of spend, profit {money(effect.profit.estimate, currency)} "
            f"({interval(effect.profit.lower, effect.profit.upper, currency)})"
        )
    reason = f"; {decision.reason}" if decision.decided_by == GATE else ""
    return f"{word}: {brought}{profit}, at {percent(spec.confidence, 0)} confidence{reason}."


def _return(effect: GeoEffect, spec: GeoExperiment, currency: str) -> str:
    assert effect.iroas is not None
    return (
        f"Each {money(1, currency)} of changed spend returned {money(effect.iroas.estimate, currency)} "
        f"({interval(effect.iroas.lower, effect.iroas.upper, currency)})."
    )


def _kpi(effect: GeoEffect, panel: GeoPanel, spec: GeoExperiment) -> str:
    total, lift = effect.incremental, effect.lift
    share = (
        f", a lift of {percent(lift.estimate)} ({interval(lift.lower, lift.upper, '%')})"
        if lift.estimate == lift.estimate
        else ""
    )
    return (
        f"It moved the KPI by {count(total.estimate)} ({count(total.lower)} to {count(total.upper)}) against what the markets "
        f"would have had{share}, {number(effect.att.estimate)} per market and {panel.period_name} (p = {effect.p_value:.3f})."
    )


def _fit(effect: GeoEffect, panel: GeoPanel) -> str:
    used = int((effect.control.weights > 0).sum())
    return (
        f"The comparison is {used} of {len(panel.donor_names)} untreated markets, weighted; before the test it followed "
        f"{percent(effect.followed)} of the treated markets' movement."
    )


def _listed(names: tuple[str, ...]) -> str:
    if len(names) > MOST_NAMES:
        return f"{len(names)} markets"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
