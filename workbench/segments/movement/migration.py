"""Customers by segment in the last run and now, counted inside the engine: also those who are in only one of them."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import pandas as pd

from workbench.customers.consent import records_consent
from workbench.segments.movement.previous import Previous

ENTERED, ADMITTED = "Entered", "Consent given"
LEFT, WITHDRAWN, ERASED = "Left", "Consent withdrawn", "Erased"
BEFORE, AFTER = (ENTERED, ADMITTED), (LEFT, WITHDRAWN, ERASED)
COLUMNS = ("before", "after", "customers", "value_before", "value_after", "gained", "lost")


def migration(
    segmented: ibis.Table, previous: Previous, customers: ibis.Table | None, names: Sequence[str]
) -> pd.DataFrame:
    """One row a pair of segments that some customer was in.

    Args:
        segmented: Customers now: customer_id, segment, expected_value, first_day.
        customers: Canonical table; who is in it without consent has withdrawn it.
        names: Segments in their order.

    Returns:
        before (a segment, or `ENTERED`: their first order is newer; `ADMITTED`: they had ordered before), after (a segment, or `LEFT`,
        `WITHDRAWN`, `ERASED`), customers, value_before, value_after, and what customers gained and lost in value (currency, both ≥ 0).
    """
    pairs = _pairs(segmented, previous, _withdrawn(customers))
    counted = pairs.group_by("before", "after").aggregate(
        customers=pairs.count(),
        value_before=pairs.value_before.sum(),
        value_after=pairs.value_after.sum(),
        gained=pairs.change.sum(where=pairs.change > 0).fill_null(0.0),
        lost=-pairs.change.sum(where=pairs.change < 0).fill_null(0.0),
    )
    frame = pd.concat([counted.to_pandas(), _erased(previous)], ignore_index=True)[list(COLUMNS)]
    return _in_order(frame, names).astype({"before": "str", "after": "str", "customers": int})


def _pairs(segmented: ibis.Table, previous: Previous, withdrawn: ibis.Table | None) -> ibis.Table:
    now = segmented.select("customer_id", "segment", "expected_value", "first_day")
    members = ibis.memtable(previous.members.select(["customer_id", "segment", "expected_value"]))
    then = members.select(member_id=members.customer_id, was=members.segment, value_before=members.expected_value)
    joined = now.outer_join(then, now.customer_id == then.member_id)
    absent = ibis.literal(LEFT)
    if withdrawn is not None:
        joined = joined.left_join(withdrawn, joined.member_id == withdrawn.withdrawn_id)
        absent = joined.withdrawn_id.notnull().ifelse(WITHDRAWN, LEFT)
    newcomer = (joined.first_day > ibis.literal(previous.result.valued_at)).ifelse(ENTERED, ADMITTED)
    value_before, value_after = joined.value_before.fill_null(0.0), joined.expected_value.fill_null(0.0)
    return joined.select(
        before=joined.was.fill_null(newcomer),
        after=joined.segment.fill_null(absent),
        value_before=value_before,
        value_after=value_after,
        change=value_after - value_before,
    )


def _withdrawn(customers: ibis.Table | None) -> ibis.Table | None:
    if customers is None or not records_consent(customers):
        return None
    refusing = customers.filter(~customers.consent_profiling.cast("boolean").fill_null(False))
    return refusing.select(withdrawn_id=refusing.customer_id)


def _erased(previous: Previous) -> pd.DataFrame:
    gone = previous.erased
    return pd.DataFrame(
        {
            "before": gone.segment,
            "after": ERASED,
            "customers": gone.customers,
            "value_before": gone.value,
            "value_after": 0.0,
            "gained": 0.0,
            "lost": gone.value,
        }
    )


def _in_order(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Segments in their order, then what lies outside them, then segments that the rules no longer know."""
    before, after = ({name: at for at, name in enumerate((*names, *outside))} for outside in (BEFORE, AFTER))
    keys = frame.assign(first=frame.before.map(before).fillna(99), second=frame.after.map(after).fillna(99))
    return keys.sort_values(["first", "second", "before", "after"])[list(frame.columns)].reset_index(drop=True)
