"""Micro-segments: what customers will probably do, what they like, and where they are reached."""

from __future__ import annotations

import ibis
import pandas as pd
from ibis import ir

DAYS_AHEAD = 90
# Purchases expected in the next 90 days, from which a customer belongs to the band.
BANDS = ((1.0, "1 or more"), (0.3, "0.3 to 1"), (0.1, "0.1 to 0.3"))
LOWEST = "below 0.1"
UNKNOWN = "not known"
REST = "all smaller groups"
COLUMNS = ("purchases_90_days", "category", "channel", "customers", "expected_purchases", "expected_value")


def micro_segments(
    segmented: ibis.Table, category: ibis.Table | None, channel: ibis.Table | None, *, smallest_group: int
) -> pd.DataFrame:
    """Customers by purchases expected in the next 90 days, leading category and leading channel, counted inside the engine.

    Args:
        segmented: customer_id, purchases_soon (expected within 90 days), expected_value.
        category: customer_id, leading; None where no category is recorded.
        channel: The same of channels.
        smallest_group: Customers that a group needs to be shown; smaller ones are put together.

    Returns:
        The band of purchases_90_days, category, channel, customers, expected_purchases (in the next 90 days, all together) and
        expected_value (currency, all together), the most valuable first and the rest last.
    """
    rows = segmented.select("customer_id", "purchases_soon", "expected_value")
    for name, leading in (("category", category), ("channel", channel)):
        rows = _with_leading(rows, name, leading)
    rows = rows.mutate(band=_band(rows.purchases_soon))
    counted = rows.group_by("band", "category", "channel").aggregate(
        customers=rows.count(), expected_purchases=rows.purchases_soon.sum(), value=rows.expected_value.sum()
    )
    renamed = counted.to_pandas().rename(columns={"band": "purchases_90_days", "value": "expected_value"})
    return _large_ones(renamed[list(COLUMNS)], smallest_group)


def _with_leading(rows: ibis.Table, name: str, leading: ibis.Table | None) -> ibis.Table:
    if leading is None:
        return rows.mutate(**{name: ibis.literal(UNKNOWN)})
    found = leading.select(found_id=leading.customer_id, found=leading.leading)
    joined = rows.left_join(found, rows.customer_id == found.found_id)
    return joined.mutate(**{name: joined.found.fill_null(UNKNOWN)}).drop("found_id", "found")


def _band(purchases: ir.NumericValue) -> ir.StringValue:
    return ibis.cases(*((purchases >= least, name) for least, name in BANDS), else_=LOWEST)


def _large_ones(groups: pd.DataFrame, smallest_group: int) -> pd.DataFrame:
    order = ["expected_value", "purchases_90_days", "category", "channel"]
    ordered = groups.sort_values(order, ascending=[False, True, True, True], ignore_index=True)
    small = _hidden(ordered.customers, smallest_group)
    shown = ordered[~small]
    if small.any():
        sums = ordered[small][["customers", "expected_purchases", "expected_value"]].sum()
        rest = pd.DataFrame([{"purchases_90_days": REST, "category": "", "channel": "", **sums}])
        shown = pd.concat([shown, rest])
    texts = dict.fromkeys(("purchases_90_days", "category", "channel"), "str")
    return shown.astype(texts | {"customers": int}).reset_index(drop=True)


def _hidden(customers: pd.Series, smallest_group: int) -> pd.Series:
    """Groups to put together: all that are too small, and as many of the smallest others as make the sum large enough.

    Left out, a small rest could still be had by subtracting the groups from the total.
    """
    ascending = customers.sort_values(kind="stable")
    before = ascending.cumsum() - ascending
    hidden = (ascending < smallest_group) | (
        (before > 0) & (before < smallest_group) & (ascending.iloc[0] < smallest_group)
    )
    return hidden.reindex(customers.index)
