"""A geo test in sentences for someone who decides, money first."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.config import GeoExperiment
from workbench.experiments.decision import Decision
from workbench.experiments.geo.effects import GeoEffect
from workbench.experiments.geo.panel import GeoPanel
from workbench.experiments.geo.phrases import following, lasting, listed
from workbench.experiments.geo.straying import Straying
from workbench.experiments.geo.verdict import OVERLAP, PLACEBO, PLANNED_END
from workbench.wording import count, interval, money, number, one, percent

WORDS = {"ship": "Ship", "stop": "Stop", "keep running": "Keep running", "invalid": "Invalid"}


def geo_findings(
    decision: Decision,
    effect: GeoEffect,
    straying: Straying,
    panel: GeoPanel,
    spec: GeoExperiment,
    currency: str,
    others: Sequence[str] = (),
) -> tuple[str, ...]:
    """The verdict with its money, what speaks against it, what would change it, the other cells, then return, KPI and fit."""
    headline = _headline(decision, effect, panel, spec, currency)
    sentences = [headline, *_widened(effect, straying, currency), decision.would_change, *others]
    if effect.iroas is not None and spec.spend_change is not None:
        sentences.append(_return(effect, currency))
    sentences.append(_kpi(effect, panel))
    sentences.append(_fit(effect, panel))
    return tuple(sentences)


def cell_finding(decision: Decision, effect: GeoEffect, spec: GeoExperiment, currency: str) -> str:
    """One further cell in a sentence."""
    return f"{WORDS.get(decision.verdict, 'Inconclusive')} {decision.variant}: {_brought(effect, spec, currency)}."


def _headline(decision: Decision, effect: GeoEffect, panel: GeoPanel, spec: GeoExperiment, currency: str) -> str:
    word = WORDS.get(decision.verdict, "Inconclusive")
    change = f"the change of {spec.channel}" if spec.channel else "the change"
    where = decision.variant if decision.variant != ", ".join(spec.treated) else listed(spec.treated)
    so_far = "so far " if decision.decided_by == PLANNED_END else ""
    brought = f"{so_far}{change} in {where} brought {_brought(effect, spec, currency)} in {lasting(panel.periods_tested, panel.period_name)}"
    reason = f"; {decision.reason}" if decision.decided_by in (OVERLAP, PLACEBO, PLANNED_END) else ""
    return f"{word}: {brought}, at {percent(spec.confidence, 0)} confidence{reason}."


def _widened(effect: GeoEffect, straying: Straying, currency: str) -> list[str]:
    """Which interval decides and why, where it isn't the one that takes other times as the measure."""
    if effect.widening == 1:
        return []
    judged, name = (effect.value, "value") if effect.profit is None else (effect.profit, "profit")
    usual = judged.narrowed(effect.widening)
    return [
        f"During the test untreated markets strayed {number(straying.tested)} times as far as usual, so every interval here is "
        f"made {number(effect.widening)} times as wide, and the verdict rests on it; other times alone would put the {name} at "
        f"{interval(usual.lower, usual.upper, currency)}, with p = {effect.by_other_times.p_value:.3f} of no effect."
    ]


def _brought(effect: GeoEffect, spec: GeoExperiment, currency: str) -> str:
    value = f"{money(effect.value.estimate, currency)} ({interval(effect.value.lower, effect.value.upper, currency)})"
    if effect.profit is None or spec.spend_change is None:
        return value
    profit = (
        f"{money(effect.profit.estimate, currency)} ({interval(effect.profit.lower, effect.profit.upper, currency)})"
    )
    return f"{value} for {money(spec.spend_change, currency)} of spend, profit {profit}"


def _return(effect: GeoEffect, currency: str) -> str:
    assert effect.iroas is not None
    return (
        f"Each {one(currency)} of changed spend returned {money(effect.iroas.estimate, currency)} "
        f"({interval(effect.iroas.lower, effect.iroas.upper, currency)})."
    )


def _kpi(effect: GeoEffect, panel: GeoPanel) -> str:
    total, lift = effect.incremental, effect.lift
    share = (
        f", a lift of {percent(lift.estimate)} ({interval(lift.lower, lift.upper, '%')})"
        if lift.estimate == lift.estimate
        else ""
    )
    return (
        f"It moved the KPI by {count(total.estimate)} ({count(total.lower)} to {count(total.upper)}) against what the markets "
        f"would have had{share}, {number(effect.att.estimate, 6)} per market and {panel.period_name} (p = {effect.p_value:.3f})."
    )


def _fit(effect: GeoEffect, panel: GeoPanel) -> str:
    used = int((effect.control.weights != 0).sum())
    augmented = (
        f" A ridge regression corrected it by {number(effect.augmented_by)} per market and {panel.period_name}."
        if effect.augmented_by is not None
        else ""
    )
    return (
        f"The comparison is {used} of {len(panel.donor_names)} untreated markets, weighted; before the test it "
        f"{following(effect.followed)}.{augmented}"
    )
