"""Page one of a plan of contacts: what it brings, against what, which limits cost most, and how it did on past draws."""

from __future__ import annotations

import pandas as pd

from workbench.next_action.records import records
from workbench.next_action.replay import Replay
from workbench.next_action.result import Facts
from workbench.wording import count, interval, money, one, percent


def write_findings(
    facts: Facts, actions: pd.DataFrame, options: pd.DataFrame, tried: Replay, currency: str
) -> tuple[str, ...]:
    """Sentences in order of the money at stake, at most six."""
    if not facts.contacts:
        told = [_nobody(facts, actions)]
    else:
        told = [_plan(facts, actions, currency), _others(options, currency), _limits(facts, actions, currency)]
    told += [_replayed(facts, tried, currency), _responses(actions, currency), _unmeasured(actions, currency)]
    return tuple(sentence for sentence in told if sentence)


def _plan(facts: Facts, actions: pd.DataFrame, currency: str) -> str:
    used = actions[actions.causal & (actions.customers > 0)]
    who = " and ".join(f"{row.label} for {count(row.customers)}" for row in records(used))
    return (
        f"{who}: contacting these customers, and nobody else, is expected to bring {money(facts.profit, currency)} more profit within "
        f"{facts.horizon_days} days than contacting nobody ({interval(facts.profit_lower, facts.profit_upper, currency)}), after "
        f"{money(facts.cost, currency)} that it costs."
    )


def _nobody(facts: Facts, actions: pd.DataFrame) -> str:
    measured = actions[actions.causal]
    if measured.empty:
        return "No action was ever measured at random, so what contacting customers brings isn't known, and none is claimed."
    closed = measured[(measured.open == 0) | (measured.capacity == 0) | (measured.unit_cost > facts.budget)]
    why = "no measured effect is worth its cost" if closed.empty else "budget, capacity or consent rule it out"
    if 0 < len(closed) < len(measured):
        why = "budget, capacity or consent rule it out or it isn't worth its cost"
    return f"Contact nobody: of {' and '.join(measured.label)}, {why}."


def _others(options: pd.DataFrame, currency: str) -> str:
    plan, *others = records(options[options.contacts > 0])
    told = " and ".join(
        f"{row.option} {money(row.profit, currency)} ({interval(row.lower, row.upper, currency)})" for row in others
    )
    least = min(plan.profit - row.profit for row in others)
    return f"By the same measurements, {told}: choosing whom to contact is worth {money(least, currency)} or more."


def _limits(facts: Facts, actions: pd.DataFrame, currency: str) -> str:
    told = []
    if facts.budget_price > 0:
        told.append(
            f"the budget of {money(facts.budget, currency)} is used up, and the last {one(currency)} of it brings "
            f"{money(1 + facts.budget_price, currency)}, so {one(currency)} more would leave {money(facts.budget_price, currency)} of profit"
        )
    told += [
        f"there is room for {count(row.capacity)} of {row.label}, and room for one more would bring {money(row.capacity_price, currency)}"
        for row in records(actions[actions.capacity_price > 0])
    ]
    if not told:
        return "No limit binds: everyone for whom a measured action is worth its cost gets one, and more money would find nobody else."
    return f"What holds the plan back: {'; '.join(told)}."


def _replayed(facts: Facts, tried: Replay, currency: str) -> str:
    if tried.refused:
        return f"The rule behind the plan could not be tried on past campaigns: {tried.refused}."
    nobody, done, everyone = (tried.gain(over) for over in ("nobody", "done", "everyone"))
    return (
        f"Tried on {', '.join(tried.campaigns)}, where actions were drawn at random for {count(tried.customers)} customers, the rule "
        f"brought {money(nobody.estimate, currency)} a customer more than contacting nobody "
        f"({interval(nobody.lower, nobody.upper, currency)}), {money(done.estimate, currency)} more than what was done "
        f"({interval(done.lower, done.upper, currency)}) and {money(everyone.estimate, currency)} more than the best single action for "
        f"everyone ({interval(everyone.lower, everyone.upper, currency)})."
    )


def _responses(actions: pd.DataFrame, currency: str) -> str:
    told = []
    for row in records(actions[actions.causal]):
        mean = (
            f"{row.label} brings {money(row.average, currency)} of profit on average "
            f"({interval(row.average_lower, row.average_upper, currency)}) at a cost of {money(row.unit_cost, currency)}"
        )
        if row.differs and row.harmed:
            mean += f", but {percent(row.harmed / max(1, row.open), 0)} of customers are expected to buy less for it and don't get it"
        elif not row.differs:
            mean += ", and nobody in particular is shown to respond more"
        told.append(mean)
    return f"{'; '.join(told)}." if told else ""


def _unmeasured(actions: pd.DataFrame, currency: str) -> str:
    rows = actions[~actions.causal]
    told = [
        f"{row.label} was never drawn at random, so what it changes isn't known: "
        + (
            f"{count(row.customers)} customers get it, for {money(row.cost, currency)} that measured actions left over, by a score that "
            "shows no effect"
            if row.customers
            else "measured actions come first, and nothing was left for it"
        )
        for row in records(rows)
    ]
    return f"{'; '.join(told)}. A draw among a few thousand customers would tell." if told else ""
