"""Which orders are purchases, and of whom, by declared policy: what is left out is counted, in the engine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, cast

import ibis
import pandas as pd
from ibis import ir

from workbench.config.customers import Purpose
from workbench.customers.cancellations import with_cancellations
from workbench.customers.consent import permitted
from workbench.customers.exact import EXACT
from workbench.customers.unordered import unordered
from workbench.errors import DataError

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


@dataclass(frozen=True, kw_only=True)
class Population:
    """The purchases that features may be made of.

    Attributes:
        purchases: One row per customer and day, kept in the engine: customer_id, day, orders, revenue ≥ 0 (exact decimal). Orders
            of one day are one purchase.
        orders: One row an order: customer_id, day, revenue, category where recorded, and cancelled_on, the day from which it is
            known to be no purchase. What is known on a day is made of these.
        counts: What was left out.
    """

    purchases: ibis.Table
    orders: ibis.Table
    counts: OrderCounts


def select_population(
    transactions: ibis.Table,
    customers: ibis.Table | None,
    *,
    require_consent: bool,
    margin: float,
    returns: Returns = "lower_value",
    smallest_order: float = 0.0,
    purpose: Purpose = "profiling",
) -> Population:
    """Exclude customers without consent before any feature is made, then set test orders and returns apart from purchases.

    Args:
        margin: Share of revenue that is profit where an order carries no margin.
        returns: What an order of negative revenue means; see `Segmentation`.
        smallest_order: Orders of less revenue, in currency, are test orders.
        purpose: What consent is needed for.

    Raises:
        DataError: If nothing is left, or revenue is missing or not a number.
    """
    allowed = permitted(transactions, customers, purpose) if require_consent else transactions
    rows = _typed(allowed, margin, smallest_order)
    if returns == "cancel_order":
        rows = with_cancellations(rows)
    totals = _totals(rows)
    _refuse_unusable(totals, transactions, purpose)
    bought = rows.filter(_bought(rows))
    by_day = _by_day(bought.filter(bought.cancelled_on.isnull()))
    with unordered(by_day):
        purchases = by_day.cache()
    without_purchase = _without_purchase(rows, purchases) if totals.purchases < totals.orders else 0
    everybody = None if allowed is transactions else int(transactions.customer_id.nunique().execute())
    return Population(
        purchases=purchases,
        orders=bought.drop("ordered_at", "profit", "test", "cancels"),
        counts=_counts(totals, purchases, customers, returns, without_purchase, everybody),
    )


def _typed(orders: ibis.Table, margin: float, smallest_order: float) -> ibis.Table:
    given = orders.revenue.cast("float64")
    revenue = (given.isnan() | given.isinf()).ifelse(ibis.null("float64"), given)
    profit = margin * revenue
    if "margin" in orders.columns:
        profit = ibis.coalesce(orders.margin.cast("float64"), profit)
    small = (revenue >= 0) & (revenue < smallest_order)
    flagged = orders.test.cast("boolean").fill_null(False) if "test" in orders.columns else ibis.literal(False)
    return orders.select(
        "customer_id",
        "ordered_at",
        *({"category"} & set(orders.columns)),
        day=orders.ordered_at.cast("date"),
        revenue=revenue,
        profit=profit,
        test=flagged | small.fill_null(False),
        cancelled_on=ibis.null("date"),
        cancels=ibis.literal(False),
    )


def _bought(rows: ibis.Table) -> ir.BooleanValue:
    return rows.customer_id.notnull() & ~rows.test & (rows.revenue >= 0)


def _by_day(orders: ibis.Table) -> ibis.Table:
    revenue = orders.revenue.cast(EXACT)
    return orders.group_by("customer_id", "day").aggregate(orders=orders.count().cast("int32"), revenue=revenue.sum())


def _totals(rows: ibis.Table) -> pd.Series:
    known = rows.customer_id.notnull()
    purchase = _bought(rows) & rows.cancelled_on.isnull()
    returned = known & ~rows.test & (rows.revenue < 0)
    return (
        rows.aggregate(
            orders=rows.count(where=known),
            anonymous=rows.count(where=~known),
            unreadable=rows.revenue.isnull().sum(),
            undated=rows.day.isnull().sum(),
            test=rows.count(where=known & rows.test),
            returns=rows.count(where=returned),
            cancelled=rows.count(where=known & rows.cancelled_on.notnull()),
            purchases=rows.count(where=purchase),
            free=rows.count(where=purchase & (rows.revenue == 0)),
            returned_revenue=rows.revenue.cast(EXACT).sum(where=returned & ~rows.cancels),
            profit=rows.profit.cast(EXACT).sum(where=purchase),
            first_day=rows.day.min(where=purchase),
            last_day=rows.day.max(where=known),
        )
        .to_pandas()
        .iloc[0]
    )


def _counts(
    totals: pd.Series,
    purchases: ibis.Table,
    customers: ibis.Table | None,
    policy: Returns,
    without_purchase: int,
    everybody: int | None,
) -> OrderCounts:
    made = (
        purchases.aggregate(
            days=purchases.count(), buyers=purchases.customer_id.nunique(), revenue=purchases.revenue.sum()
        )
        .to_pandas()
        .iloc[0]
    )
    kept = int(made.buyers) + without_purchase
    return OrderCounts(
        customers=kept if everybody is None else everybody,
        excluded_customers=0 if everybody is None else everybody - kept,
        without_purchase=without_purchase,
        same_day=int(totals.purchases - made.days),
        before_acquisition=_before_acquisition(purchases, customers),
        policy=policy,
        first_day=pd.Timestamp(totals.first_day).date(),
        last_day=pd.Timestamp(totals.last_day).date(),
        orders=int(totals.orders),
        anonymous=int(totals.anonymous),
        test=int(totals.test),
        returns=int(totals.returns),
        cancelled=int(totals.cancelled),
        free=int(totals.free),
        gross_revenue=_number(made.revenue),
        returned_revenue=_number(totals.returned_revenue),
        profit=_number(totals.profit),
    )


def _without_purchase(rows: ibis.Table, purchases: ibis.Table) -> int:
    """Customers whose orders are returns, test orders or cancelled orders only: the others needn't be told apart."""
    other = rows.filter(rows.customer_id.notnull() & ~(_bought(rows) & rows.cancelled_on.isnull()).fill_null(False))
    return int(other.select("customer_id").distinct().anti_join(purchases, "customer_id").count().execute())


