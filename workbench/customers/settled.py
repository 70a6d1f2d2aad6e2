"""Rows that many queries read: kept on a server as a temporary table whose statistics its planner knows."""

from __future__ import annotations

from typing import Any

import ibis
from ibis.expr.operations import DatabaseTable

from workbench.data.kept import kept


def settled(rows: ibis.Table) -> ibis.Table:
    """The same rows, so that a server's planner neither makes them anew for each query nor takes them for one row.

    Of rows made within a query a planner guesses how many there are. Guessed at one, they are joined row by row, which takes
    the square of their number; and what is read in batches it plans for the first tenth alone. The embedded engine counts as it
    goes, and is given the query as it is.
    """
    engine: Any = rows.get_backend()
    if engine.name == "duckdb":
        return rows
    stored = rows if isinstance(rows.op(), DatabaseTable) else kept(rows)
    # Only a server's own housekeeping gathers statistics, and never on temporary tables.
    if engine.name == "postgres":
        engine.raw_sql(f'ANALYZE "{stored.get_name()}"').close()
    return stored
