"""What customers, orders and leads did in some days, counted in the engine: quantities that KPIs are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis
    from ibis import ir

ORDERS = ("orders", "order_revenue", "customers", "new_customers", "earlier_customers", "returning_customers")
LEADS = ("leads", "won_leads", "won_value")


@dataclass(frozen=True, kw_only=True)
class Days:
    """Days from `first` to `last`, both included, in one market, or in all if it is empty."""

    first: date
    last: date
    market: str = ""

    @property
    def before(self) -> Days:
        """As many days right before."""
        length = self.last - self.first + timedelta(days=1)
        return Days(first=self.first - length, last=self.first - timedelta(days=1), market=self.market)


def count_orders(transactions: ibis.Table, days: Days) -> dict[str, float]:
    """`ORDERS` of some days; test orders and returns are none.

    What needs the days before as well is left out where the table doesn't reach back to them, and everything where it doesn't reach
    these days or doesn't tell markets apart.
    """
    rows = _of_market(transactions, days.market)
    if rows is None:
        return {}
    bought = rows.filter(rows.revenue >= 0)
    if "test" in rows.columns:
        bought = bought.filter(~bought.test.cast("boolean").fill_null(False))
    bought = bought.select("customer_id", "revenue", day=bought.ordered_at.cast("date"))
    reach = _reach(bought.day, days)
    if reach is None:
        return {}
    now = bought.filter(_within(bought.day, days))
    totals = now.aggregate(orders=now.count(), order_revenue=now.revenue.cast("float64").sum()).to_pandas().iloc[0]
    each = bought.group_by("customer_id").aggregate(
        first_day=bought.day.min(),
        now=_within(bought.day, days).any(),
        earlier=_within(bought.day, days.before).any(),
    )
    counted = each.aggregate(
        customers=each.now.sum(),
        new_customers=_within(each.first_day, days).sum(),
        earlier_customers=each.earlier.sum(),
        returning_customers=(each.now & each.earlier).sum(),
    )
    found = {**totals.to_dict(), **counted.to_pandas().iloc[0].to_dict()}
    lacking = set() if reach <= days.before.first else {"earlier_customers", "returning_customers"}
    return {name: float(found[name] or 0.0) for name in ORDERS if name not in lacking}


def count_leads(leads: ibis.Table, days: Days) -> dict[str, float]:
    """`LEADS` of some days: those that came, and those that were won then, whenever they came."""
    rows = _of_market(leads, days.market)
    if rows is None or _reach(rows.created_at.cast("date"), days) is None:
        return {}
    came = _within(rows.created_at.cast("date"), days)
    measures: dict[str, ir.Value] = {"leads": came.sum()}
    if "won_at" in rows.columns:
        won = _within(rows.won_at.cast("date"), days).fill_null(False)
        measures["won_leads"] = won.sum()
        if "value" in rows.columns:
            measures["won_value"] = won.ifelse(rows.value.cast("float64"), 0.0).sum()
    found = rows.aggregate(**measures).to_pandas().iloc[0]
    return {name: float(found[name] or 0.0) for name in LEADS if name in measures}


COUNTS: dict[str, tuple[tuple[str, ...], Callable[[ibis.Table, Days], dict[str, float]]]] = {
    "transactions": (ORDERS, count_orders),
    "leads": (LEADS, count_leads),
}


def last_day(table: ibis.Table, column: str) -> date | None:
    """The last day that a table knows of."""
    found = table.aggregate(last=table[column].cast("date").max()).to_pandas().iloc[0]["last"]
    return None if found is None or found != found else _as_date(found)


def _of_market(table: ibis.Table, market: str) -> ibis.Table | None:
    if not market:
        return table
    return table.filter(table.market == market) if "market" in table.columns else None


def _within(day: ir.Value, days: Days) -> ir.BooleanValue:
    import ibis

    return day.between(ibis.literal(days.first), ibis.literal(days.last))


def _reach(day: ir.Value, days: Days) -> date | None:
    """The first day that is known, None where that is after the days asked for."""
    found = day.min().to_pandas()
    if found is None or found != found:
        return None
    return first if (first := _as_date(found)) <= days.first else None


def _as_date(value: object) -> date:
    import pandas as pd

    return pd.Timestamp(value).date()  # type: ignore[arg-type]
