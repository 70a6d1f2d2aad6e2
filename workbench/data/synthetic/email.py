"""The randomised e-mail test: who was asked, who got it, and the orders it caused on top of demand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.data.synthetic.business import EMAIL_TEST, SIZES
from workbench.data.synthetic.history import History, Orders

_SHARE_BY_WEEK = np.array([0.55, 0.25, 0.13, 0.07])


@dataclass(frozen=True, kw_only=True)
class EmailAssignment:
    """One entry per unit of the test.

    Attributes:
        customer: Number of the customer.
        treated: Whether the e-mail was sent.
        unsubscribed: Whether the customer left the newsletter while the test ran.
        drawn: Share of the week before the test after which the customer was assigned, in [0, 1).
        extra: The orders that the e-mail caused.
    """

    customer: np.ndarray
    treated: np.ndarray
    unsubscribed: np.ndarray
    drawn: np.ndarray
    extra: Orders


def run_email_test(
    history: History, consented: np.ndarray, *, weeks: int, send: bool, rng: np.random.Generator
) -> EmailAssignment:
    """Randomise all customers with marketing consent who were there before; unless `send`, only pretend to send."""
    first_week = EMAIL_TEST.first_week(weeks)
    units = np.flatnonzero(consented & (acquisition_week(history) < first_week))
    treated = rng.random(len(units)) < 0.5
    orders = treated & (rng.random(len(units)) < EMAIL_TEST.extra_orders) & send
    offset = rng.choice(EMAIL_TEST.length_weeks, len(units), p=_SHARE_BY_WEEK)
    fraction = rng.random(len(units))
    unsubscribed = rng.random(len(units)) < EMAIL_TEST.unsubscribed
    return EmailAssignment(
        customer=units,
        treated=treated,
        unsubscribed=unsubscribed,
        drawn=rng.random(len(units)),
        extra=Orders(customer=units[orders], week=first_week + offset[orders], fraction=fraction[orders]),
    )


def expected_email_revenue(
    history: History, assignment: EmailAssignment, *, weeks: int, total_weeks: int
) -> np.ndarray:
    """Revenue that the e-mail causes in expectation over who answers, euros, shape (total_weeks, market)."""
    treated = assignment.customer[assignment.treated]
    worth = EMAIL_TEST.extra_orders * history.customers.mean_value[treated]
    by_market = np.bincount(history.customers.market[treated], worth, len(SIZES))
    revenue = np.zeros((total_weeks, len(SIZES)))
    first_week = EMAIL_TEST.first_week(weeks)
    revenue[first_week : first_week + EMAIL_TEST.length_weeks] = np.outer(_SHARE_BY_WEEK, by_market)
    return revenue


def acquisition_week(history: History) -> np.ndarray:
    """Week of each customer's first order, shape (customer,)."""
    first = np.full(len(history.customers), np.iinfo(np.int64).max)
    np.minimum.at(first, history.orders.customer, history.orders.week)
    return first
