"""Who may be used for a purpose: applied in the engine, before any feature is made."""

from __future__ import annotations

import ibis

from workbench.config.customers import Purpose


def records_consent(customers: ibis.Table | None, purpose: Purpose = "profiling") -> bool:
    """Whether the table of customers says who consented to the purpose."""
    return customers is not None and f"consent_{purpose}" in customers.columns


def permitted(rows: ibis.Table, customers: ibis.Table | None, purpose: Purpose) -> ibis.Table:
    """The rows of customers who said yes to the purpose; all rows where no consent is recorded at all.

    Args:
        rows: Any table with customer_id.
        customers: Canonical table; a customer without an entry, or with an empty one, didn't consent.
    """
    if customers is None or not records_consent(customers, purpose):
        return rows
    agreed = customers.filter(customers[f"consent_{purpose}"].cast("boolean").fill_null(False)).select("customer_id")
    return rows.semi_join(agreed, "customer_id")
