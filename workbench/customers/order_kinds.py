"""What kind of order each one is, and what the orders of each kind add up to, in one pass over them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import IntEnum

import ibis
import pandas as pd
from ibis import ir

from workbench.customers.exact import EXACT, LARGEST_SHORT, SHORT_EXACT


class Kind(IntEnum):
    """The first that holds of an order."""

    ANONYMOUS = 0
    UNDATED = 1
    UNREADABLE = 2
    TEST = 3
    CANCELLED = 4
    CANCELS = 5
    RETURN = 6
    FREE = 7
    PURCHASE = 8


RETURNS = (Kind.CANCELS, Kind.RETURN)
BOUGHT = (Kind.FREE, Kind.PURCHASE)


def kind_of(orders: ibis.Table) -> ir.IntegerValue:
    """Kind of each order.

    Args:
        orders: customer_id, day, revenue (NULL if unreadable), test, cancelled_on, cancels.
    """
    return ibis.cases(
        (orders.customer_id.isnull(), int(Kind.ANONYMOUS)),
        (orders.day.isnull(), int(Kind.UNDATED)),
        (orders.revenue.isnull(), int(Kind.UNREADABLE)),
        (orders.test, int(Kind.TEST)),
        (orders.cancelled_on.notnull(), int(Kind.CANCELLED)),
        (orders.cancels, int(Kind.CANCELS)),
        (orders.revenue < 0, int(Kind.RETURN)),
        (orders.revenue == 0, int(Kind.FREE)),
        else_=int(Kind.PURCHASE),
    )


@dataclass(frozen=True, kw_only=True)
class OrderTotals:
    """What the orders of each kind add up to.

    Attributes:
        table: One row a kind, all of them: orders, revenue, profit (currency), first_day, last_day (NaT without orders).
    """

    table: pd.DataFrame

    @property
    def known(self) -> int:
        """Orders that have a customer."""
        return int(self.table.orders.sum()) - self.count(Kind.ANONYMOUS)

    @property
    def first_day(self) -> date:
        """Of the purchases."""
        return pd.Timestamp(self.table.first_day.loc[list(BOUGHT)].min()).date()

    @property
    def last_day(self) -> date:
        """Of all orders that have a customer."""
        return pd.Timestamp(self.table.last_day.drop(int(Kind.ANONYMOUS)).max()).date()

    def count(self, *kinds: Kind) -> int:
        return int(self.table.orders.loc[list(kinds)].sum())

    def revenue(self, *kinds: Kind) -> float:
        return float(self.table.revenue.loc[list(kinds)].sum())

    def profit(self, *kinds: Kind) -> float:
        return float(self.table.profit.loc[list(kinds)].sum())


def total_by_kind(orders: ibis.Table, margin: float) -> OrderTotals:
    """Add up the orders of each kind in the engine.

    Args:
        orders: What `kind_of` needs, and profit where some orders carry their own.
        margin: Share of revenue that is profit where none does.
    """
    found = _added_up(orders, SHORT_EXACT, LARGEST_SHORT)
    if found.largest.max() >= LARGEST_SHORT:
        found = _added_up(orders, EXACT)
    sums = {
        name: found[name].astype(float).fillna(0.0) for name in found.columns if name not in ("first_day", "last_day")
    }
    days = {name: pd.to_datetime(found[name]) for name in ("first_day", "last_day")}
    profit = sums.get("profit", margin * sums["revenue"])
    return OrderTotals(table=pd.DataFrame({**sums, **days, "profit": profit}))


def _added_up(orders: ibis.Table, exact: str, limit: float | None = None) -> pd.DataFrame:
    """One row a kind. Amounts of `limit` and more are left out of the sums, and told by `largest`."""
    amounts = [name for name in ("revenue", "profit") if name in orders.columns]
    sizes = [orders[name].abs() for name in amounts]
    added = {
        name: (orders[name] if limit is None else (size < limit).ifelse(orders[name], ibis.null("float64")))
        for name, size in zip(amounts, sizes, strict=True)
    }
    return (
        orders.group_by(kind=kind_of(orders))
        .aggregate(
            orders=orders.count(),
            **{name: amount.cast(exact).sum() for name, amount in added.items()},
            largest=ibis.greatest(*(size.max() for size in sizes)),
            first_day=orders.day.min(),
            last_day=orders.day.max(),
        )
        .to_pandas()
        .set_index("kind")
        .reindex([int(kind) for kind in Kind])
    )
