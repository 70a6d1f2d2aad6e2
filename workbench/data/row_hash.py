"""One number for each row, made from its cells inside the engine."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import ibis
import ibis.expr.datatypes as dt

from workbench.data.digests import text_hash

# Text that no table holds: a missing cell, and the border between two cells.
_MISSING, _BORDER = "\x1e", "\x1f"


@ibis.udf.scalar.builtin(name="hash")
def _hash(value) -> dt.uint64:  # type: ignore[no-untyped-def]
    """DuckDB's own hash, which takes any type and is many times faster than hashing text."""


def row_hash(table: ibis.Table, columns: Sequence[str]) -> ibis.expr.types.IntegerColumn:
    """A 64-bit hash of each row's cells; equal rows have equal hashes, within one engine.

    Args:
        table: Any table.
        columns: Columns that count, in the order in which they are hashed.
    """
    if is_embedded(table):
        # Its hash of several cells ends with an exclusive or of the last one; hashed again, sums see which row a cell is in.
        return _hash(_hash(ibis.struct({name: table[name] for name in columns})))
    text = reduce(lambda row, cell: row + _BORDER + cell, (_as_text(table[name]) for name in columns))
    return text_hash(text, table.get_backend().name)


def surplus_rows(table: ibis.Table, columns: Sequence[str]) -> int:
    """How many rows repeat these columns of another one: exact, except that two rows of one 64-bit hash would count as one."""
    if is_embedded(table):
        # Eight bytes a row, however long the keys are.
        return int((table.count() - row_hash(table, columns).nunique()).execute())
    return int(table.count().execute() - table.select(*columns).distinct().count().execute())


def is_embedded(table: ibis.Table) -> bool:
    """Whether the engine works in this process, column by column."""
    return bool(table.get_backend().name == "duckdb")


def _as_text(cell: ibis.Value) -> ibis.Value:
    return cell.cast("string").fill_null(_MISSING)
