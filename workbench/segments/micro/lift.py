"""What a segment does more often than everybody: shares of kinds of events, smoothed, over the average."""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
from scipy.stats import norm

from workbench.segments.micro.shares import Shares

PRIOR_EVENTS = 50.0
LEVEL = 0.95
COLUMNS = ("segment", "kind", "customers", "events", "share", "lift", "lower", "upper", "clear", "entropy")


def lift_by_segment(shares: Shares, segmented: ibis.Table, names: list[str], smallest_group: int) -> pd.DataFrame:
    """One row a segment and kind.

    Args:
        segmented: customer_id, segment.
        smallest_group: Customers with an event that a segment needs; others are left out.

    Returns:
        segment, kind, customers (of the segment, with any event), events, share (of the segment's events, smoothed by 50 events of
        everybody's), lift (that share over everybody's) with its 95% interval, clear (it differs from 1 even if all cells of the table are
        looked at), entropy (mean of the segment's customers, in [0, 1]).
    """
    of = segmented.select("customer_id", "segment")
    counted = shares.counts.inner_join(of, "customer_id")
    events = counted.group_by("segment", "kind").aggregate(events=counted.events.sum()).to_pandas()
    led = shares.leading.inner_join(of, "customer_id")
    groups = led.group_by("segment").aggregate(customers=led.count(), entropy=led.entropy.mean()).to_pandas()
    groups = groups[groups.customers >= smallest_group].set_index("segment")
    kept = [name for name in names if name in groups.index]
    grid = pd.MultiIndex.from_product([kept, shares.average.kind], names=["segment", "kind"])
    table = events.set_index(["segment", "kind"]).reindex(grid, fill_value=0).reset_index()
    return _with_lift(table, shares.average, groups)


def _with_lift(table: pd.DataFrame, average: pd.DataFrame, groups: pd.DataFrame) -> pd.DataFrame:
    usual = table.kind.map(average.set_index("kind").share).astype(float)
    total = table.groupby("segment").events.transform("sum")
    share = (table.events + PRIOR_EVENTS * usual) / (total + PRIOR_EVENTS)
    # Events of one customer are alike, so that customers are counted as what was observed.
    observed = table.segment.map(groups.customers).astype(float)
    lower, upper = _score_interval(share, observed, LEVEL)
    strict = _score_interval(share, observed, 1 - (1 - LEVEL) / max(len(table), 1))
    full = table.assign(
        customers=table.segment.map(groups.customers),
        share=share,
        lift=share / usual,
        lower=lower / usual,
        upper=upper / usual,
        clear=(usual < strict[0]) | (usual > strict[1]),
        entropy=table.segment.map(groups.entropy),
    )
    return full[list(COLUMNS)].astype({"segment": "str", "kind": "str", "events": int})


def _score_interval(share: pd.Series, observed: pd.Series, level: float) -> tuple[pd.Series, pd.Series]:
    """Wilson's interval of a share: unlike the normal one it has a width where a rare kind was not seen at all."""
    z = norm.ppf((1 + level) / 2)
    middle = (share + z**2 / (2 * observed)) / (1 + z**2 / observed)
    half = z / (1 + z**2 / observed) * np.sqrt(share * (1 - share) / observed + z**2 / (4 * observed**2))
    return middle - half, middle + half
