"""The tables of a plan: what each action brings, other ways to act, other budgets, who gets what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from workbench.config.customers import Action
from workbench.next_action.audience import Audience
from workbench.next_action.decide import decide
from workbench.next_action.off_policy import Z
from workbench.next_action.proposal import Proposal
from workbench.next_action.totals import Total, even_total, total_of
from workbench.next_action.worth import Valued

ACTION_COLUMNS = (
    "action",
    "label",
    "causal",
    "customers",
    "cost",
    "profit",
    "profit_lower",
    "profit_upper",
    "open",
    "average",
    "average_lower",
    "average_upper",
    "unit_cost",
    "slope",
    "slope_lower",
    "slope_upper",
    "differs",
    "capacity",
    "capacity_price",
    "harmed",
)
BUDGET_SHARES = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0)


def actions_table(proposal: Proposal, actions: Mapping[str, Action]) -> pd.DataFrame:
    """See `NextActionResult.actions`."""
    rows = [
        _action(number, name, actions[name], proposal) for number, name in enumerate(proposal.valued.offers.actions)
    ]
    return pd.DataFrame(rows, columns=list(ACTION_COLUMNS))


def options_table(proposal: Proposal, actions: Mapping[str, Action]) -> pd.DataFrame:
    """Other ways to act on the same customers, on measured effects alone."""
    valued, told = proposal.valued, [("the plan", proposal.total)]
    measured = proposal.contacts * valued.causal
    if measured.any():
        open_to = valued.offers.eligible & valued.causal
        told.append(("as many contacts, dealt out at random", even_total(valued, open_to, measured.sum(axis=0))))
        best = valued.offers.actions[_best(valued)]
        told.append((f"{label_of(best, actions[best])} for everyone", total_of(valued, _everyone(valued))))
    told.append(("contact nobody", Total(profit=0.0, lower=0.0, upper=0.0, contacts=0.0, cost=0.0)))
    frame = pd.DataFrame([vars(total) for _, total in told])
    frame.insert(0, "option", [name for name, _ in told])
    return frame


def budgets_table(proposal: Proposal, *, seed: int) -> pd.DataFrame:
    """What other budgets would bring by the same effects; none where no measured action costs anything."""
    valued, limits = proposal.valued, proposal.limits
    base = limits.budget if np.isfinite(limits.budget) else proposal.total.cost
    if base <= 0 or not valued.causal.any():
        return pd.DataFrame(columns=["budget", "profit", "spent"], dtype=float)
    offers = valued.offers.only(valued.causal)
    rows = []
    for share in BUDGET_SHARES:
        found = decide(offers, replace(limits, budget=share * base), seed=seed)
        contacts = found.chosen.sum(axis=0)
        profit = found.value + proposal.correction * float(contacts.sum())
        rows.append((share * base, profit, float(contacts @ offers.cost)))
    return pd.DataFrame(rows, columns=["budget", "profit", "spent"])


def groups_table(audience: Audience, valued: Valued, chosen: np.ndarray) -> pd.DataFrame:
    """Who gets what, by segment where values are known."""
    known = "segment" in audience.groups
    segment = audience.groups.segment.astype("str") if known else pd.Series("all", index=range(len(audience)))
    rows = pd.DataFrame(chosen, columns=list(valued.offers.actions)).assign(none=~chosen.any(axis=1))
    return (
        rows.groupby(segment.to_numpy())
        .sum()
        .rename_axis("segment")
        .reset_index()
        .melt("segment", var_name="action", value_name="customers")
    )


def label_of(name: str, action: Action) -> str:
    """What reports call an action."""
    return action.label or name.replace("_", " ").capitalize()


def _action(number: int, name: str, action: Action, proposal: Proposal) -> tuple[object, ...]:
    valued, chosen, limits = proposal.valued, proposal.contacts, proposal.limits
    causal, nan = bool(valued.causal[number]), float("nan")
    own = chosen[:, number].sum()
    total, effect, slope, harmed = (nan, nan, nan), (nan, nan, nan), (nan, nan, nan), 0
    if causal:
        uplift = valued.uplifts[name]
        total = _part(proposal, total_of(valued, chosen * (np.arange(chosen.shape[1]) == number)))
        effect = _around(uplift.average, uplift.average_error)
        slope = _around(uplift.slope_found, uplift.slope_error)
        harmed = int((valued.offers.eligible[:, number] & (valued.offers.value[:, number] < 0)).sum())
    return (
        name,
        label_of(name, action),
        causal,
        int(own),
        float(own * action.cost),
        *total,
        int(valued.offers.eligible[:, number].sum()),
        *effect,
        action.cost,
        *slope,
        causal and valued.uplifts[name].differs,
        float(limits.capacity[number]) if np.isfinite(limits.capacity[number]) else nan,
        float(proposal.measured.capacity_prices[number]),
        harmed,
    )


def _part(proposal: Proposal, own: Total) -> tuple[float, float, float]:
    """One action's part of the profit, as far from its promise as the whole plan is, each contact alike."""
    plan, promised = proposal.total, proposal.promised
    if not own.contacts:
        return 0.0, 0.0, 0.0
    profit = own.profit + proposal.correction * own.contacts
    widened = (plan.upper - plan.lower) / max(promised.upper - promised.lower, 1e-12)
    half = (own.upper - own.lower) / 2 * max(1.0, widened)
    return profit, profit - half, profit + half


def _around(estimate: float, error: float) -> tuple[float, float, float]:
    return estimate, estimate - Z * error, estimate + Z * error


def _best(valued: Valued) -> int:
    net = np.where(valued.offers.eligible & valued.causal, valued.offers.value - valued.offers.cost, 0.0)
    return int(np.where(valued.causal, net.sum(axis=0, dtype=float), -np.inf).argmax())


def _everyone(valued: Valued) -> np.ndarray:
    number = _best(valued)
    return valued.offers.eligible & (np.arange(len(valued.offers.actions)) == number)
