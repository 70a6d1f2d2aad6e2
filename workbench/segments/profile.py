"""What a segment's customers have in common: when and how often they bought, where they live and where they came from."""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
from ibis import ir

from workbench.customers.small_groups import hidden_cells, hidden_groups

RECENCY, PURCHASES, MARKET, CHANNEL = "days_since_last", "purchases", "market", "acquisition_channel"
# The last day or number of a band, and the band's name.
RECENCY_BANDS = ((30, "up to 30 days"), (90, "31 to 90 days"), (180, "91 to 180 days"), (365, "181 to 365 days"))
LONGEST_AGO = "more than 365 days"
PURCHASE_BANDS = ((1, "1"), (2, "2"), (5, "3 to 5"), (10, "6 to 10"))
MOST_PURCHASES = "more than 10"
UNKNOWN, REST = "not known", "all others"
EVERYBODY = "all customers"
MOST_LEVELS = 12
COLUMNS = ("segment", "trait", "level", "customers", "value", "purchases", "revenue")
SUMS = ("customers", "value", "purchases", "revenue")


def profile(
    segmented: ibis.Table, customers: ibis.Table | None, names: list[str], *, smallest_group: int
) -> pd.DataFrame:
    """One row a segment, trait and level, counted inside the engine.

    Args:
        segmented: customer_id, segment, frequency, days_since_last, revenue, expected_value.
        customers: Canonical table, for market and acquisition_channel as far as they are mapped.
        names: Segments in their order.
        smallest_group: Customers that a group needs to be told apart; smaller ones are put together, with as many others as it takes
            that nobody can subtract them from the segment, or markets and channels from all customers' either. Of bands, whose sizes are
            no figures that companies know, all customers' are to be shown as rounded shares only.

    Returns:
        segment, trait, level, customers, value (expected, currency), purchases (days with one) and revenue (currency), both so far.
        Levels of a trait add up to the segment; a segment of fewer than `smallest_group` has none. `EVERYBODY` comes last.
    """
    rows = _with_traits(segmented, customers)
    parts = [_of_trait(rows, trait, names, smallest_group) for trait in rows.columns if trait in _TRAITS]
    table = pd.concat(parts, ignore_index=True)[list(COLUMNS)]
    return table.astype({"customers": int, "purchases": int} | dict.fromkeys(("segment", "trait", "level"), "str"))


_TRAITS = (RECENCY, PURCHASES, MARKET, CHANNEL)
_ORDERED = {
    RECENCY: [name for _, name in RECENCY_BANDS] + [LONGEST_AGO],
    PURCHASES: [name for _, name in PURCHASE_BANDS] + [MOST_PURCHASES],
}


def _with_traits(segmented: ibis.Table, customers: ibis.Table | None) -> ibis.Table:
    purchases = segmented.frequency + 1
    rows = segmented.select(
        "customer_id",
        "segment",
        "revenue",
        value=segmented.expected_value,
        bought=purchases,
        **{
            RECENCY: _band(segmented.days_since_last, RECENCY_BANDS, LONGEST_AGO),
            PURCHASES: _band(purchases, PURCHASE_BANDS, MOST_PURCHASES),
        },
    )
    known = [] if customers is None else [name for name in (MARKET, CHANNEL) if name in customers.columns]
    if customers is None or not known:
        return rows
    told = customers.select(known_id=customers.customer_id, **{name: customers[name] for name in known})
    joined = rows.left_join(told, rows.customer_id == told.known_id)
    return joined.mutate(**{name: joined[name].cast("string").fill_null(UNKNOWN) for name in known}).drop("known_id")


def _band(value: ir.NumericValue, bands: tuple[tuple[int, str], ...], beyond: str) -> ir.StringValue:
    return ibis.cases(*((value <= last, name) for last, name in bands), else_=beyond)


def _of_trait(rows: ibis.Table, trait: str, names: list[str], smallest_group: int) -> pd.DataFrame:
    counted = rows.group_by("segment", level=rows[trait]).aggregate(
        customers=rows.count(), value=rows.value.sum(), purchases=rows.bought.sum(), revenue=rows.revenue.sum()
    )
    found = counted.order_by("segment", "level").to_pandas()
    frame = found.astype({"segment": "str", "level": "str"} | dict.fromkeys(SUMS, float))
    levels = _levels(frame, trait, smallest_group)
    told = frame.assign(trait=trait, level=frame.level.where(frame.level.isin(levels), REST))
    together = told.groupby(["segment", "trait", "level"], as_index=False)[list(SUMS)].sum()
    safe = _without_small_ones(together, names, [*levels, REST], smallest_group)
    large = safe[safe.groupby("segment").customers.transform("sum") >= smallest_group]
    everybody = together.groupby(["trait", "level"], as_index=False)[list(SUMS)].sum().assign(segment=EVERYBODY)
    return _in_order(pd.concat([large, everybody]), [*names, EVERYBODY], [*levels, REST])


def _levels(frame: pd.DataFrame, trait: str, smallest_group: int) -> list[str]:
    """Levels that are told apart: bands in their order, others by size, no more than a page takes; the rest is empty or large."""
    sizes = frame.groupby("level").customers.sum().sort_values(ascending=False, kind="stable")
    apart = sizes[sizes >= smallest_group][:MOST_LEVELS]
    while 0 < sizes.sum() - apart.sum() < smallest_group and len(apart):
        apart = apart[:-1]
    levels = [str(level) for level in apart.index]
    return [level for level in _ORDERED[trait] if level in levels] if trait in _ORDERED else levels


def _without_small_ones(told: pd.DataFrame, names: list[str], levels: list[str], smallest_group: int) -> pd.DataFrame:
    present = [name for name in names if name in set(told.segment)]
    counts = told.pivot(index="segment", columns="level", values="customers").reindex(index=present, columns=levels)
    table = counts.fillna(0).to_numpy()
    rowwise = str(told.trait.iloc[0]) in _ORDERED
    cells = (
        np.array([hidden_groups(row, smallest_group) for row in table])
        if rowwise
        else hidden_cells(table, smallest_group)
    )
    hidden = pd.DataFrame(cells, present, levels)
    secret = np.array([hidden.at[row.segment, row.level] for row in told.itertuples()], dtype=bool)
    merged = told.assign(level=told.level.where(~secret, REST))
    return merged.groupby(["segment", "trait", "level"], as_index=False)[list(SUMS)].sum()


def _in_order(table: pd.DataFrame, names: list[str], levels: list[str]) -> pd.DataFrame:
    position = table.segment.map(names.index) * len(levels) + table.level.map(levels.index)
    return table.iloc[np.argsort(position.to_numpy(), kind="stable")]
