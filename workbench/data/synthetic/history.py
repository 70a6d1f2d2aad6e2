"""Customers arrive, order and leave, and meet the expected weekly revenue.

Demand leads. Each week's expected revenue is given. Customers who are alive bring part of it, each at a rate of their
own on their market's clock, which demand speeds up or slows down (BG/NBD in that clock's time); first orders of new
customers bring the rest. So E[revenue of a week | all that came before] *is* the expected revenue: take a channel's
spend away, and what is missing on average is what the channel contributes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from workbench.data.synthetic.business import CUSTOMER, SIZES
from workbench.data.synthetic.people import Customers, draw_customers, join_customers


@dataclass(frozen=True, kw_only=True)
class Orders:
    """One entry per order: who, in which week, and after which share of that week's orders."""

    customer: np.ndarray
    week: np.ndarray
    fraction: np.ndarray

    def __len__(self) -> int:
        return len(self.customer)


@dataclass(frozen=True, kw_only=True)
class History:
    """What happened.

    Attributes:
        customers: Who was acquired.
        orders: Their orders, those of the weeks after the window included.
        alive: Whether each customer is alive at the end of the window.
    """

    customers: Customers
    orders: Orders
    alive: np.ndarray


@dataclass(frozen=True, kw_only=True)
class _Active:
    """Customers alive now, their numbers, and when each orders next on their market's clock."""

    number: np.ndarray
    customers: Customers
    next_order: np.ndarray


def simulate_history(
    expected: np.ndarray, tempo: np.ndarray, causes: np.ndarray, *, weeks: int, rng: np.random.Generator
) -> History:
    """Simulate `weeks` weeks with arrivals, and the remaining ones without.

    Args:
        expected: Expected revenue, euros, shape (week, M).
        tempo: Weeks by which the markets' clocks move in each week, shape (week, M).
        causes: Share of expected revenue due to each channel and, last, to none, shape (week, M, C + 1).
        weeks: Length of the data window.
        rng: Source of randomness.
    """
    clock = np.vstack([np.zeros(len(SIZES)), np.cumsum(tempo, axis=0)])
    active, arrived, orders, alive = _nobody(rng), [], [], np.zeros(0, dtype=int)
    total = 0
    for week in range(len(expected)):
        missing = expected[week] - _expected_repeat_revenue(active, tempo[week])
        repeats, active = _order_again(active, clock[week : week + 2], week, rng)
        orders += repeats
        if week < weeks:
            newcomers = draw_customers(_draw_arrivals(missing, rng), causes[week], rng)
            orders.append(_first_orders(total, len(newcomers), week, rng))
            active = _admit(active, newcomers, total, clock[week + 1], rng)
            arrived.append(newcomers)
            total += len(newcomers)
            alive = active.number
    return History(
        customers=join_customers(arrived),
        orders=join_orders(orders),
        alive=np.isin(np.arange(total), alive),
    )


def join_orders(parts: Sequence[Orders]) -> Orders:
    return Orders(**{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Orders)})


def take_orders(orders: Orders, index: np.ndarray) -> Orders:
    return Orders(**{f.name: getattr(orders, f.name)[index] for f in fields(Orders)})


def _nobody(rng: np.random.Generator) -> _Active:
    none = draw_customers(np.zeros(len(SIZES), dtype=int), np.zeros((len(SIZES), 1)), rng)
    return _Active(number=np.zeros(0, dtype=int), customers=none, next_order=np.zeros(0))


def _expected_repeat_revenue(active: _Active, tempo: np.ndarray) -> np.ndarray:
    customers = active.customers
    revenue = customers.mean_value * customers.expected_repeat_orders(tempo[customers.market])
    return np.bincount(customers.market, revenue, len(SIZES))


def _draw_arrivals(missing_revenue: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return rng.poisson(np.maximum(missing_revenue, 0.0) / CUSTOMER.average_order)


def _order_again(
    active: _Active, interval: np.ndarray, week: int, rng: np.random.Generator
) -> tuple[list[Orders], _Active]:
    """Repeat orders within a week; after each the customer may leave for good."""
    market, rate, dropout = active.customers.market, active.customers.rate, active.customers.dropout
    next_order, stays = active.next_order.copy(), np.ones(len(active.number), dtype=bool)
    start, end = interval
    orders = []
    while len(due := np.flatnonzero(stays & (next_order < end[market]))):
        where = market[due]
        fraction = (next_order[due] - start[where]) / (end[where] - start[where])
        orders.append(Orders(customer=active.number[due], week=np.full(len(due), week), fraction=fraction))
        stays[due] = rng.random(len(due)) >= dropout[due]
        next_order[due] += rng.exponential(1.0, len(due)) / rate[due]
    kept = np.flatnonzero(stays)
    return orders, _Active(
        number=active.number[kept], customers=active.customers.take(kept), next_order=next_order[kept]
    )


def _first_orders(first_number: int, count: int, week: int, rng: np.random.Generator) -> Orders:
    return Orders(customer=first_number + np.arange(count), week=np.full(count, week), fraction=rng.random(count))


def _admit(
    active: _Active, newcomers: Customers, first_number: int, now: np.ndarray, rng: np.random.Generator
) -> _Active:
    """Newcomers' clocks start at the end of the week of their first order."""
    waiting = rng.exponential(1.0, len(newcomers)) / newcomers.rate
    return _Active(
        number=np.concatenate([active.number, first_number + np.arange(len(newcomers))]),
        customers=join_customers([active.customers, newcomers]),
        next_order=np.concatenate([active.next_order, now[newcomers.market] + waiting]),
    )
