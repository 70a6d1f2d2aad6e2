"""Which orders are purchases, and of whom, by declared policy: what is left out is counted, in the engine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import cast

import ibis
import pandas as pd
from ibis import ir

from workbench.config.customers import Purpose
from workbench.customers.cancellations import with_cancellations
from workbench.customers.consent import permitted
from workbench.customers.exact import addable
from workbench.customers.order_counts import OrderCounts, Returns
from workbench.customers.order_kinds import BOUGHT, RETURNS, Kind, OrderTotals, total_by_kind
from workbench.customers.unordered import unordered
from workbench.data.kept import kept
from workbench.errors import DataError


@dataclass(frozen=True, kw_only=True)
class Population:
    """The purchases that features may be made of.

    Attributes:
        purchases: One row per customer and day: customer_id, day, orders, revenue ≥ 0 (see `exact.addable`). Orders of one day are
            one purchase.
        orders: One row an order: customer_id, day, revenue, category where recorded, and cancelled_on, the day from which it is
            known to be no purchase. What is known on a day is made of these.
        counts: What was left out.
    """

    purchases: ibis.Table
    orders: ibis.Table
    counts: OrderCounts


@dataclass(frozen=True, kw_only=True)
class SelectedOrders:
    """Orders by kind, of which nothing has been put together yet.

    Attributes:
        purchases: See `Population.purchases`; made anew for whatever reads it.
        orders: See `Population.orders`.
        totals: What the orders of each kind add up to.
    """

    purchases: ibis.Table
    orders: ibis.Table
    totals: OrderTotals
    rows: ibis.Table
    given: ibis.Table
    customers: ibis.Table | None
    policy: Returns

    @property
    def first_day(self) -> date:
        return self.totals.first_day

    @property
    def last_day(self) -> date:
        return self.totals.last_day

    def population(self, buyers: ibis.Table) -> Population:
        """With the counts that need to know every customer.

        Args:
            buyers: One row a customer with a purchase: customer_id, first_day, purchase_days.
        """
        return Population(purchases=self.purchases, orders=self.orders, counts=self._counts(buyers))

    def _counts(self, buyers: ibis.Table) -> OrderCounts:
        made = buyers.aggregate(days=buyers.purchase_days.sum(), buyers=buyers.count()).to_pandas().iloc[0]
        totals, bought = self.totals, self.totals.count(*BOUGHT)
        without_purchase = _without_purchase(self.rows, buyers) if bought < totals.known else 0
        kept = int(made.buyers) + without_purchase
        everybody = kept if self.given is self.rows else int(self.given.customer_id.nunique().execute())
        return OrderCounts(
            customers=everybody,
            excluded_customers=everybody - kept,
            without_purchase=without_purchase,
            same_day=bought - int(_number(made.days)),
            before_acquisition=_before_acquisition(self.orders, buyers, self.customers),
            policy=self.policy,
            first_day=self.first_day,
            last_day=self.last_day,
            orders=totals.known,
            anonymous=totals.count(Kind.ANONYMOUS),
            test=totals.count(Kind.TEST),
            returns=totals.count(*RETURNS),
            cancelled=totals.count(Kind.CANCELLED),
            free=totals.count(Kind.FREE),
            gross_revenue=totals.revenue(*BOUGHT),
            returned_revenue=totals.revenue(Kind.RETURN),
            profit=totals.profit(*BOUGHT),
        )


def select_orders(
    transactions: ibis.Table,
    customers: ibis.Table | None,
    *,
    require_consent: bool,
    margin: float,
    returns: Returns = "lower_value",
    smallest_order: float = 0.0,
    purpose: Purpose = "profiling",
) -> SelectedOrders:
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
        # Matching sorts, and several queries read what it found.
        rows = kept(with_cancellations(rows))
    totals = total_by_kind(rows, margin)
    _refuse_unusable(totals, transactions, purpose)
    bought = rows.filter(_bought(rows))
    return SelectedOrders(
        purchases=_by_day(bought.filter(bought.cancelled_on.isnull()), totals.revenue(*BOUGHT)),
        orders=bought.drop(*({"ordered_at", "profit", "test", "cancels"} & set(bought.columns))),
        totals=totals,
        rows=rows,
        given=rows if allowed is transactions else transactions,
        customers=customers,
        policy=returns,
    )


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
    """`select_orders` with purchases put together once and kept in the engine, for what reads them often."""
    selected = select_orders(
        transactions,
        customers,
        require_consent=require_consent,
        margin=margin,
        returns=returns,
        smallest_order=smallest_order,
        purpose=purpose,
    )
    with unordered(selected.purchases):
        purchases = kept(selected.purchases)
    buyers = purchases.group_by("customer_id").aggregate(first_day=purchases.day.min(), purchase_days=purchases.count())
    return replace(selected, purchases=purchases).population(buyers)


def _typed(orders: ibis.Table, margin: float, smallest_order: float) -> ibis.Table:
    given = orders.revenue.cast("float64")
    revenue = (given.isnan() | given.isinf()).ifelse(ibis.null("float64"), given)
    profit = {}
    if "margin" in orders.columns:
        profit["profit"] = ibis.coalesce(orders.margin.cast("float64"), margin * revenue)
    test = orders.test.cast("boolean").fill_null(False) if "test" in orders.columns else ibis.literal(False)
    if smallest_order > 0:
        test = test | ((revenue >= 0) & (revenue < smallest_order)).fill_null(False)
    return orders.select(
        "customer_id",
        "ordered_at",
        *({"category"} & set(orders.columns)),
        day=orders.ordered_at.cast("date"),
        revenue=revenue,
        **profit,
        test=test,
        cancelled_on=ibis.null("date"),
        cancels=ibis.literal(False),
    )


def _bought(rows: ibis.Table) -> ir.BooleanValue:
    return rows.customer_id.notnull() & ~rows.test & (rows.revenue >= 0)


def _by_day(orders: ibis.Table, gross_revenue: float) -> ibis.Table:
    revenue = addable(orders.revenue, gross_revenue)
    return orders.group_by("customer_id", "day").aggregate(orders=orders.count().cast("int32"), revenue=revenue.sum())


def _without_purchase(rows: ibis.Table, buyers: ibis.Table) -> int:
    """Customers whose orders are returns, test orders or cancelled orders only: the others needn't be told apart."""
    other = rows.filter(rows.customer_id.notnull() & ~(_bought(rows) & rows.cancelled_on.isnull()).fill_null(False))
    return int(other.select("customer_id").distinct().anti_join(buyers, "customer_id").count().execute())


