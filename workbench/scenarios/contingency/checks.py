"""What must hold of contingencies before anybody relies on them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from workbench.result import Check
from workbench.scenarios.contingency.orders import Order
from workbench.scenarios.contingency.presolve import Presolved
from workbench.scenarios.contingency.states import in_words
from workbench.wording import percent

WITHIN = 0.01
HEARD = 0.5
NESTED = 0.01
CERTIFIED = 0.02


def false_alarms(detected: pd.DataFrame, promised: float) -> Check:
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
    return Check(name="trigger_false_alarms", passed=kept, value=off, threshold=WITHIN, detail=f"{found}{naive}{mend}.")


def alarms_heard(detected: pd.DataFrame) -> Check:
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


def plans_ready(presolved: Sequence[Presolved]) -> Check:
    """Whether every scenario has a plan that keeps the limits and is certified."""
    refused = [one for one in presolved if one.refusal]
    gap = max(one.gap for one in presolved if not one.refusal)
    if refused:
        names = ", ".join(in_words(one.state.name) for one in refused)
        return Check(
            name="scenario_plans",
            passed=False,
            value=float(len(refused)),
            threshold=0.0,
            detail=f"No plan keeps the limits if {names} comes true ({refused[0].refusal}); widen limits or change its budget.",
        )
    return Check(
        name="scenario_plans",
        passed=gap <= CERTIFIED,
        value=gap,
        threshold=CERTIFIED,
        detail=f"{len(presolved)} plans are ready, each within {percent(gap, 2)} of the best possible in its world."
        if gap <= CERTIFIED
        else f"A scenario's plan may be {percent(gap, 2)} below the best possible in its world; allow more time to plan it.",
    )


def nesting(order: Order) -> Check:
    """What it costs that an order can be stopped after any step."""
    cheap = order.cost_of_nesting <= NESTED
    mend = "" if cheap else "; if that much money moves at once, plan anew instead"
    end = "cuts" if order.direction == "cut" else "additions"
    return Check(
        name=f"{order.direction}_order",
        passed=cheap,
        value=order.cost_of_nesting,
        threshold=NESTED,
        detail=f"Following the order of {end} to its end costs {percent(order.cost_of_nesting, 2)} of revenue against planning "
        f"the same money anew{mend}.",
    )
