"""One experiment's rows of `units`, and the mistakes in them that every kind of test on units names alike."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

import ibis

from workbench.errors import DataError, SpecError, unknown_experiment


def rows_of(units: ibis.Table, experiment_id: str) -> tuple[ibis.Table, int]:
    """The experiment's rows, and how many.

    Raises:
        SpecError: If there are none.
    """
    chosen = units.filter(units.experiment_id == experiment_id)
    rows = int(chosen.count().execute())
    if rows == 0:
        known = sorted(map(str, units.select("experiment_id").distinct().limit(20).execute().experiment_id))
        raise unknown_experiment("units", experiment_id, known)
    return chosen, rows


def require_columns(
    units: ibis.Table, experiment_id: str, *, measured: Iterable[str], read: Iterable[str] = ()
) -> None:
    """Hold what is measured to be numbers, and what is read to be there.

    Raises:
        SpecError: If a column isn't in the table.
        DataError: If a measured one doesn't hold numbers.
    """
    schema, verbs = units.schema(), dict.fromkeys(read, "reads") | dict.fromkeys(measured, "measures")
    for name, verb in verbs.items():
        if name not in schema:
            close = difflib.get_close_matches(name, schema.names, n=1)
            mend = f"did you mean {close[0]}?" if close else f"its columns are {', '.join(schema.names)}"
            raise SpecError(f"experiment {experiment_id} {verb} {name}, which units doesn't hold; {mend}")
        if verb == "measures" and not (schema[name].is_numeric() or schema[name].is_boolean()):
            raise DataError(
                f"units.{name} holds {schema[name]}, not numbers; experiment {experiment_id} measures it, "
                "so map it to a numeric column"
            )


def as_float(column: ibis.Column) -> ibis.Value:
    """Numbers and truth values as floats."""
    # PostgreSQL doesn't cast truth values to floats.
    return ibis.cases((column, 1.0), (~column, 0.0)) if column.type().is_boolean() else column.cast("float64")
