"""When units were assigned, and whether that was before they met the treatment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import ibis
import pandas as pd

from workbench.experiments.users.engine import Cells, Wanted, measure_cells

# Where the measured table holds the two: apart from metrics, as a column may serve as both.
DAY, LATE = "day of assignment", "assigned late"


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
    known = units.select(variant=units.variant.cast("string"), **assignment_columns(units))
    return assignment_of(measure_cells(known, assignment_keys(known), Wanted(), assignment_measures(known)))


def assignment_columns(units: ibis.Table) -> dict[str, ibis.Value]:
    """What there is to know of each unit's assignment, from the columns that `units` has."""
    if "assigned_at" not in units.columns:
        return {}
    day: dict[str, ibis.Value] = {DAY: units.assigned_at.cast("date")}
    return day | ({LATE: _late(units)} if "exposed_at" in units.columns else {})


def assignment_keys(numbers: ibis.Table) -> tuple[str, ...]:
    """The keys that cut a table with those columns by day."""
    return (DAY,) if DAY in numbers.columns else ()


def assignment_measures(numbers: ibis.Table) -> dict[str, ibis.Value]:
    """What is measured of each cell, beside its number of units."""
    return {LATE: numbers.count(where=numbers[LATE])} if LATE in numbers.columns else {}


def assignment_of(cells: Cells) -> Assignment:
    """Read the assignment from cells that were cut by those keys."""
    late = int(cells.further[LATE].sum()) if LATE in cells.further else 0
    if DAY not in cells.keys:
        return Assignment(daily={}, late=late)
    daily: dict[str, dict[date, int]] = {}
    dated = cells.keys.assign(units=cells.units).dropna().sort_values(["variant", DAY])
    for variant, day, units in dated.itertuples(index=False):
        daily.setdefault(str(variant), {})[pd.Timestamp(day).date()] = int(units)
    return Assignment(daily=daily, late=late)


def _late(units: ibis.Table) -> ibis.BooleanValue:
    assigned, exposed = units.assigned_at.cast("timestamp"), units.exposed_at.cast("timestamp")
    # An exposure at midnight is one whose hour isn't known: its day decides.
    start = ibis.ifelse(exposed == exposed.truncate("D"), assigned.truncate("D"), assigned)
    return exposed < start
