"""What must hold of contingencies before anybody relies on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.result import Check
from workbench.scenarios.contingency.states import in_words
from workbench.scenarios.wording import certified_gap
from workbench.wording import percent

if TYPE_CHECKING:
    from workbench.scenarios.contingency.contingency import Contingency
    from workbench.scenarios.contingency.orders import Direction

WITHIN = 0.01
HEARD = 0.5
NESTED = 0.01
CERTIFIED = 0.02


def contingency_checks(found: Contingency) -> tuple[Check, ...]:
    """Do triggers keep their promise, do they catch anything, are the plans good, can orders be stopped anywhere."""
    ends = {"cut": found.cut_order, "reinvest": found.reinvest_order}
    return (
        _false_alarms(found.detection, found.false_alarms),
        _alarms_heard(found.detection),
        _plans_ready(found.scenarios),
        *(_nesting(direction, cost) for direction, cost in found.cost_of_nesting.items() if len(ends[direction])),
    )


def _false_alarms(detected: pd.DataFrame, promised: float) -> Check:
    """Alarms in fresh quarters in which plan and model are right, against the promise."""
    on_plan = detected[detected["kind"] == "expected"].iloc[0]
    off = abs(on_plan["caught"] - promised)
    kept = off <= WITHIN
    found = (
        f"In {on_plan['quarters']:,.0f} simulated quarters that go as planned, triggers sound in {percent(on_plan['caught'])}, "
        f"as promised ({percent(promised, 0)})"
        if kept
        else f"In {on_plan['quarters']:,.0f} simulated quarters that go as planned, triggers sound in {percent(on_plan['caught'])} "
        f"rather than the promised {percent(promised, 0)}"
    )
    mend = "" if kept else "; watch fewer quantities or raise planning.triggers.false_alarms"
    naive = f"; bounds of 10% around each week would sound in {percent(on_plan['naive'], 0)}"
    return Check(
        name="trigger_false_alarms", passed=kept, value=float(off), threshold=WITHIN, detail=f"{found}{naive}{mend}."
    )


def _alarms_heard(detected: pd.DataFrame) -> Check:
    """Whether triggers sound when results fall short as a scenario says; some changes don't show in results at all."""
    worst = detected[detected["kind"] == "under"].sort_values("caught").iloc[0]
    heard = worst["caught"] >= HEARD
    when = "" if np.isnan(worst["median_week"]) else f", half of these by week {worst['median_week']:.0f}"
    mend = "" if heard else "; such a fall is smaller than chance: look at it by tests, not by weekly results"
    return Check(
        name="trigger_power",
        passed=heard,
        value=float(worst["caught"]),
        threshold=HEARD,
        detail=f"If {in_words(worst['scenario'])} comes true, triggers sound in {percent(worst['caught'], 0)} of quarters{when}{mend}.",
    )


def _plans_ready(scenarios: pd.DataFrame) -> Check:
    """Whether every scenario has a plan that keeps the limits and is certified."""
    refused = scenarios[scenarios["refusal"] != ""]
    if len(refused):
        names = ", ".join(in_words(name) for name in refused["scenario"])
        return Check(
            name="scenario_plans",
            passed=False,
            value=float(len(refused)),
            threshold=0.0,
            detail=f"No plan keeps the limits if {names} comes true ({refused['refusal'].iloc[0]}); widen limits or change its budget.",
        )
    gap = float(scenarios["gap"].max())
    return Check(
        name="scenario_plans",
        passed=gap <= CERTIFIED,
        value=gap,
        threshold=CERTIFIED,
        detail=f"{len(scenarios)} plans are ready, each within {certified_gap(gap)} of the best possible in its world."
        if gap <= CERTIFIED
        else f"A scenario's plan may be {certified_gap(gap)} below the best possible in its world; allow more time to plan it.",
    )


def _nesting(direction: Direction, cost: float) -> Check:
    """What it costs that an order can be stopped after any step."""
    cheap = cost <= NESTED
    mend = "" if cheap else "; if that much money moves at once, plan anew instead"
    end = "cuts" if direction == "cut" else "additions"
    return Check(
        name=f"{direction}_order",
        passed=cheap,
        value=cost,
        threshold=NESTED,
        detail=f"Following the order of {end} to its end costs {percent(cost, 2)} of revenue against planning the same money "
        f"anew{mend}.",
    )
