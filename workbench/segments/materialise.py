"""Intermediate tables that stay inside the engine while several queries read them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ibis

from workbench.customers.unordered import unordered
from workbench.data.kept import NO_TEMPORARY_TABLES, kept


@contextmanager
def materialised(expression: ibis.Table) -> Iterator[ibis.Table]:
    """Compute a table once, as a temporary table of its engine, and drop it at the end; see `kept` where there are none."""
    backend: Any = expression.get_backend()
    name = f"workbench_{uuid.uuid4().hex}"
    try:
        with unordered(expression):
            table = backend.create_table(name, expression, temp=True)
    except NO_TEMPORARY_TABLES:
        yield kept(expression)
        return
    try:
        yield table
    finally:
        backend.drop_table(name)