def _before_acquisition(purchases: ibis.Table, customers: ibis.Table | None) -> int | None:
    if customers is None or "acquired_at" not in customers.columns:
        return None
    acquired = customers.select("customer_id", acquired_on=customers.acquired_at.cast("date"))
    joined = purchases.inner_join(acquired, "customer_id")
    return int(_number(joined.orders.sum(where=joined.day < joined.acquired_on).to_pandas()))


def _refuse_unusable(totals: pd.Series, transactions: ibis.Table, purpose: Purpose) -> None:
    if totals.orders == 0:
        everybody = int(transactions.customer_id.nunique().execute())
        if everybody == 0:
            raise DataError("transactions hold no order with a customer; map a table that does")
        raise DataError(
            f"none of the {everybody:,} customers with orders has consent_{purpose}; segmentation needs consent, or set "
            "segmentation.require_consent = false where the law allows it"
        )
    for column, broken in (("revenue", totals.unreadable), ("ordered_at", totals.undated)):
        if broken:
            raise DataError(
                f"transactions.{column} is missing or not finite in {int(broken):,} orders; correct them or leave them out "
                "with a filter in the table's mapping"
            )
    if totals.returns == totals.orders:
        raise DataError(
            f"all {int(totals.orders):,} orders have negative revenue, which means returns; check the sign of transactions.revenue"
        )
    if totals.purchases == 0:
        raise DataError(
            f"none of the {int(totals.orders):,} orders is a purchase: {int(totals.test):,} are test orders, {int(totals.returns):,} "
            f"are returns, {int(totals.cancelled):,} were cancelled; check transactions.test, segmentation.smallest_order and "
            "segmentation.returns"
        )


def _number(value: object) -> float:
    return 0.0 if pd.isna(cast(float, value)) else float(cast(float, value))
