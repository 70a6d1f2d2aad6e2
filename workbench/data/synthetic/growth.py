"""How large a business a number of customers makes: births that, with repeat orders, meet the demand."""

from __future__ import annotations

import numpy as np
from scipy.special import hyp2f1

from workbench.data.synthetic.business import CUSTOMER, CustomerTruth, channel_values
from workbench.data.synthetic.demand import trend


def usual_revenue(customers: int, weeks: int) -> float:
    """Usual weekly revenue of a company that wins about `customers` customers in its first `weeks` weeks."""
    return customers * CUSTOMER.average_order / expected_births(usual_course(weeks), CUSTOMER).sum()


def usual_course(weeks: int) -> np.ndarray:
    """Revenue relative to usual, were there only the trend and steady media; shape (week,)."""
    media = channel_values("share").sum()
    return media + (1.0 - media) * trend(weeks)


def expected_births(orders: np.ndarray, customer: CustomerTruth) -> np.ndarray:
    """First orders a week such that first and repeat orders together make `orders`, shape (week,).

    A customer's clock starts at the end of the week of the first order. This is the renewal equation
    births[t] + Σ_{s<t} births[s] · repeats[t - s] = orders[t].
    """
    repeats = np.diff(expected_repeat_orders(np.arange(len(orders) + 1.0), customer))
    births = np.zeros(len(orders))
    for week in range(len(orders)):
        births[week] = orders[week] - births[:week] @ repeats[:week][::-1]
    return births


def expected_repeat_orders(age: np.ndarray, customer: CustomerTruth) -> np.ndarray:
    """Mean number of repeat orders of a new customer within `age` weeks.

    References:
        Fader, Hardie, Lee (2005), equation 9.
    """
    r, alpha, a, b = customer.r, customer.alpha, customer.a, customer.b
    series = hyp2f1(r, b, a + b - 1.0, age / (alpha + age))
    return (a + b - 1.0) / (a - 1.0) * (1.0 - (alpha / (alpha + age)) ** r * series)
