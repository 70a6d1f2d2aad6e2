"""Tables written in no order: nothing reads one without naming its own, and DuckDB then writes with all threads at half the time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ibis


@contextmanager
def unordered(expression: ibis.Table) -> Iterator[None]:
    """While it lasts, what the expression's engine writes need not keep the order in which it reads."""
    engine: Any = expression.get_backend()
    if engine.name != "duckdb":
        yield
        return
    before = engine.con.execute("SELECT current_setting('preserve_insertion_order')").fetchone()[0]
    engine.con.execute("SET preserve_insertion_order = false")
    try:
        yield
    finally:
        engine.con.execute(f"SET preserve_insertion_order = {before}")