def _before_acquisition(orders: ibis.Table, buyers: ibis.Table, customers: ibis.Table | None) -> int | None:
    if customers is None or "acquired_at" not in customers.columns:
        return None
    acquired = customers.select("customer_id", acquired_on=customers.acquired_at.cast("date"))
    early = buyers.inner_join(acquired, "customer_id").filter(lambda each: each.first_day < each.acquired_on)
    bought = orders.filter(orders.cancelled_on.isnull())
    joined = bought.inner_join(early.select("customer_id", "acquired_on"), "customer_id")
    return int(joined.count(where=joined.day < joined.acquired_on).execute())


def _refuse_unusable(totals: OrderTotals, transactions: ibis.Table, purpose: Purpose) -> None:
    orders, test, cancelled = totals.known, totals.count(Kind.TEST), totals.count(Kind.CANCELLED)
    if orders == 0:
        everybody = int(transactions.customer_id.nunique().execute())
        if everybody == 0:
            raise DataError("transactions hold no order with a customer; map a table that does")
        raise DataError(
            f"none of the {everybody:,} customers with orders has consent_{purpose}; segmentation needs consent, or set "
            "segmentation.require_consent = false where the law allows it"
        )
    for column, kind in (("revenue", Kind.UNREADABLE), ("ordered_at", Kind.UNDATED)):
        if broken := totals.count(kind):
            raise DataError(
                f"transactions.{column} is missing or not finite in {broken:,} orders; correct them or leave them out "
                "with a filter in the table's mapping"
            )
    returns = totals.count(*RETURNS)
    if returns == orders:
        raise DataError(
            f"all {orders:,} orders have negative revenue, which means returns; check the sign of transactions.revenue"
        )
    if totals.count(Kind.PURCHASE) == 0 and totals.count(Kind.FREE):
        raise DataError(
            f"all {totals.count(Kind.FREE):,} purchases have zero revenue; check that transactions.revenue maps what customers paid"
        )
    if totals.count(*BOUGHT) == 0:
        raise DataError(
            f"none of the {orders:,} orders is a purchase: {test:,} are test orders, {returns:,} are returns, {cancelled:,} were "
            "cancelled; check transactions.test, segmentation.smallest_order and segmentation.returns"
        )


def _number(value: object) -> float:
    return 0.0 if pd.isna(cast(float, value)) else float(cast(float, value))
