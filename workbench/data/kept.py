"""Rows that several queries read, kept by their engine in a temporary table; where an engine has none, each query makes them anew."""

from __future__ import annotations

import ibis
from ibis.common.exceptions import UnsupportedOperationError

# What Ibis says of Trino, Databricks and Spark.
NO_TEMPORARY_TABLES = (NotImplementedError, UnsupportedOperationError)


def kept(rows: ibis.Table) -> ibis.Table:
    """The same rows for as long as the table that is returned is in use: computed once if the engine can keep them."""
    try:
        return rows.cache()
    except NO_TEMPORARY_TABLES:
        return rows
