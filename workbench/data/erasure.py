"""Erased customers, taken out of every table before anything reads it."""

from __future__ import annotations

from collections.abc import Collection

import ibis

ERASURES = "erasures"
CUSTOMER, UNIT = "customer_id", "unit_id"


def customer_column(columns: Collection[str], *, units_are_customers: bool) -> str:
    """The column in which a table names customers, empty where it names none.

    Args:
        columns: Of the canonical table.
        units_are_customers: Whether a test's units are customers where no column says whose they are.
    """
    if CUSTOMER in columns:
        return CUSTOMER
    return UNIT if units_are_customers and UNIT in columns else ""


def without_erased(rows: ibis.Table, column: str, erasures: ibis.Table | None) -> ibis.Table:
    """The rows of customers who were not erased; rows without a customer stay.

    Args:
        rows: Any table.
        column: In which it names customers; with an empty one the table stays as it is.
        erasures: Canonical table, None where none is mapped.
    """
    if erasures is None or not column:
        return rows
    # Ids are text; a column of the company's own may hold them as numbers.
    named = rows[column].cast("string") == erasures[CUSTOMER]
    # Not an anti-join: where consent's semi-join follows, only the first of the two is spelt in a way that PostgreSQL knows.
    return rows.filter(~named.any())
