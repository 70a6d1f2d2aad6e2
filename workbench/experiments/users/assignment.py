"""When units were assigned, and whether that was before they met the treatment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import ibis
import pandas as pd

from workbench.experiments.users.engine import Cells
from workbench.experiments.users.units import DAY

type Daily = dict[str, dict[date, int]]


def daily_units(units: ibis.Table) -> Daily:
    """One experiment's units by variant and day of assignment, days ascending; nothing where `units` has no assigned_at.

    Units without a day are left out.
    """
    if "assigned_at" not in units.columns:
        return {}
    by_day = units.group_by(variant=units.variant.cast("string"), day=units.assigned_at.cast("date"))
    rows = by_day.aggregate(units=units.count()).to_pyarrow().to_pylist()
    return _by_day((row["variant"], row["day"], row["units"]) for row in rows)


def daily_units_of(cells: Cells) -> Daily:
    """The same of units in cells; nothing unless these are cut by day."""
    if DAY not in cells.keys:
        return {}
    return _by_day(zip(cells.keys["variant"], cells.keys[DAY], cells.units, strict=True))


@dataclass(frozen=True, kw_only=True)
class Exposures:
    """When units met the treatment.

    Attributes:
        late: Units that met it before they were assigned to it; 0 where one of the moments isn't recorded.
        last: Day on which the last unit met it; None where that isn't recorded.
    """

    late: int = 0
    last: date | None = None


def exposures(units: ibis.Table) -> Exposures:
    """One experiment's exposures, as far as they are recorded."""
    if "exposed_at" not in units.columns:
        return Exposures()
    exposed = units.exposed_at.cast("timestamp")
    measures: dict[str, ibis.Value] = {"last": exposed.max().cast("date")}
    if "assigned_at" in units.columns:
        assigned = units.assigned_at.cast("timestamp")
        # An exposure at midnight is one whose hour isn't known: its day decides.
        start = ibis.ifelse(exposed == exposed.truncate("D"), assigned.truncate("D"), assigned)
        measures["late"] = units.count(where=exposed < start)
    return Exposures(**units.aggregate(**measures).to_pyarrow().to_pylist()[0])


def _by_day(rows: Iterable[tuple[str, date, float]]) -> Daily:
    daily: Daily = {}
    for variant, day, units in sorted((row for row in rows if not pd.isna(row[1])), key=lambda row: row[:2]):
        arm, date_ = daily.setdefault(str(variant), {}), pd.Timestamp(day).date()
        arm[date_] = arm.get(date_, 0) + int(units)
    return daily
