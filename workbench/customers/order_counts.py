"""What the orders held and what was left out of them, counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

type Returns = Literal["lower_value", "cancel_order", "ignore"]


@dataclass(frozen=True, kw_only=True)
class OrderCounts:
    """What the orders held and what was left out.

    Attributes:
        customers: Customers with an order.
        excluded_customers: Of those, without the consent that is needed.
        without_purchase: Of those who stay, who have returns, test orders or cancelled orders only.
        orders: Orders of the customers who stay.
        anonymous: Orders without a customer, left out.
        test: Test orders, left out: flagged, or of less revenue than an order needs.
        returns: Orders of negative revenue: not purchases.
        cancelled: Orders that such a return took back whole, left out; 0 unless returns cancel orders.
        free: Orders of zero revenue: purchases.
        same_day: Orders that are one purchase with an earlier one of their customer's day.
        before_acquisition: Purchases of a day before their customer's `acquired_at`; None where that isn't recorded.
        gross_revenue: Revenue of purchases, currency.
        returned_revenue: Revenue of returns that took no order back whole, currency, at most 0.
        profit: Margin of purchases, currency.
        policy: What a return means.
        first_day: Day of the first order.
        last_day: Day of the last order.
    """

    customers: int
    excluded_customers: int
    without_purchase: int
    orders: int
    anonymous: int
    test: int
    returns: int
    cancelled: int
    free: int
    same_day: int
    before_acquisition: int | None
    gross_revenue: float
    returned_revenue: float
    profit: float
    policy: Returns
    first_day: date
    last_day: date

    @property
    def returned_share(self) -> float:
        """Share of purchases' revenue by which returns lower every customer's value, in [0, 1]."""
        if self.policy == "ignore" or self.gross_revenue == 0:
            return 0.0
        return min(1.0, -self.returned_revenue / self.gross_revenue)

    @property
    def profit_share(self) -> float:
        """Profit per unit of a purchase's revenue, after the share of revenue that returns take back."""
        return (1 - self.returned_share) * self.profit / self.gross_revenue if self.gross_revenue else 0.0
