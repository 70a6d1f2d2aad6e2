"""Engagement, affinity and micro-segments of a day, where the tables carry them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import pandas as pd

from workbench.segments.micro.groups import COLUMNS as GROUP_COLUMNS
from workbench.segments.micro.groups import micro_segments
from workbench.segments.micro.lift import COLUMNS as LIFT_COLUMNS
from workbench.segments.micro.lift import lift_by_segment
from workbench.segments.micro.shares import Shares, shares_by_customer

DAYS_BACK = 364


@dataclass(frozen=True, kw_only=True)
class Micro:
    """Aggregates alone; groups of too few customers are not in them.

    Attributes:
        engagement: See `lift.lift_by_segment`, with the channel of touchpoints as kind; empty where no touchpoints are mapped.
        affinity: The same with the category of orders, or of touchpoints where orders carry none.
        groups: See `groups.micro_segments`; empty where neither is known.
        notes: Why a table is empty, by its name.
    """

    engagement: pd.DataFrame
    affinity: pd.DataFrame
    groups: pd.DataFrame
    notes: dict[str, str]


def explore_micro(
    segmented: ibis.Table,
    orders: ibis.Table,
    touchpoints: ibis.Table | None,
    names: list[str],
    *,
    valued_at: date,
    smallest_group: int,
) -> Micro:
    """What the segments' customers did in the 364 days up to the valuation.

    Args:
        segmented: Customers with segment, purchases_soon, expected_value.
        orders: See `Population.orders`; with category where recorded.
        touchpoints: Canonical table.
    """
    touched = None if touchpoints is None else _recent(touchpoints, touchpoints.happened_at.cast("date"), valued_at)
    channels = None if touched is None else _shares(touched, "channel", segmented)
    bought = _recent(orders, orders.day, valued_at)
    categories = _shares(bought, "category", segmented)
    if categories is None and touched is not None:
        categories = _shares(touched, "category", segmented)
    notes = _notes(channels, categories, mapped=touchpoints is not None)
    nothing = pd.DataFrame(columns=list(LIFT_COLUMNS))
    tables = [
        nothing if each is None else lift_by_segment(each, segmented, names, smallest_group)
        for each in (channels, categories)
    ]
    leading = [None if each is None else each.leading for each in (categories, channels)]
    groups = pd.DataFrame(columns=list(GROUP_COLUMNS))
    if "micro" not in notes:
        groups = micro_segments(segmented, *leading, smallest_group=smallest_group)
    return Micro(engagement=tables[0], affinity=tables[1], groups=groups, notes=notes)


def _recent(events: ibis.Table, day: ibis.expr.types.DateValue, valued_at: date) -> ibis.Table:
    seen = (day <= ibis.literal(valued_at)) & (day > ibis.literal(valued_at - timedelta(days=DAYS_BACK)))
    if "cancelled_on" in events.columns:
        seen = seen & (events.cancelled_on.isnull() | (events.cancelled_on > ibis.literal(valued_at)))
    return events.filter(seen)


def _shares(events: ibis.Table, column: str, segmented: ibis.Table) -> Shares | None:
    if column not in events.columns:
        return None
    own = events.select("customer_id", kind=events[column]).semi_join(segmented, "customer_id")
    return shares_by_customer(own)


def _notes(channels: Shares | None, categories: Shares | None, *, mapped: bool) -> dict[str, str]:
    notes = {}
    if channels is None:
        notes["engagement"] = (
            "The touchpoints of the last year have fewer than two channels, so there is none to prefer."
            if mapped
            else "No touchpoints are mapped, so nothing is known of where customers are reached; map the table touchpoints."
        )
    if categories is None:
        notes["affinity"] = (
            "Neither orders nor touchpoints of the last year have two categories, so nothing is known of what customers like; map "
            "transactions.category."
        )
    if channels is None and categories is None:
        notes["micro"] = "Micro-segments need categories or channels, and neither is known."
    return notes
