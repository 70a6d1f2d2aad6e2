"""How each customer's events spread over kinds, smoothed towards everybody's, inside the engine."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd
from ibis import ir

from workbench.data.kept import kept

# As many events as everybody's shares are worth against a customer's own: one order alone says little of what a customer likes.
PRIOR_EVENTS = 2.0


@dataclass(frozen=True, kw_only=True)
class Shares:
    """Events of customers by kind.

    Attributes:
        average: One row a kind, the most frequent first: kind, events, share (of all events).
        leading: One row a customer with an event: customer_id, leading (the kind of the largest smoothed share), entropy (of the
            smoothed shares, over its maximum, in [0, 1]: 0 for one kind alone).
        counts: One row a customer and kind: customer_id, kind, events.
    """

    average: pd.DataFrame
    leading: ibis.Table
    counts: ibis.Table


def shares_by_customer(events: ibis.Table) -> Shares | None:
    """Count events and find each customer's leading kind; None where there are fewer than two kinds.

    Args:
        events: One row an event: customer_id, kind (NULLs are left out).
    """
    known = events.filter(events.kind.notnull())
    counts = kept(known.group_by("customer_id", "kind").aggregate(events=known.count()))
    average = counts.group_by("kind").aggregate(events=counts.events.sum()).to_pandas()
    average = average.sort_values(["events", "kind"], ascending=[False, True], ignore_index=True)
    average = average.assign(kind=average.kind.astype("str"), share=average.events / max(average.events.sum(), 1))
    if len(average) < 2:
        return None
    return Shares(average=average, leading=kept(_leading(counts, average)), counts=counts)


def _leading(counts: ibis.Table, average: pd.DataFrame) -> ibis.Table:
    """Kinds that a customer never chose are summed in closed form, so that thousands of kinds cost no more than a few."""
    rows = _smoothed(counts, average)
    first = rows.place.min(where=rows.smoothed >= rows.largest)
    of = rows.group_by("customer_id").aggregate(
        own=first,
        largest=rows.largest.max(),
        unseen=(PRIOR_EVENTS / (rows.total + PRIOR_EVENTS)).max(),
        usual_place=rows.place.min(),
        surprise=(_entropy(rows.smoothed) - _entropy(rows.expected)).sum(),
    )
    # Of the kinds without an event only everybody's most frequent one can lead.
    usual_leads = (of.usual_place > 0) & (of.unseen * float(average.share.iloc[0]) >= of.largest)
    of = of.mutate(place=ibis.ifelse(usual_leads, 0, of.own))
    names = ibis.memtable(pd.DataFrame({"place": np.arange(len(average)), "leading": average.kind}))
    named = of.inner_join(names, "place")
    evenly = float(-(average.share * np.log(average.share)).sum())
    everything = named.unseen * evenly + _entropy(named.unseen)
    return named.select("customer_id", "leading", entropy=(everything + named.surprise) / float(np.log(len(average))))


def _smoothed(counts: ibis.Table, average: pd.DataFrame) -> ibis.Table:
    """Counts with the kind's place among all, and of each customer: total, the smoothed share, the largest of them, and what the share
    would be without the kind's own events (`expected`)."""
    usual = ibis.memtable(average[["kind", "share"]].assign(place=np.arange(len(average))))
    rows = counts.inner_join(usual, "kind")
    rows = rows.mutate(total=rows.events.sum().over(ibis.window(group_by=rows.customer_id)).cast("float64"))
    rows = rows.mutate(
        smoothed=(rows.events + PRIOR_EVENTS * rows.share) / (rows.total + PRIOR_EVENTS),
        expected=PRIOR_EVENTS * rows.share / (rows.total + PRIOR_EVENTS),
    )
    return rows.mutate(largest=rows.smoothed.max().over(ibis.window(group_by=rows.customer_id)))


def _entropy(share: ir.FloatingValue) -> ir.FloatingValue:
    return -share * share.ln()
