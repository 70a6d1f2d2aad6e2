"""What a reader must know of the orders behind the segments: which of them are no purchases, and which can't be right."""

from __future__ import annotations

import numpy as np

from workbench.customers.order_counts import OrderCounts
from workbench.result import Check
from workbench.wording import count, money, percent

LARGEST_RETURNED_SHARE = 0.5
LARGEST_SHARE_BEFORE_ACQUISITION = 0.01


def order_checks(counts: OrderCounts, currency: str) -> tuple[Check, ...]:
    """What orders were taken for, returns apart, and whether they fit the customers' table where it says since when they are some."""
    acquisition = () if counts.before_acquisition is None else (_acquisition_check(counts, counts.before_acquisition),)
    return (_returns_check(counts, currency), _purchases_check(counts), *acquisition)


def _returns_check(counts: OrderCounts, currency: str) -> Check:
    share = abs(counts.returned_revenue) / counts.gross_revenue if counts.gross_revenue else np.nan
    passed = not share > LARGEST_RETURNED_SHARE
    mend = (
        ""
        if passed
        else " So much rarely comes back: check the sign of transactions.revenue, and the orders of each day."
    )
    return Check(
        name="returns",
        passed=passed,
        value=share,
        threshold=LARGEST_RETURNED_SHARE,
        detail=_returns_sentence(counts, currency) + mend,
    )


def _returns_sentence(counts: OrderCounts, currency: str) -> str:
    if not counts.returns:
        return f"None of {_orders(counts.orders)} is a return."
    told = f"{count(counts.returns)} of {_orders(counts.orders)} are returns"
    worth, lowered = money(-counts.returned_revenue, currency), percent(counts.returned_share)
    if counts.policy == "ignore":
        return (
            f"{told} worth {worth}: they are not purchases, and segmentation.returns = ignore leaves future value as if nothing came "
            "back."
        )
    if counts.policy == "lower_value":
        return (
            f"{told} worth {worth}: they are not purchases, and future value is lowered by their {lowered} of revenue."
        )
    rest = counts.returns - counts.cancelled
    told = f"{told}: {count(counts.cancelled)} took back an order of the same customer and amount, which then counts as none"
    if not rest:
        return f"{told}."
    return f"{told}; {count(rest)} fit no order, and future value is lowered by their {lowered} of revenue ({worth})."


def _purchases_check(counts: OrderCounts) -> Check:
    purchases = counts.orders - counts.test - counts.returns - counts.cancelled
    merged = counts.same_day
    told = [
        f"Of {_orders(counts.orders)}, {count(purchases)} are purchases, counted as {count(purchases - merged)}: orders of one customer "
        "on one day are one purchase.",
        f"{_orders(counts.test)} {_are(counts.test)} left out as test orders." if counts.test else "",
        f"{_orders(counts.free)} of zero revenue count as purchases." if counts.free else "",
        f"{_orders(counts.anonymous)} without a customer {_are(counts.anonymous)} left out."
        if counts.anonymous
        else "",
        f"{_customers(counts.without_purchase)} no purchase and {_are(counts.without_purchase)} in no segment."
        if counts.without_purchase
        else "",
    ]
    value = merged / purchases if purchases else np.nan
    return Check(name="purchases", passed=None, value=value, detail=" ".join(part for part in told if part))


def _acquisition_check(counts: OrderCounts, before: int) -> Check:
    share = before / max(1, counts.orders - counts.test - counts.returns - counts.cancelled)
    passed = share <= LARGEST_SHARE_BEFORE_ACQUISITION
    detail = f"{_orders(before)} ({percent(share)}) came before the customer was acquired"
    mend = (
        " and count from their own day."
        if passed
        else ": acquired_at may be the day of a registration or of a later system; correct customers.acquired_at before comparing "
        "cohorts or channels. Values are made from the orders' own days."
    )
    return Check(
        name="orders_after_acquisition",
        passed=passed,
        value=share,
        threshold=LARGEST_SHARE_BEFORE_ACQUISITION,
        detail=detail + mend if before else "No order came before its customer was acquired.",
    )


def _orders(orders: int) -> str:
    return "1 order" if orders == 1 else f"{count(orders)} orders"


def _are(orders: int) -> str:
    return "is" if orders == 1 else "are"


def _customers(customers: int) -> str:
    return "1 customer has" if customers == 1 else f"{count(customers)} customers have"
