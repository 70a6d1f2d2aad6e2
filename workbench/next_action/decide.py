"""Choose actions for customers, worth most within the limits, and prove how close to the best that is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.next_action.margin import settle_margin
from workbench.next_action.offers import Limits, Offers
from workbench.next_action.prices import find_prices, price, reduced, scarce_resources
from workbench.next_action.rounding import whole_contacts

# Customers who are worth the same are told apart by a hair, else prices can't divide them.
HAIR = 1e-3
HAIRS = 101
# Closer than this to the bound, a plan isn't worth settling.
CLOSE = 1e-4


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Who gets what.

    Attributes:
        chosen: Shape (customer, action).
        value: Expected profit after cost, currency.
        bound: No plan within the limits is worth more.
        budget_price: Profit that one more unit of budget would bring, after spending it.
        capacity_prices: Profit that room for one more customer would bring, shape (action,).
    """

    chosen: np.ndarray
    value: float
    bound: float
    budget_price: float
    capacity_prices: np.ndarray

    @property
    def gap(self) -> float:
        """By how much a better plan could beat this one at most, as a share of the bound."""
        return (self.bound - self.value) / self.bound if self.bound > 0 else 0.0

    @property
    def action(self) -> np.ndarray:
        """The first action of each customer, −1 for none."""
        return np.where(self.chosen.any(axis=1), self.chosen.argmax(axis=1), -1)


def decide(offers: Offers, limits: Limits, *, seed: int = 0, settle: bool = True) -> Decision:
    """Find the prices of scarce resources, let every customer choose at them, and mend what doesn't fit in whole numbers.

    Args:
        offers: What each action is worth for each customer.
        limits: Budget, capacities and contacts.
        seed: Of the sample that prices are first looked for on.
        settle: Whether contacts at the margin are decided exactly where whole contacts cost more than `CLOSE` of the bound.

    References:
        Everett (1963), Generalized Lagrange multiplier method for solving problems of optimum allocation of resources.
    """
    net = _open(offers, limits)
    scarce = scarce_resources(offers.cost, limits)
    told_apart = _by_a_hair(net, seed) if len(scarce.amount) else net
    prices = find_prices(told_apart, scarce, limits.contacts_per_customer, seed=seed)
    values = reduced(told_apart, scarce, prices)
    chosen = whole_contacts(net, values, offers.cost, limits)
    bound = price(net, scarce, limits.contacts_per_customer, prices).bound
    if settle and bound - net[chosen].sum(dtype=float) > CLOSE * bound:
        chosen = settle_margin(net, values, offers.cost, limits, chosen)
    value = float(net[chosen].sum(dtype=float))
    budget_price, capacity_prices = scarce.per_unit(prices, len(offers.actions))
    return Decision(
        chosen=chosen,
        value=value,
        bound=max(bound, value),
        budget_price=budget_price,
        capacity_prices=capacity_prices,
    )


def _open(offers: Offers, limits: Limits) -> np.ndarray:
    """Profit after cost, where nothing rules the contact out altogether."""
    closed = (limits.capacity < 1) | (offers.cost > limits.budget)
    return np.where(closed, np.float32(-np.inf), offers.net())


def _by_a_hair(net: np.ndarray, seed: int) -> np.ndarray:
    paying = net[net > 0]
    scale = np.float32(HAIR * float(paying.mean(dtype=float))) if len(paying) else np.float32(0)
    # A stream of its own: data simulated from the same seed must not be divided along its own lines.
    hairs = np.random.default_rng((seed, HAIRS)).random(net.shape, dtype=np.float32)
    # A hair must not make a loss look like a gain.
    return np.where(net > 0, net + scale * (hairs - np.float32(0.5)), np.float32(-np.inf))
