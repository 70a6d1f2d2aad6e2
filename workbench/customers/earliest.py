"""The value that belongs to the smallest of another column."""

from __future__ import annotations

import ibis
from ibis import ir


@ibis.udf.agg.builtin(name="arg_min", signature=(("float64", "date"), "float64"))
def _arg_min(amount, day):  # type: ignore[no-untyped-def]
    """DuckDB's own, in one pass: what Ibis writes instead sorts each group."""


def amount_on_first(table: ibis.Table, amount: str, day: str) -> ir.FloatingValue:
    """Per group, the `amount` of the row with the smallest `day`; days differ within a group."""
    if table.get_backend().name == "duckdb":
        return _arg_min(table[amount], table[day])
    return table[amount].argmin(table[day])
