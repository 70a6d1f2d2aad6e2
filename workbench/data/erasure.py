"""Erased customers, taken out of every table before anything reads it."""

from __future__ import annotations

import ibis

ERASURES = "erasures"
CUSTOMER = "customer_id"


def without_erased(rows: ibis.Table, erasures: ibis.Table | None) -> ibis.Table:
    """The rows of customers who were not erased; rows without a customer stay.

    Args:
        rows: Any table; one without customer_id stays as it is.
        erasures: Canonical table, None where none is mapped.
    """
    if erasures is None or CUSTOMER not in rows.columns:
        return rows
    # Ids are text; a table in which customer_id is a column of the company's own may hold them as numbers.
    named = rows[CUSTOMER].cast("string") == erasures[CUSTOMER]
    return rows.filter(~named.any())
