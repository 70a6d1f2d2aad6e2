"""Page one of a plan of contacts: what it brings, against what, which limits cost most, and how it did on past draws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from workbench.next_action.records import records
from workbench.next_action.replay import Replay
from workbench.next_action.result import Facts
from workbench.wording import count, interval, money, one, percent

# Share of the profit by which another budget must be better.
WORTH_TELLING = 0.01


def write_findings(
    facts: Facts, actions: pd.DataFrame, options: pd.DataFrame, budgets: pd.DataFrame, tried: Replay, currency: str
) -> tuple[str, ...]:
    """Sentences in order of the money at stake, at most six."""
    if not facts.contacts:
        told = [_nobody(facts, actions, currency)]
    else:
        told = [_plan(facts, actions, currency), _others(options, currency), _limits(facts, actions, budgets, currency)]
    if actions.causal.any():
        told += [_replayed(facts, tried, currency), _responses(actions, currency)]
    told.append(_unmeasured(actions, currency))
    return tuple(sentence for sentence in told if sentence)


def _plan(facts: Facts, actions: pd.DataFrame, currency: str) -> str:
    used = actions[actions.causal & (actions.customers > 0)]
    cost = (
        f"after a cost of {money(facts.cost, currency)}"
        if facts.cost
        else "if contacts cost nothing, as workbench.toml says"
    )
    who = " and ".join(f"{row.label} for {count(row.customers)} customers" for row in records(used))
    return (
        f"{who} {'is' if len(used) == 1 else 'are'} expected to bring {money(facts.profit, currency)} more profit within "
        f"{facts.horizon_days} days than contacting nobody ({interval(facts.profit_lower, facts.profit_upper, currency)}), {cost}."
    )


def _nobody(facts: Facts, actions: pd.DataFrame, currency: str) -> str:
    measured = actions[actions.causal]
    if measured.empty:
        return _nothing_measured(facts)
    return f"Contact nobody: {'; '.join(_why_nobody(row, facts, currency) for row in records(measured))}."


def _why_nobody(row: Any, facts: Facts, currency: str) -> str:
    if not row.open:
        return f"{row.label} is open for nobody, since nobody agreed to it or everybody is left alone"
    if row.capacity == 0:
        return f"{row.label} has a capacity of 0"
    if row.unit_cost > facts.budget:
        return f"{row.label} costs {money(row.unit_cost, currency)} a customer and the budget is {money(facts.budget, currency)}"
    return f"{row.label} is not expected to bring anybody more than the {money(row.unit_cost, currency)} that it costs"


def _nothing_measured(facts: Facts) -> str:
    unknown = "No action was ever measured at random, so what contacting customers brings isn't known, and no profit is claimed."
    if not facts.unmeasured:
        return f"{unknown} Nobody is to be contacted."
    return f"{unknown} A score that shows no effect picks {count(facts.unmeasured)} contacts: make them a test, and leave some out at random."


def _others(options: pd.DataFrame, currency: str) -> str:
    plan, *others = records(options[options.contacts > 0])
    told = " and ".join(
        f"{row.option} would bring {money(row.profit, currency)} ({interval(row.lower, row.upper, currency)})"
        for row in others
    )
    least = min(plan.profit - row.profit for row in others)
    if least <= 0:
        return f"By the same measurements, {told}: that choosing whom to contact brings more isn't shown."
    return f"By the same measurements, {told}: choosing whom to contact is worth {money(least, currency)} or more."


def _limits(facts: Facts, actions: pd.DataFrame, budgets: pd.DataFrame, currency: str) -> str:
    told = []
    less = _better_with_less(facts, budgets, currency)
    if facts.budget_price > 0 and not less:
        told.append(
            f"the budget of {money(facts.budget, currency)} is used up, and {one(currency)} more would bring "
            f"{money(facts.budget_price, currency)} of profit on top of itself"
        )
    told += [
        f"there is room for {count(row.capacity)} of {row.label}, and room for one more would bring {money(row.capacity_price, currency)}"
        for row in records(actions[actions.capacity_price > 0])
    ]
    if not told:
        if less:
            return less
        return "No limit binds: everyone for whom a measured action is worth its cost gets one, and more money would find nobody else."
    return f"What holds the plan back: {'; '.join(told)}.{less and ' '}{less}"


def _better_with_less(facts: Facts, budgets: pd.DataFrame, currency: str) -> str:
    """A smaller budget that brings more, by customers who took no part in choosing: what was learnt of the last contacts didn't last."""
    if budgets.empty or facts.budget_price <= 0:
        return ""
    best = budgets.iloc[int(budgets.profit.to_numpy().argmax())]
    if best.budget >= facts.budget or best.profit <= facts.profit + WORTH_TELLING * abs(facts.profit):
        return ""
    return (
        f"The budget of {money(facts.budget, currency)} is used up, but {money(float(best.budget), currency)} would do better: its last "
        f"contacts seem to pay by what was learnt, and did not on customers who took no part in learning "
        f"({money(float(best.profit), currency)} expected with the smaller budget)."
    )


def _replayed(facts: Facts, tried: Replay, currency: str) -> str:
    if tried.refused:
        return f"The rule behind the plan could not be tried on past campaigns: {tried.refused}."
    nobody, done, everyone = (tried.gain(over) for over in ("nobody", "done", "everyone"))
    return (
        f"Tried on {_names(tried.campaigns)}, where actions were drawn at random for {count(tried.customers)} customers, the rule "
        f"brought {money(nobody.estimate, currency)} a customer more than contacting nobody "
        f"({interval(nobody.lower, nobody.upper, currency)}), {money(done.estimate, currency)} more than what was done "
        f"({interval(done.lower, done.upper, currency)}) and {money(everyone.estimate, currency)} more than the best single action for "
        f"everyone ({interval(everyone.lower, everyone.upper, currency)})."
    )


def _responses(actions: pd.DataFrame, currency: str) -> str:
    told = []
    for row in records(actions[actions.causal]):
        mean = (
            f"{row.label} {_costs(row.unit_cost, currency)} and brings {money(row.average, currency)} before that on "
            f"average ({interval(row.average_lower, row.average_upper, currency)})"
        )
        if row.differs and row.harmed:
            mean += f", but {percent(row.harmed / max(1, row.open), 0)} of customers are expected to buy less for it and don't get it"
        elif not row.differs:
            mean += ", and nobody in particular is shown to respond more"
        told.append(mean)
    return f"{'; '.join(told)}." if told else ""


def _unmeasured(actions: pd.DataFrame, currency: str) -> str:
    first = bool(actions.causal.any())
    told = [
        f"{row.label} was never drawn at random, so what it changes isn't known: {_use(row, currency, first=first)}"
        for row in records(actions[~actions.causal])
    ]
    return f"{'; '.join(told)}. A draw among a few thousand customers would tell." if told else ""


def _use(row: Any, currency: str, *, first: bool) -> str:
    """What becomes of an action that wasn't measured; measured ones come first where there are any."""
    if row.customers:
        left_over = " that measured actions left over" if first else ""
        return f"{count(row.customers)} customers get it by a score alone, for {money(row.cost, currency)}{left_over}"
    if not row.open:
        return "nobody is planned to get it"
    return (
        "measured actions come first, and nobody was left for whom it may pay"
        if first
        else "for nobody does it seem to pay"
    )


def _costs(cost: float, currency: str) -> str:
    return f"costs {money(cost, currency)} a customer" if cost else "is taken to cost nothing"


def _names(campaigns: Sequence[str]) -> str:
    return " and ".join(campaign.replace("_", " ") for campaign in campaigns)
