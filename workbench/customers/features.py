"""What is known of each customer on a day, made in the engine from nothing later than that day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import ibis
from ibis import ir

from workbench.customers.exact import EXACT
from workbench.errors import SpecError

# Multiples of a week, so that every window holds each weekday equally often.
ORDER_WINDOWS = (28, 91, 364)
REVENUE_WINDOWS = (91, 364)
TOUCH_WINDOWS = (28, 91)
# Of the canonical table of customers: what tells nothing about them.
NOT_ATTRIBUTES = ("customer_id", "acquired_at", "consent_profiling", "consent_marketing")


def features_on(
    day: date,
    *,
    orders: ibis.Table,
    touchpoints: ibis.Table | None = None,
    customers: ibis.Table | None = None,
    attributes: Sequence[str] = (),
) -> ibis.Table:
    """One row per customer who had ordered by the end of `day`, or who is in `customers` and was acquired by then.

    Args:
        day: Nothing after it is seen.
        orders: customer_id, day, revenue, and where known category and cancelled_on: `Population.orders`. An order that is
            cancelled after `day` still counts on it.
        touchpoints: Canonical table.
        customers: Canonical table.
        attributes: Columns of `customers` to carry along. The table says what holds now: name only what never changes.

    Returns:
        customer_id, as_of; days_since_last, days_since_first (days; NULL without an order); orders_28, orders_91, orders_364;
        revenue_91, revenue_364, mean_order (currency; mean_order NULL without an order); categories (different ones in 364 days,
        where orders carry them); touches_28, touches_91, touch_channels (different ones in 91 days) and days_since_touch (NULL
        without one) where touchpoints are given; the attributes. A window of n days ends with `day`.

    Raises:
        SpecError: If an attribute isn't a column of `customers`.
    """
    _require_attributes(customers, attributes)
    seen = _known_orders(orders, day)
    features = _outer(_everybody(seen, customers, day), _of_orders(seen, day))
    if touchpoints is not None:
        features = _outer(features, _of_touchpoints(touchpoints, day))
    if customers is not None and attributes:
        features = _outer(features, customers.select("customer_id", *attributes))
    counts = [name for name in features.columns if _counts(name)]
    return features.mutate(as_of=ibis.literal(day), **{name: features[name].fill_null(0) for name in counts}).relocate(
        "customer_id", "as_of"
    )


def _counts(name: str) -> bool:
    """Whether nothing on record means zero."""
    return name.startswith(("orders_", "revenue_", "touches_")) or name in ("categories", "touch_channels")


def _known_orders(orders: ibis.Table, day: date) -> ibis.Table:
    seen = orders.filter(orders.day <= ibis.literal(day))
    if "cancelled_on" not in seen.columns:
        return seen
    return seen.filter(seen.cancelled_on.isnull() | (seen.cancelled_on > ibis.literal(day)))


def _everybody(seen: ibis.Table, customers: ibis.Table | None, day: date) -> ibis.Table:
    ordered = seen.select("customer_id")
    if customers is None or "acquired_at" not in customers.columns:
        return ordered.distinct()
    acquired = customers.filter(customers.acquired_at.cast("date") <= ibis.literal(day)).select("customer_id")
    return ordered.union(acquired, distinct=True)


def _of_orders(seen: ibis.Table, day: date) -> ibis.Table:
    revenue = seen.revenue.cast(EXACT)
    found: dict[str, ir.Value] = {
        "days_since_last": _days_before(day, seen.day.max()),
        "days_since_first": _days_before(day, seen.day.min()),
        **{f"orders_{days}": seen.count(where=_within(seen.day, day, days)) for days in ORDER_WINDOWS},
        **{
            f"revenue_{days}": revenue.sum(where=_within(seen.day, day, days)).cast("float64")
            for days in REVENUE_WINDOWS
        },
        "mean_order": revenue.sum().cast("float64") / seen.count(),
    }
    if "category" in seen.columns:
        found["categories"] = seen.category.nunique(where=_within(seen.day, day, max(ORDER_WINDOWS)))
    return seen.group_by("customer_id").aggregate(**found)


def _of_touchpoints(touchpoints: ibis.Table, day: date) -> ibis.Table:
    dated = touchpoints.select("customer_id", "channel", day=touchpoints.happened_at.cast("date"))
    seen = dated.filter(dated.day <= ibis.literal(day))
    return seen.group_by("customer_id").aggregate(
        **{f"touches_{days}": seen.count(where=_within(seen.day, day, days)) for days in TOUCH_WINDOWS},
        touch_channels=seen.channel.nunique(where=_within(seen.day, day, max(TOUCH_WINDOWS))),
        days_since_touch=_days_before(day, seen.day.max()),
    )


def _within(when: ir.DateColumn, day: date, days: int) -> ir.BooleanValue:
    return when > ibis.literal(day - timedelta(days=days))


def _days_before(day: date, when: ir.DateValue) -> ir.IntegerValue:
    return ibis.literal(day).delta(when, unit="day")


def _outer(left: ibis.Table, right: ibis.Table) -> ibis.Table:
    return left.left_join(right, "customer_id").drop("customer_id_right")


def _require_attributes(customers: ibis.Table | None, attributes: Sequence[str]) -> None:
    known = () if customers is None else customers.columns
    if missing := [name for name in attributes if name not in known]:
        raise SpecError(
            f"{', '.join(missing)} can't be read from customers, which hold {', '.join(known) or 'nothing'}; name columns of theirs"
        )
