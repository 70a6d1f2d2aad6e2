"""Intermediate tables that stay inside the engine while several queries read them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ibis
import sqlglot


@contextmanager
def materialised(expression: ibis.Table) -> Iterator[ibis.Table]:
    """Compute a table once, as a temporary table of its engine, and drop it at the end.

    Not `Table.cache()`: with the newest sqlglot, Ibis renders its DROP without the table's name.
    """
    backend: Any = expression.get_backend()
    name = f"workbench_{uuid.uuid4().hex}"
    table = backend.create_table(name, expression, temp=True)
    try:
        yield table
    finally:
        identifier = sqlglot.to_identifier(name, quoted=True).sql(dialect=backend.dialect)
        with backend._safe_raw_sql(f"DROP TABLE {identifier}"):
            pass
