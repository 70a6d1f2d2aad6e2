"""The units of one user test: found in the table, each once, each in a declared arm."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import ibis

from workbench.config import UserExperiment
from workbench.data.row_hash import row_hash
from workbench.errors import DataError, SpecError
from workbench.experiments.unit_rows import as_float, require_columns, rows_of

FEWEST_UNITS = 2
MOST_IDENTITIES = 500_000
# Where the measured table holds the day of assignment.
DAY = "day of assignment"


def unit_columns(spec: UserExperiment) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The columns of `units` that hold outcomes, and those that were known before the test."""
    return (
        _unique(name for metric in spec.metrics for name in metric.columns),
        _unique(name for metric in spec.metrics for name in metric.before),
    )


def segment_column(segment: str) -> str:
    """Where the measured table holds a segment: apart from metrics, as a column may serve as both."""
    return f"segment {segment}"


def select_units(units: ibis.Table, experiment_id: str, spec: UserExperiment) -> ibis.Table:
    """One experiment's rows of `units`.

    Raises:
        SpecError: If the experiment or a column isn't in the table.
        DataError: If rows lack a unit or an arm, or units repeat.
    """
    outcomes, covariates = unit_columns(spec)
    require_columns(units, experiment_id, measured=(*outcomes, *covariates), read=spec.segments)
    chosen, rows = rows_of(units, experiment_id)
    _require_one_row_each(chosen, experiment_id, rows)
    return chosen


def measured_table(chosen: ibis.Table, spec: UserExperiment) -> ibis.Table:
    """What is measured of each unit: its arm and segments as text, its day, outcomes and covariates as floats."""
    return chosen.select(
        variant=chosen.variant.cast("string"),
        **({DAY: chosen.assigned_at.cast("date")} if "assigned_at" in chosen.columns else {}),
        **{segment_column(name): chosen[name].cast("string") for name in spec.segments},
        **{name: as_float(chosen[name]) for names in unit_columns(spec) for name in names},
    )


def arms_in_order(counts: Mapping[str, int], experiment_id: str, spec: UserExperiment) -> dict[str, int]:
    """Units per arm, control first, then as declared.

    Raises:
        SpecError: If the control or an arm of the data isn't declared.
        DataError: If a declared arm is empty or too small to have a variance.
    """
    _require_control(counts, experiment_id, spec)
    _require_declared(counts, experiment_id, "variants", spec.variants)
    _require_declared(counts, experiment_id, "ratio", tuple(spec.ratio or ()))
    for name, units in sorted(counts.items()):
        if units < FEWEST_UNITS:
            raise DataError(
                f"arm {name} of experiment {experiment_id} has {units} unit; a variance needs at least {FEWEST_UNITS}"
            )
    order = _unique((spec.control, *spec.variants, *sorted(counts)))
    return {name: counts[name] for name in order}


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _require_one_row_each(chosen: ibis.Table, experiment_id: str, rows: int) -> None:
    """Look for rows without a name, and compare the ids of all units, or of about half a million of them where there are more.

    Which ids are compared depends on the id alone, so a repeated unit is compared with itself or not at all: of 10 million units,
    90 that repeat escape with a chance of 1 in 100.
    """
    every = max(rows // MOST_IDENTITIES, 1)
    # Numbers take a tenth of the memory of long ids. Two ids with one hash only cost the exact look that follows.
    ids = chosen.select("unit_id", "variant", identity=row_hash(chosen, ["unit_id"]))
    nameless, looked_at = ids.variant.isnull() | ids.unit_id.isnull(), ids.identity % every == 0
    some = ids.filter(nameless | looked_at)
    found = (
        some.aggregate(
            nameless=some.count(where=some.variant.isnull() | some.unit_id.isnull()),
            compared=some.count(),
            different=some.identity.nunique(),
        )
        .to_pyarrow()
        .to_pylist()[0]
    )
    if found["nameless"]:
        raise DataError(
            f"{found['nameless']:,} rows of experiment {experiment_id} lack unit_id or variant; fill or leave them out"
        )
    if found["compared"] > found["different"]:
        _refuse_repeated_units(ids.filter(looked_at), experiment_id)


def _refuse_repeated_units(units: ibis.Table, experiment_id: str) -> None:
    per_unit = units.group_by("unit_id").aggregate(rows=units.count(), arms=units.variant.nunique())
    repeated = per_unit.filter(per_unit.rows > 1)
    summary = repeated.aggregate(units=repeated.count(), crossed=(repeated.arms > 1).sum()).execute().iloc[0]
    if not summary.units:
        return
    first = repeated.order_by(ibis.desc("arms"), "unit_id").limit(1).execute().iloc[0]
    if summary.crossed:
        raise DataError(
            f"{summary.crossed:,} units of experiment {experiment_id} are in more than one arm (first: {first.unit_id}); "
            "a unit belongs to the arm it was first assigned to, leave out or mend the others"
        )
    raise DataError(
        f"{summary.units:,} units of experiment {experiment_id} have several rows (first: {first.unit_id}, "
        f"{first.rows} rows); units has one row per unit, so sum its outcomes first"
    )


def _require_control(counts: Mapping[str, int], experiment_id: str, spec: UserExperiment) -> None:
    if spec.control not in counts:
        raise SpecError(
            f"experiment {experiment_id} names {spec.control!r} as its control, but its arms are "
            f"{', '.join(sorted(counts))}; name one of them"
        )
    if len(counts) == 1:
        raise DataError(
            f"experiment {experiment_id} has no arm beside its control {spec.control}; add the treated units"
        )


def _require_declared(counts: Mapping[str, int], experiment_id: str, setting: str, declared: tuple[str, ...]) -> None:
    if not declared:
        return
    absent = [name for name in sorted(declared) if name not in counts]
    if absent:
        raise DataError(
            f"arm {absent[0]} of experiment {experiment_id} is empty, though {setting} names it; found "
            f"{', '.join(sorted(counts))}: add its units or mend {setting}"
        )
    unnamed = [name for name in sorted(counts) if name not in declared]
    if unnamed:
        mend = "give each arm a share" if setting == "ratio" else "add it, or leave its units out"
        raise SpecError(f"experiment {experiment_id} holds the arm {unnamed[0]}, which {setting} leaves out; {mend}")
