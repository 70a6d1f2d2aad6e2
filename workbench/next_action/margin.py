"""The last contacts, decided exactly: at the margin prices leave a choice, and whole contacts leave money over."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint, milp

from workbench.next_action.offers import Limits

CORE = 600
NODES = 100
_PRECISION = 1e-5
_SLACK = 1e-9


def settle_margin(
    net: np.ndarray, values: np.ndarray, cost: np.ndarray, limits: Limits, chosen: np.ndarray
) -> np.ndarray:
    """Decide anew, exactly and together, the contacts that prices were closest to deciding otherwise; all others stay.

    Args:
        net: Profit after cost, −∞ where an action isn't open, shape (customer, action).
        values: The same after prices, see `prices.reduced`.
        cost: Currency of a contact, shape (action,).
        limits: What must be kept.
        chosen: A plan that keeps them, as flags; it stays where none better is found.

    References:
        Balas, Zemel (1980), An algorithm for large zero-one knapsack problems: only a small core is hard.
    """
    who, action = _core(net, values, limits)
    if not len(who):
        return chosen
    kept = chosen.copy()
    kept[who, action] = False
    solved = milp(
        -net[who, action].astype(float),
        constraints=_limits_of_core(who, action, kept, cost, limits),
        integrality=np.ones(len(who)),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": _PRECISION, "node_limit": NODES},
    )
    if solved.x is None:
        return chosen
    settled = kept
    settled[who, action] = solved.x > 0.5
    better = net[settled].sum(dtype=float) > net[chosen].sum(dtype=float)
    return settled if better and _keeps(settled, cost, limits) else chosen


def _core(net: np.ndarray, values: np.ndarray, limits: Limits) -> tuple[np.ndarray, np.ndarray]:
    """The pairs that come closest to being decided otherwise at these prices: customers and actions."""
    customers, actions = net.shape
    slots = np.broadcast_to(limits.contacts_per_customer, customers)
    best = np.column_stack([-np.sort(-values, axis=1), np.full(customers, -np.inf)])
    rows = np.arange(customers)
    last_in = np.where(slots > 0, best[rows, np.clip(slots - 1, 0, actions)], np.inf)[:, None]
    first_out = best[rows, np.minimum(slots, actions)][:, None]
    with np.errstate(invalid="ignore"):
        margin = np.where(values >= last_in, np.abs(values - np.maximum(first_out, 0)), np.maximum(last_in, 0) - values)
    pairs = np.where((net > 0) & (slots > 0)[:, None], margin, np.inf).ravel()
    closest = np.argpartition(pairs, CORE)[:CORE] if pairs.size > CORE else np.arange(pairs.size)
    who, action = np.divmod(closest[np.isfinite(pairs[closest])], actions)
    return who, action


def _limits_of_core(
    who: np.ndarray, action: np.ndarray, kept: np.ndarray, cost: np.ndarray, limits: Limits
) -> LinearConstraint:
    """What the contacts outside the core leave: a row a customer, one for the budget, one an action."""
    customers, row = np.unique(who, return_inverse=True)
    pair, used = np.arange(len(who)), kept.sum(axis=0)
    ones = np.ones(len(who))
    rows = sp.vstack(
        [
            sp.csr_matrix((ones, (row, pair))),
            sp.csr_matrix(cost[action][None, :]),
            sp.csr_matrix((ones, (action, pair)), shape=(len(cost), len(who))),
        ]
    )
    slots = np.broadcast_to(limits.contacts_per_customer, len(kept))[customers] - kept[customers].sum(axis=1)
    money = min(limits.budget, float(cost[action].sum() + used @ cost)) - float(used @ cost)
    room = np.floor(np.minimum(limits.capacity, len(kept))) - used
    return LinearConstraint(rows.tocsc(), -np.inf, np.concatenate([slots, [money], room]))


def _keeps(chosen: np.ndarray, cost: np.ndarray, limits: Limits) -> bool:
    used = chosen.sum(axis=0)
    few = (chosen.sum(axis=1) <= limits.contacts_per_customer).all()
    return bool(few and (used <= limits.capacity).all() and used @ cost <= limits.budget * (1 + _SLACK))
