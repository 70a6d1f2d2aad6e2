"""What many contacts together bring, with the uncertainty that their actions' effects share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.next_action.off_policy import Z
from workbench.next_action.worth import Valued


@dataclass(frozen=True, kw_only=True)
class Total:
    """Profit after costs of a set of contacts, currency; only measured effects are counted.

    Attributes:
        profit: By effects that are drawn towards their average, as contacts are chosen by; of the plan, by contacts that took no part
            in choosing, see `held_out.plan_total`.
        lower: Of the 95% interval, around the profit by effects as measured; of the plan, around its profit.
        upper: Of the same.
        contacts: How many.
        cost: Of them, currency.
    """

    profit: float
    lower: float
    upper: float
    contacts: float
    cost: float


def total_of(valued: Valued, contacts: np.ndarray) -> Total:
    """What contacts bring against contacting nobody.

    Effects are linear in two numbers an action, its average and its slope; so is their sum, and all contacts share their errors.

    Args:
        contacts: How often each customer gets each action, as flags or probabilities, shape (customer, action).
    """
    sums = contacts.sum(axis=0, dtype=float)
    ranked = np.einsum("ia,ia->a", contacts.astype(np.float32), valued.ranks, dtype=float)
    return _total(valued, sums, ranked)


def even_total(valued: Valued, among: np.ndarray, contacts: np.ndarray) -> Total:
    """What so many contacts bring if they are dealt out at random.

    Args:
        among: Customers who may get each action, shape (customer, action).
        contacts: How many get it, shape (action,).
    """
    share = np.divide(contacts, among.sum(axis=0), out=np.zeros(len(contacts)), where=among.any(axis=0))
    ranked = share * np.einsum("ia,ia->a", among.astype(np.float32), valued.ranks, dtype=float)
    return _total(valued, contacts.astype(float), ranked)


def _total(valued: Valued, sums: np.ndarray, ranked: np.ndarray) -> Total:
    cost = float(sums[valued.causal] @ valued.offers.cost[valued.causal])
    profit = measured = -cost
    parts = []
    for number, name in enumerate(valued.offers.actions):
        if name in valued.uplifts:
            uplift = valued.uplifts[name]
            profit += uplift.average * sums[number] + uplift.slope * ranked[number]
            measured += uplift.average * sums[number] + max(uplift.slope_found, 0.0) * ranked[number]
            parts.append(uplift.influence @ [sums[number], ranked[number]])
    # Customers of one campaign's control group stand against all its actions: errors add up by customer, not by action.
    error = float(np.sqrt((np.sum(parts, axis=0) ** 2).sum())) if parts else 0.0
    return Total(
        profit=profit,
        lower=measured - Z * error,
        upper=measured + Z * error,
        contacts=float(sums[valued.causal].sum()),
        cost=cost,
    )
