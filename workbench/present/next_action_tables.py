"""Tables of a plan of contacts: each action with its evidence, and the past campaigns that were or weren't learnt from."""

from __future__ import annotations

import pandas as pd

from workbench.next_action import NextActionResult
from workbench.next_action.records import records
from workbench.present.display import Display, prose, table
from workbench.present.fairness_tables import fairness_tables
from workbench.wording import DASH, count, interval, money

_QUANTITIES = {
    "rule, doubly robust": "The rule, by weights and model (doubly robust)",
    "rule, self-normalised weights": "The rule, by weights that add up to one",
    "rule, weights": "The rule, by weights alone",
    "gain over nobody": "Gain over contacting nobody",
    "gain over done": "Gain over what was done",
    "gain over everyone": "Gain over the best single action for everyone",
}


def action_tables(result: NextActionResult) -> tuple[Display, ...]:
    """Who gets each action and what it brings; then what stands behind it."""
    measured = result.actions.causal.any()
    return (
        table(_actions(result), caption="Each action. A profit is told only where campaigns were drawn at random."),
        *(
            [table(_contacts(result), caption="What one contact brings on average over all customers.")]
            if measured
            else []
        ),
        table(_evidence(result), caption="Past campaigns, and which of them show what an action changes."),
    )


def trust_tables(result: NextActionResult) -> tuple[Display, ...]:
    """The rule on past draws, and whether groups get actions alike."""
    facts = result.facts
    if facts.refused:
        tried = prose(f"The rule could not be tried on past campaigns: {facts.refused}.")
    else:
        caption = (
            f"The rule on {count(facts.replayed_customers)} customers of {' and '.join(map(_spoken, facts.replayed))}, profit after costs "
            f"per customer; it rests on as much as {count(facts.effective)} customers tell. Where several actions may be taken for a "
            "customer, the best one is tried."
        )
        tried = table(_tried(result), caption=caption)
    return (tried, *fairness_tables(result.fairness, result.statements, result.currency))


def _actions(result: NextActionResult) -> pd.DataFrame:
    rows = [
        {
            "Action": row.label,
            "Customers": count(row.customers),
            "Room for": "no limit" if pd.isna(row.capacity) else count(row.capacity),
            "Cost": money(row.cost, result.currency),
            "Profit after cost (95%)": _bounded(row.profit, row.profit_lower, row.profit_upper, result.currency),
            "Measured": "yes" if row.causal else "no: a score stands in" if row.customers else "no",
        }
        for row in records(result.actions)
    ]
    told = pd.DataFrame(rows)
    blank = {"Room for": "no limit", "Profit after cost (95%)": DASH}
    # What is the same for want of anything to tell leaves its room to names.
    return told.drop(columns=[name for name, same in blank.items() if (told[name] == same).all()])


def _contacts(result: NextActionResult) -> pd.DataFrame:
    rows = [
        {
            "Action": row.label,
            "Brings before cost (95%)": _bounded(row.average, row.average_lower, row.average_upper, result.currency),
            "Costs": money(row.unit_cost, result.currency),
            "Open for": count(row.open),
            "Expected to buy less for it": count(row.harmed) if row.differs else "can't be told",
        }
        for row in records(result.actions[result.actions.causal])
    ]
    return pd.DataFrame(rows)


def _bounded(value: float, lower: float, upper: float, currency: str) -> str:
    return DASH if pd.isna(value) else f"{money(value, currency)} ({interval(lower, upper, currency)})"


def _evidence(result: NextActionResult) -> pd.DataFrame:
    labels = dict(zip(result.actions.action, result.actions.label, strict=True))
    rows = result.evidence
    return pd.DataFrame(
        {
            "Action": rows.action.map(labels),
            "Campaign": rows.campaign.map(_spoken),
            "Contacted": rows.contacted.map(count),
            "Left alone": rows.control.map(count),
            "Shows an effect": ["yes" if row.drawn else f"no: {row.reason}" for row in records(rows)],
        }
    )


def _tried(result: NextActionResult) -> pd.DataFrame:
    rows = result.replay
    return pd.DataFrame(
        {
            "Estimate": [_QUANTITIES.get(name, name) for name in rows.quantity],
            "Profit a customer": [money(value, result.currency) for value in rows.estimate],
            "95% interval": [interval(row.lower, row.upper, result.currency) for row in records(rows)],
        }
    )


def _spoken(name: str) -> str:
    return name.replace("_", " ")
