"""Prices of what is scarce: at them every customer's best choice is free of all others', and together they bound every plan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from workbench.next_action.offers import Limits

SAMPLE = 20_000
STEPS_ON_SAMPLE, STEPS_ON_ALL = 120, 60
PRECISION = 1e-6
_DESCENT = 0.1


@dataclass(frozen=True, kw_only=True)
class Scarce:
    """The limits that can bind, as resources that actions use.

    Attributes:
        use: Of one more contact, as a share of what there is, shape (resource, action).
        action: Whose capacity each resource is, −1 for the budget, shape (resource,).
        amount: What there is of each, shape (resource,).
    """

    use: np.ndarray
    action: np.ndarray
    amount: np.ndarray

    def per_unit(self, prices: np.ndarray, actions: int) -> tuple[float, np.ndarray]:
        """What one more unit of budget, and of each capacity, would bring."""
        unit = prices / self.amount
        budget = float(unit[self.action < 0].sum())
        return budget, np.bincount(self.action[self.action >= 0], unit[self.action >= 0], actions)


@dataclass(frozen=True, kw_only=True)
class Priced:
    """The dual at some prices.

    Attributes:
        prices: Of all there is of each resource, currency, shape (resource,).
        bound: No plan within the limits is worth more.
        slope: Of the bound in the prices: the share of each resource that is left over.
    """

    prices: np.ndarray
    bound: float
    slope: np.ndarray


def scarce_resources(cost: np.ndarray, limits: Limits) -> Scarce:
    """Limits of nothing at all need no price: they close actions, see `decide`."""
    capped = np.flatnonzero(np.isfinite(limits.capacity) & (limits.capacity > 0))
    rows, action, amount = [], [], []
    if np.isfinite(limits.budget) and limits.budget > 0 and cost.any():
        rows, action, amount = [cost / limits.budget], [-1], [limits.budget]
    for number in capped:
        rows.append((np.arange(len(cost)) == number) / limits.capacity[number])
        action.append(int(number))
        amount.append(float(limits.capacity[number]))
    return Scarce(
        use=np.array(rows, dtype=float).reshape(len(rows), len(cost)),
        action=np.array(action, dtype=int),
        amount=np.array(amount),
    )


def find_prices(net: np.ndarray, scarce: Scarce, contacts: int | np.ndarray, *, seed: int) -> np.ndarray:
    """Prices at which the bound is lowest, from a sample first and then from everyone.

    Args:
        net: Expected profit after cost, −∞ where an action isn't open, shape (customer, action).
        scarce: The limits.
        contacts: Most actions for one customer; one number, or one a customer.
        seed: Of the sample.
    """
    prices = np.zeros(len(scarce.amount))
    if not len(prices):
        return prices
    if len(net) > 2 * SAMPLE:
        rows = np.random.default_rng((seed, SAMPLE)).choice(len(net), SAMPLE, replace=False)
        weight = len(net) / SAMPLE
        prices = _descend(
            net[rows], scarce, _rows_of(contacts, rows), prices, weight, STEPS_ON_SAMPLE, start_radius=1.0
        )
        # Prices from a sample miss by about one over the root of its size.
        return _descend(net, scarce, contacts, prices, 1.0, STEPS_ON_ALL, start_radius=0.02)
    return _descend(net, scarce, contacts, prices, 1.0, STEPS_ON_SAMPLE, start_radius=1.0)


def price(
    net: np.ndarray, scarce: Scarce, contacts: int | np.ndarray, prices: np.ndarray, weight: float = 1.0
) -> Priced:
    """The dual bound: what is scarce at its price, and each customer's best choices at these prices.

    Args:
        weight: How many customers each row stands for.
    """
    best, used = best_choices(reduced(net, scarce, prices), contacts)
    return Priced(
        prices=prices,
        bound=float(prices.sum() + weight * best),
        slope=1.0 - weight * (scarce.use @ used),
    )


def reduced(net: np.ndarray, scarce: Scarce, prices: np.ndarray) -> np.ndarray:
    """Profit after cost and prices, shape (customer, action)."""
    return net - (prices @ scarce.use).astype(np.float32)


def best_choices(values: np.ndarray, contacts: int | np.ndarray) -> tuple[float, np.ndarray]:
    """Sum of each customer's best positive values, and how often each action is among them."""
    if np.ndim(contacts) == 0 and contacts == 1:
        action = values.argmax(axis=1)
        best = np.take_along_axis(values, action[:, None], axis=1)[:, 0]
        good = best > 0
        return float(best[good].sum(dtype=float)), np.bincount(action[good], minlength=values.shape[1])
    chosen = choose(values, contacts)
    return float(values[chosen].sum(dtype=float)), chosen.sum(axis=0)


def choose(values: np.ndarray, contacts: int | np.ndarray) -> np.ndarray:
    """Each customer's best actions of positive value, at most `contacts` of them, as flags."""
    order = np.argsort(-values, axis=1, kind="stable")
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.broadcast_to(np.arange(values.shape[1]), values.shape), axis=1)
    return (rank < np.reshape(contacts, (-1, 1))) & (values > 0)


def _descend(
    net: np.ndarray,
    scarce: Scarce,
    contacts: int | np.ndarray,
    start: np.ndarray,
    weight: float,
    steps: int,
    *,
    start_radius: float,
) -> np.ndarray:
    """Cutting planes within a box that grows after good steps and shrinks after bad ones.

    References:
        Marsten, Hogan, Blankenship (1975), The boxstep method for large-scale optimization.
    """
    best = price(net, scarce, contacts, start, weight)
    cuts, radius = [best], start_radius * max(best.bound, 1e-9)
    for _ in range(steps):
        trial, promised = _lowest(cuts, best.prices, radius)
        if best.bound - promised <= PRECISION * abs(best.bound) and _inside(trial, best.prices, radius):
            break
        found = price(net, scarce, contacts, trial, weight)
        cuts.append(found)
        gained = best.bound - found.bound
        radius *= 2.0 if gained >= 0.5 * (best.bound - promised) else 1.0 if gained > 0 else 0.4
        if gained > 0:
            best = found
        if radius <= _DESCENT * PRECISION * abs(best.bound):
            break
    return best.prices


def _lowest(cuts: list[Priced], centre: np.ndarray, radius: float) -> tuple[np.ndarray, float]:
    """Where the bound would be lowest if it were no higher than the planes that touch it so far."""
    slopes = np.array([cut.slope for cut in cuts])
    heights = np.array([cut.bound - cut.slope @ cut.prices for cut in cuts])
    size = len(centre)
    solved = linprog(
        c=np.append(np.zeros(size), 1.0),
        A_ub=np.column_stack([slopes, -np.ones(len(cuts))]),
        b_ub=-heights,
        bounds=[*((max(0.0, c - radius), c + radius) for c in centre), (None, None)],
        method="highs",
    )
    if solved.x is None:
        return centre, float(cuts[0].bound)
    return np.maximum(solved.x[:size], 0.0), float(solved.fun)


def _inside(point: np.ndarray, centre: np.ndarray, radius: float) -> bool:
    return bool((np.abs(point - centre) < 0.999 * radius).all())


def _rows_of(contacts: int | np.ndarray, rows: np.ndarray) -> int | np.ndarray:
    return contacts[rows] if isinstance(contacts, np.ndarray) else contacts
