"""What a next best action found; no row of a customer lies in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

import pandas as pd

from workbench.result import Result


@dataclass(frozen=True, kw_only=True)
class Facts:
    """The numbers of a plan that no table holds.

    Attributes:
        day: The last day that was looked at.
        horizon_days: How long after a contact its effect is counted.
        customers: Considered: known, and agreed to what an action needs.
        holdout: Of those, left alone.
        contacted: Customers who get an action.
        contacts: Contacts of measured actions.
        cost: Of measured actions, currency.
        profit: After costs, of measured actions, against contacting nobody; currency.
        profit_lower: 95%.
        profit_upper: 95%.
        bound: No plan within the limits is expected to bring more.
        gap: The share of the bound by which the plan may fall short of the best.
        budget: Currency, NaN where there is no limit.
        spent: Currency, of all actions.
        budget_price: Profit that one more unit of budget would bring.
        unmeasured: Contacts of actions of which no campaign shows what they change.
        replayed: Campaigns on which the rule was replayed.
        replayed_customers: Contacts in them.
        effective: As many customers of equal weight would tell as much of the rule.
        refused: Why the rule can't be told on past campaigns; empty where it can.
    """

    day: date
    horizon_days: int
    customers: int
    holdout: int
    contacted: int
    contacts: int
    cost: float
    profit: float
    profit_lower: float
    profit_upper: float
    bound: float
    gap: float
    budget: float
    spent: float
    budget_price: float
    unmeasured: int
    replayed: tuple[str, ...]
    replayed_customers: int
    effective: float
    refused: str


@dataclass(frozen=True, kw_only=True)
class NextActionResult(Result):
    """A plan of contacts, how good it is, and what stands behind it.

    Attributes:
        facts: Numbers of the plan.
        actions: One row an action: action, label, causal, customers, cost, profit, profit_lower, profit_upper (of its contacts, after
            costs; NaN where not causal), open (customers for whom it is open), average, average_lower, average_upper (effect per
            contact before cost), unit_cost, slope, slope_lower, slope_upper, differs, capacity, capacity_price, harmed (customers for
            whom it is open and expected to lower profit before cost).
        options: One row a way to act: option, profit, lower, upper, contacts, cost; the plan first.
        budgets: One row a budget: budget, profit, spent (of measured actions, as far as means say).
        curve: See `curve.uplift_curve`.
        fifths: See `curve.fifths`.
        evidence: See `campaigns.Logged.evidence`.
        replay: See `replay.Replay.table`.
        groups: One row a segment and action: segment, action, customers; segment is `all` where values aren't known.
        fairness: See `FairnessAudit.table`, with the attribute; empty where none is declared.
        statements: What the fairness audit says.
        currency: ISO 4217 code.
    """

    analysis: ClassVar[str] = "next_best_action"

    facts: Facts
    actions: pd.DataFrame
    options: pd.DataFrame
    budgets: pd.DataFrame
    curve: pd.DataFrame
    fifths: pd.DataFrame
    evidence: pd.DataFrame
    replay: pd.DataFrame
    groups: pd.DataFrame
    fairness: pd.DataFrame
    statements: tuple[str, ...]
    currency: str
