"""Which orders are purchases, and of whom: what is left out is counted, in the engine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import cast

import ibis
import pandas as pd

from workbench.customers.consent import permitted
from workbench.errors import DataError

# An engine's threads add in any order, and only exact numbers have the same sum in all of them.
EXACT = "decimal(38, 9)"


@dataclass(frozen=True, kw_only=True)
class OrderCounts:
    """What the orders held and what was left out.

    Attributes:
        customers: Customers with an order.
        excluded_customers: Of those, without consent to profiling.
        orders: Orders of the customers who stay.
        anonymous: Orders without a customer, left out.
        returns: Orders of negative revenue: not purchases.
        free: Orders of zero revenue: purchases.
        gross_revenue: Revenue of purchases, currency.
        returned_revenue: Revenue of returns, currency, at most 0.
        profit: Margin of purchases, currency.
        first_day: Day of the first order.
        last_day: Day of the last order.
    """

    customers: int
    excluded_customers: int
    orders: int
    anonymous: int
    returns: int
    free: int
    gross_revenue: float
    returned_revenue: float
    profit: float
    first_day: date
    last_day: date

    @property
    def profit_share(self) -> float:
        """Profit per unit of a purchase's revenue, after the share of revenue that returns take back."""
        if self.gross_revenue == 0:
            return 0.0
        kept = 1 + self.returned_revenue / self.gross_revenue
        return max(0.0, kept) * self.profit / self.gross_revenue


@dataclass(frozen=True, kw_only=True)
class Population:
    """The purchases that features may be made of.

    Attributes:
        purchases: One row an order: customer_id, day, revenue ≥ 0.
        counts: What was left out.
    """

    purchases: ibis.Table
    counts: OrderCounts


def select_population(
    transactions: ibis.Table, customers: ibis.Table | None, *, require_consent: bool, margin: float
) -> Population:
    """Exclude customers without consent before any feature is made, then set returns apart from purchases.

    Args:
        margin: Share of revenue that is profit where an order carries no margin.

    Raises:
        DataError: If nothing is left, or revenue is missing or not a number.
    """
    allowed = permitted(transactions, customers, "profiling") if require_consent else transactions
    orders = _typed(allowed, margin)
    counts = _count(orders, transactions)
    purchases = orders.filter(orders.customer_id.notnull() & (orders.revenue >= 0))
    return Population(purchases=purchases.select("customer_id", "day", "revenue"), counts=counts)


def _typed(orders: ibis.Table, margin: float) -> ibis.Table:
    revenue = orders.revenue.cast("float64")
    profit = margin * revenue
    if "margin" in orders.columns:
        profit = ibis.coalesce(orders.margin.cast("float64"), profit)
    return orders.select("customer_id", day=orders.ordered_at.cast("date"), revenue=revenue, profit=profit)


def _count(orders: ibis.Table, transactions: ibis.Table) -> OrderCounts:
    all_customers = int(transactions.customer_id.nunique().execute())
    known = orders.customer_id.notnull()
    purchase, returned = known & (orders.revenue >= 0), known & (orders.revenue < 0)
    row = (
        orders.aggregate(
            kept=orders.customer_id.nunique(),
            orders=known.sum(),
            anonymous=(~known).sum(),
            unreadable=(orders.revenue.isnull() | orders.revenue.isnan() | orders.revenue.isinf()).sum(),
            undated=orders.day.isnull().sum(),
            returns=orders.count(where=returned),
            free=orders.count(where=known & (orders.revenue == 0)),
            gross_revenue=orders.revenue.sum(where=purchase),
            returned_revenue=orders.revenue.sum(where=returned),
            profit=orders.profit.sum(where=purchase),
            first_day=orders.day.min(where=known),
            last_day=orders.day.max(where=known),
        )
        .to_pandas()
        .iloc[0]
    )
    _refuse_unusable(row, all_customers)
    return OrderCounts(
        customers=all_customers,
        excluded_customers=all_customers - int(row.kept),
        first_day=pd.Timestamp(row.first_day).date(),
        last_day=pd.Timestamp(row.last_day).date(),
        orders=int(row.orders),
        anonymous=int(row.anonymous),
        returns=int(row.returns),
        free=int(row.free),
        gross_revenue=_number(row.gross_revenue),
        returned_revenue=_number(row.returned_revenue),
        profit=_number(row.profit),
    )


def _refuse_unusable(row: pd.Series, all_customers: int) -> None:
    if all_customers == 0:
        raise DataError("transactions hold no order with a customer; map a table that does")
    if row.kept == 0:
        raise DataError(
            f"none of the {all_customers:,} customers with orders has consent_profiling; "
            "segmentation needs consent, or set segmentation.require_consent = false where the law allows it"
        )
    for column, broken in (("revenue", row.unreadable), ("ordered_at", row.undated)):
        if broken:
            raise DataError(
                f"transactions.{column} is missing or not finite in {int(broken):,} orders; correct them or leave them out "
                "with a filter in the table's mapping"
            )
    if row.returns == row.orders:
        raise DataError(
            f"all {int(row.orders):,} orders have negative revenue, which means returns; check the sign of transactions.revenue"
        )


def _number(value: object) -> float:
    return 0.0 if pd.isna(cast(float, value)) else float(cast(float, value))
