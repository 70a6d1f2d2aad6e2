"""What a new customer of each channel cost, beside what it is worth."""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd

CHANNEL = "acquisition_channel"
COLUMNS = (
    "channel", "customers", "acquired", "ltv", "lower", "upper", "ltv_unpooled", "spend", "cac", "ltv_to_cac", "ltv_to_cac_lower",
    "ltv_to_cac_upper",
)  # fmt: skip


def acquisition_costs(
    groups: pd.DataFrame, transactions: ibis.Table, customers: ibis.Table, media: ibis.Table | None
) -> pd.DataFrame:
    """One row an acquisition channel, the most valuable first.

    Spend bought all customers, so it is divided by all of them, also those whose consent to be valued is missing: every customer whose
    first order falls into the weeks of the media table.

    Args:
        groups: `Pooled.groups`.
        transactions: Canonical table, before any exclusion.

    Returns:
        `COLUMNS`: spend and cac are NaN where no spend is known, as of customers who came by themselves.
    """
    valued = groups[groups["group"] == CHANNEL].rename(columns={"level": "channel"})
    counts = _acquired(transactions, customers, media)
    spend = pd.Series(dtype=float) if media is None else _spend(media)
    frame = valued.assign(
        acquired=valued.channel.map(counts).fillna(0).astype(int), spend=valued.channel.map(spend).astype(float)
    )
    cac = (frame.spend / frame.acquired).where((frame.acquired > 0) & (frame.spend > 0))
    ratios = {f"ltv_to_cac{end}": frame[source] / cac for end, source in _ENDS}
    table = frame.assign(spend=frame.spend.where(frame.spend > 0), cac=cac, **ratios)
    return table[list(COLUMNS)].sort_values("ltv", ascending=False, ignore_index=True)


def unmatched(channels: pd.DataFrame, media: ibis.Table | None) -> tuple[list[str], list[str]]:
    """Channels with customers and no spend, and channels with spend and no customer.

    Args:
        channels: See `acquisition_costs`.
    """
    spend = pd.Series(dtype=float) if media is None else _spend(media).dropna()
    free = channels.channel[channels.spend.isna()]
    return sorted(free.astype(str)), sorted(set(spend.index.astype(str)) - set(channels.channel.astype(str)))


_ENDS = (("", "ltv"), ("_lower", "lower"), ("_upper", "upper"))


def _acquired(transactions: ibis.Table, customers: ibis.Table, media: ibis.Table | None) -> pd.Series:
    """Customers by channel whose first order falls into the weeks of media."""
    bought = transactions.filter(transactions.customer_id.notnull() & (transactions.revenue >= 0))
    firsts = bought.group_by("customer_id").aggregate(first_day=bought.ordered_at.cast("date").min())
    if media is not None:
        weeks = media.aggregate(first=media.week.min(), last=media.week.max()).to_pandas().iloc[0]
        start, end = pd.Timestamp(weeks["first"]).date(), (pd.Timestamp(weeks["last"]) + pd.Timedelta(days=6)).date()
        firsts = firsts.filter(firsts.first_day.between(ibis.literal(start), ibis.literal(end)))
    channels = customers.select("customer_id", channel=customers[CHANNEL].cast("string").fill_null("unknown"))
    joined = firsts.left_join(channels, "customer_id")
    named = joined.mutate(channel=joined.channel.fill_null("unknown"))
    return named.group_by("channel").aggregate(acquired=named.count()).to_pandas().set_index("channel").acquired


def _spend(media: ibis.Table) -> pd.Series:
    frame = media.group_by("channel").aggregate(spend=media.spend.cast("float64").sum()).to_pandas()
    return frame.set_index("channel").spend.replace(0.0, np.nan)
