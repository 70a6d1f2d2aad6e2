"""How each customer's events spread over kinds, smoothed towards everybody's, inside the engine."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd

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
    counts = known.group_by("customer_id", "kind").aggregate(events=known.count()).cache()
    average = counts.group_by("kind").aggregate(events=counts.events.sum()).to_pandas()
    average = average.sort_values(["events", "kind"], ascending=[False, True], ignore_index=True)
    average = average.assign(kind=average.kind.astype("str"), share=average.events / max(average.events.sum(), 1))
    if len(average) < 2:
        return None
    return Shares(average=average, leading=_leading(counts, average).cache(), counts=counts)


def _leading(counts: ibis.Table, average: pd.DataFrame) -> ibis.Table:
    """One column a kind: there are few, and each customer needs the kinds without an event, too."""
    own = {
        f"events_{at}": counts.events.sum(where=counts.kind == kind).fill_null(0)
        for at, kind in enumerate(average.kind)
    }
    wide = counts.group_by("customer_id").aggregate(**own, total=counts.events.sum())
    shares = [
        (wide[f"events_{at}"] + PRIOR_EVENTS * share) / (wide.total + PRIOR_EVENTS)
        for at, share in enumerate(average.share)
    ]
    most = ibis.greatest(*shares)
    entropy = sum(-share * share.ln() for share in shares) / float(np.log(len(average)))
    leading = ibis.cases(*((share >= most, kind) for share, kind in zip(shares, average.kind, strict=True)), else_=None)
    return wide.select("customer_id", leading=leading, entropy=entropy)
