"""A delivery pass, renewed month by month: each subscriber has a probability of their own of leaving at a renewal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.data.synthetic.business import START

PRICE = 4.90
SHARE = 0.08
PLAN = "delivery pass"


@dataclass(frozen=True, kw_only=True)
class SubscriptionTruth:
    """Shifted beta-geometric: probabilities of leaving at a renewal are beta-distributed.

    References:
        Fader, Hardie (2007), How to project customer retention.
    """

    alpha: float = 0.8
    beta: float = 4.0


SUBSCRIPTION = SubscriptionTruth()


@dataclass(frozen=True, kw_only=True)
class Subscriptions:
    """One entry per subscription.

    Attributes:
        customer: Number of the customer.
        started: Day.
        ended: Day of the renewal that did not come, not-a-time while it runs.
    """

    customer: np.ndarray
    started: np.ndarray
    ended: np.ndarray


def draw_subscriptions(acquired: np.ndarray, weeks: int, rng: np.random.Generator) -> Subscriptions:
    """A share of customers subscribes within the quarter after the first order.

    Args:
        acquired: Week of each customer's first order.
        weeks: Length of the data window.
        rng: Source of randomness.
    """
    customer = np.flatnonzero(rng.random(len(acquired)) < SHARE)
    day = START + (7 * acquired[customer] + rng.integers(7, 98, len(customer))).astype("timedelta64[D]")
    renewals = rng.geometric(np.maximum(rng.beta(SUBSCRIPTION.alpha, SUBSCRIPTION.beta, len(customer)), 1e-6))
    end = START + np.timedelta64(7 * weeks, "D")
    started = first_of_month_days(day)
    ended = months_later(started, np.minimum(renewals, 12 * 40))
    ended = np.where(ended < end, ended, np.datetime64("NaT", "D"))
    inside = started < end
    return Subscriptions(customer=customer[inside], started=started[inside], ended=ended[inside])


def first_of_month_days(day: np.ndarray) -> np.ndarray:
    """The same days, those after the 28th on the 28th, which every month has."""
    month = day.astype("datetime64[M]").astype("datetime64[D]")
    return month + np.minimum(day - month, np.timedelta64(27, "D"))


def months_later(day: np.ndarray, months: np.ndarray) -> np.ndarray:
    month = day.astype("datetime64[M]")
    return (month + months.astype("timedelta64[M]")).astype("datetime64[D]") + (day - month.astype("datetime64[D]"))
