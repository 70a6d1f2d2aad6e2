"""Who may be used for a purpose: applied in the engine, before any feature is made."""

from __future__ import annotations

from collections.abc import Sequence

import ibis

from workbench.config.customers import Purpose
from workbench.result import Check
from workbench.wording import count, percent


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


def consent_check(
    purposes: Sequence[Purpose], *, refused: int, known: int, people: str = "customers with orders"
) -> Check:
    """Says how many were left out.

    Args:
        purposes: Who said yes to one of them stays.
        refused: Of those known, left out.
        known: Before anyone was left out.
        people: What is counted.
    """
    detail = (
        f"{count(refused)} of {count(known)} {people} ({percent(refused / max(1, known))}) have not consented to "
        f"{' or '.join(purposes)} and were left out before any feature was made."
    )
    return Check(name="consent", passed=True, value=refused / max(1, known), detail=detail)


def unrecorded_check(purposes: Sequence[Purpose], *, table: str = "customers", instead: str = "") -> Check:
    """Says that nobody was left out, since consent to these purposes isn't recorded, and what can be done."""
    columns = " and ".join(f"{table}.consent_{purpose}" for purpose in purposes)
    detail = f"No consent to {' and '.join(purposes)} is recorded, so nobody was left out for want of it; map {columns}{instead}."
    return Check(name="consent", passed=None, detail=detail)
