"""What customers do besides ordering in the last year: they look around before they order, and now and then while they are alive."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.data.synthetic.history import History, Orders
from workbench.data.synthetic.preferences import draw_categories

HISTORY_WEEKS = 52
CHANNELS = ("site", "app", "email")
EVENTS = ("view", "click", "open")
_CHANNEL_SHARES = (0.5, 0.3, 0.2)
_BEFORE_AN_ORDER = 0.6
_LOOKS_PER_ORDER = 0.8
_WEEKS_AHEAD = 2.0


@dataclass(frozen=True, kw_only=True)
class Visits:
    """One entry per event.

    Attributes:
        customer: Number of the customer.
        time: Weeks since the company's first.
        channel: Index of `CHANNELS`.
        event: Index of `EVENTS`: e-mails are opened, apps clicked or viewed, sites viewed.
        category: Index of the category looked at.
    """

    customer: np.ndarray
    time: np.ndarray
    channel: np.ndarray
    event: np.ndarray
    category: np.ndarray


def draw_visits(
    history: History, orders: Orders, preferences: np.ndarray, *, weeks: int, rng: np.random.Generator
) -> Visits:
    """Visits within two weeks before an order, and those of customers who are alive, in proportion to how often they buy."""
    first = weeks - HISTORY_WEEKS
    recent = np.flatnonzero((orders.week >= first) & (orders.week < weeks))
    before = np.repeat(recent, rng.poisson(_BEFORE_AN_ORDER, len(recent)))
    ahead = orders.week[before] + orders.fraction[before] - _WEEKS_AHEAD * rng.random(len(before))
    alive = np.flatnonzero(history.alive)
    looks = rng.poisson(_LOOKS_PER_ORDER * HISTORY_WEEKS * history.customers.rate[alive])
    anyone = np.repeat(alive, looks)
    since = np.maximum(_first_week(orders, len(preferences))[anyone], first)
    customer = np.concatenate([orders.customer[before], anyone])
    time = np.concatenate([ahead, since + (weeks - since) * rng.random(len(anyone))])
    kept = np.flatnonzero((time >= first) & (time < weeks))
    kept = kept[np.argsort(time[kept], kind="stable")]
    channel = rng.choice(len(CHANNELS), len(kept), p=_CHANNEL_SHARES)
    clicked = (channel == 1) & (rng.random(len(kept)) < 0.5)
    return Visits(
        customer=customer[kept],
        time=time[kept],
        channel=channel,
        event=np.where(channel == 2, 2, clicked.astype(int)),
        category=draw_categories(preferences, customer[kept], rng),
    )


def _first_week(orders: Orders, customers: int) -> np.ndarray:
    first = np.full(customers, np.iinfo(np.int32).max)
    np.minimum.at(first, orders.customer, orders.week + 1)
    return first
