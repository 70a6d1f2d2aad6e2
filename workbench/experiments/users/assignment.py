"""When units were assigned, and whether that was before they met the treatment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import ibis


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """Units by time.

    Attributes:
        daily: Units by variant and day of assignment, days ascending; units without a day are left out.
        late: Units that met the treatment before they were assigned to it.
    """

    daily: dict[str, dict[date, int]]
    late: int


def assignment(units: ibis.Table) -> Assignment:
    """Count one experiment's units by variant and day of assignment; nothing where `units` has no assigned_at."""
    if "assigned_at" not in units.columns:
        return Assignment(daily={}, late=0)
    by_day = units.group_by(variant=units.variant.cast("string"), day=units.assigned_at.cast("date"))
    late = {"late": units.count(where=_late(units))} if "exposed_at" in units.columns else {}
    rows = by_day.aggregate({"units": units.count()} | late).order_by("variant", "day").to_pyarrow().to_pylist()
    daily: dict[str, dict[date, int]] = {}
    for row in rows:
        if row["day"] is not None:
            daily.setdefault(row["variant"], {})[row["day"]] = row["units"]
    return Assignment(daily=daily, late=sum(row.get("late", 0) for row in rows))


def _late(units: ibis.Table) -> ibis.BooleanValue:
    assigned, exposed = units.assigned_at.cast("timestamp"), units.exposed_at.cast("timestamp")
    # An exposure at midnight is one whose hour isn't known: its day decides.
    start = ibis.ifelse(exposed == exposed.truncate("D"), assigned.truncate("D"), assigned)
    return exposed < start
