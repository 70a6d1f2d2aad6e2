"""From prices to a plan in whole contacts that keeps every limit: drop what is too much, fill what is left."""

from __future__ import annotations

import numpy as np

from workbench.next_action.offers import Limits
from workbench.next_action.prices import choose

_SLACK = 1e-9


def whole_contacts(net: np.ndarray, values: np.ndarray, cost: np.ndarray, limits: Limits) -> np.ndarray:
    """Contacts that keep the limits, as flags of shape (customer, action).

    Args:
        net: Profit after cost, −∞ where an action isn't open.
        values: The same after prices, see `prices.reduced`.
        cost: Currency of a contact, shape (action,).
        limits: What must be kept.
    """
    chosen = choose(values, limits.contacts_per_customer)
    _drop_over_capacity(chosen, values, limits.capacity)
    _drop_over_budget(chosen, values, cost, limits.budget)
    _fill(chosen, net, values, cost, limits)
    return chosen


def _drop_over_capacity(chosen: np.ndarray, values: np.ndarray, capacity: np.ndarray) -> None:
    for action in np.flatnonzero(chosen.sum(axis=0) > capacity):
        who = np.flatnonzero(chosen[:, action])
        excess = len(who) - int(capacity[action])
        chosen[who[np.argsort(values[who, action], kind="stable")[:excess]], action] = False


def _drop_over_budget(chosen: np.ndarray, values: np.ndarray, cost: np.ndarray, budget: float) -> None:
    excess = float(chosen.sum(axis=0) @ cost) - budget
    if excess <= _SLACK * budget:
        return
    who, action = np.nonzero(chosen & (cost > 0))
    order = np.argsort(values[who, action] / cost[action], kind="stable")
    freed = np.cumsum(cost[action[order]])
    dropped = order[: int(np.searchsorted(freed, excess)) + 1]
    chosen[who[dropped], action[dropped]] = False


def _fill(chosen: np.ndarray, net: np.ndarray, values: np.ndarray, cost: np.ndarray, limits: Limits) -> None:
    """Spend what is left on the best contacts that are still open, best first."""
    slots = np.broadcast_to(limits.contacts_per_customer, len(net)) - chosen.sum(axis=1)
    used = chosen.sum(axis=0)
    room = np.minimum(limits.capacity - used, len(net))
    money = limits.budget - float(used @ cost)
    open_pairs = ~chosen & (net > 0) & (slots > 0)[:, None] & (room >= 1) & (cost <= money * (1 + _SLACK))
    who, action = np.nonzero(open_pairs)
    for pair in np.argsort(-values[who, action], kind="stable"):
        i, a = who[pair], action[pair]
        if slots[i] < 1 or room[a] < 1 or cost[a] > money * (1 + _SLACK):
            continue
        chosen[i, a] = True
        slots[i] -= 1
        room[a] -= 1
        money -= cost[a]
        if not (room >= 1).any() or cost.min() > money:
            return
