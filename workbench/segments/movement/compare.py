"""All that has changed since the last run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd

from workbench.config.customers import Segmentation
from workbench.result import Check
from workbench.segments.movement import flows, migration, stability
from workbench.segments.movement.ageing import AgedBins
from workbench.segments.movement.previous import Previous
from workbench.segments.rfm import RFMCutoffs
from workbench.segments.value_activity import Cutoffs
from workbench.wording import count, money, percent, signed

FIRST = "What moves between segments is told from the second run on."


@dataclass(frozen=True, kw_only=True)
class Movement:
    """Changes since the last run; all tables are empty without one.

    Attributes:
        migration: See `migration.migration`.
        flows: See `flows.flows`.
        drift: See `stability.drift`.
        bins: What the next run is compared with.
        note: Why the tables are empty; empty if they aren't.
    """

    migration: pd.DataFrame
    flows: pd.DataFrame
    drift: pd.DataFrame
    bins: dict[str, AgedBins]
    note: str


def compare(
    segmented: ibis.Table,
    sample: ibis.Table,
    previous: Previous | None,
    customers: ibis.Table | None,
    names: Sequence[str],
    config: Segmentation,
    *,
    refreeze: bool,
) -> Movement:
    """Compare today's customers with those of the last run.

    Args:
        sample: Some of today's customers, drawn at random.
        refreeze: Whether the bins are made anew, together with the cut-offs.
    """
    if previous is None:
        return Movement(
            migration=pd.DataFrame(columns=list(migration.COLUMNS)),
            flows=pd.DataFrame(columns=list(flows.COLUMNS)),
            drift=pd.DataFrame(columns=list(stability.COLUMNS)),
            bins=stability.freeze(segmented, sample),
            note=FIRST,
        )
    moves = migration.migration(segmented, previous, customers if config.require_consent else None, names)
    return Movement(
        migration=moves,
        flows=flows.flows(moves),
        drift=stability.drift(segmented, sample, previous.result.bins, config.drift_alarm),
        bins=stability.freeze(segmented, sample) if refreeze else previous.result.bins,
        note="",
    )


def with_trend(segments: pd.DataFrame, previous: Previous | None) -> pd.DataFrame:
    """The table of segments with customers_before, value_before (currency) and trend: growth in customers as a share."""
    if previous is None:
        return segments.assign(customers_before=np.nan, value_before=np.nan, trend=np.nan)
    before = previous.result.segments.set_index("segment")[["customers", "value"]].astype(float)
    before = before.reindex(segments.segment).reset_index(drop=True)
    trend = segments.customers / before.customers.where(before.customers > 0) - 1
    return segments.assign(customers_before=before.customers, value_before=before.value, trend=trend)


def movement_checks(movement: Movement, previous: Previous | None, config: Segmentation) -> tuple[Check, ...]:
    if previous is None:
        return ()
    frozen_on = f"{previous.result.cutoffs.made_on:%-d %B %Y}"
    return stability.drift_checks(movement.drift, config.drift_alarm, frozen_on)


def frozen_in(cutoffs: Cutoffs | RFMCutoffs, previous: Previous | None) -> str:
    """The run that made the cut-offs, empty if it is none of the earlier ones."""
    if previous is None or cutoffs != previous.result.cutoffs:
        return ""
    return previous.result.frozen_by or previous.run


def cutoffs_check(cutoffs: Cutoffs | RFMCutoffs, frozen_by: str, previous: Previous | None) -> Check:
    """Says when the cut-offs were made, and by which run."""
    made_on = f"{cutoffs.made_on:%-d %B %Y}"
    if frozen_by:
        detail = f"Segments begin where they began on {made_on}: cut-offs are frozen, made by the run {frozen_by}."
    elif previous is None:
        detail = f"Cut-offs were made from the customers of {made_on} and are frozen: later runs keep them."
    else:
        detail = (
            f"Cut-offs were frozen anew, from the customers of {made_on}, and replace those of "
            f"{previous.result.cutoffs.made_on:%-d %B %Y}: whoever changed segment may have done nothing else than before."
        )
    return Check(name="cutoffs", passed=None, detail=detail)


def movement_finding(movement: Movement, previous: Previous | None, currency: str) -> str:
    """What moved, in money; empty without an earlier run, or if nothing could move."""
    if previous is None or movement.migration.empty:
        return ""
    moves, table = movement.migration, movement.flows.set_index("flow")
    change = float(table.change.sum())
    entered, gone = (_customers(table, names) for names in (migration.BEFORE, migration.AFTER))
    return (
        f"Since {previous.result.valued_at:%-d %B %Y}, {percent(flows.share_moved(moves))} of customers changed segment, "
        f"{count(entered) if entered else 'none'} came and {count(gone) if gone else 'none'} went: "
        f"{money(float(table.gained.sum()), currency)} of expected value was gained and "
        f"{money(float(table.lost.sum()), currency)} lost, {signed(change, currency)} together."
    )


def _customers(table: pd.DataFrame, names: Sequence[str]) -> int:
    return int(table.customers.reindex(list(names)).fillna(0).sum())
