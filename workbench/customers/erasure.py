"""Erased customers appear in nothing that is made anew: every table loses them as it is read, and so does whatever earlier runs handed on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import overload

import ibis
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from workbench.data.erasure import CUSTOMER, ERASURES
from workbench.result import Check
from workbench.wording import count
from workbench.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Erased:
    """Who was erased, and where the source still held them.

    Attributes:
        customers: Customers of the table `erasures`.
        held: Of those, how many the source still holds, by canonical table; the workbench reads none of them.
    """

    customers: int
    held: dict[str, int] = field(default_factory=dict)


def count_erased(workspace: Workspace) -> Erased | None:
    """How many customers were erased, None where no table of erasures is mapped."""
    if not workspace.has(ERASURES):
        return None
    erasures = workspace.table(ERASURES).select(CUSTOMER)
    named = {name: workspace.catalog.customer_column(name) for name in workspace.config.tables if name != ERASURES}
    found = {name: _held(erasures, workspace.catalog.mapped(name)[column]) for name, column in named.items() if column}
    return Erased(customers=int(erasures.count().execute()), held={name: held for name, held in found.items() if held})


def _held(erasures: ibis.Table, ids: ibis.Column) -> int:
    still = (erasures[CUSTOMER] == ids.cast("string")).any()
    return int(erasures.filter(still).count().execute())


def erasure_check(erased: Erased) -> Check:
    """Says who was left out; there is nothing to pass, since the tables lose erased customers as they are read."""
    number, one = count(erased.customers), erased.customers == 1
    told = f"{number} {'customer was' if one else 'customers were'} erased and {'appears' if one else 'appear'} in nothing that this run made."
    if erased.held:
        places = ", ".join(f"{name} ({count(held)})" for name, held in erased.held.items())
        told += f" The source still holds them in {places}: delete them there too."
    return Check(name="erasure", passed=None, value=float(erased.customers), detail=told)


def erasure_checks(workspace: Workspace) -> tuple[Check, ...]:
    """The check of `erasure_check`, none where no table of erasures is mapped."""
    erased = count_erased(workspace)
    return () if erased is None else (erasure_check(erased),)


@overload
def forget(rows: pd.DataFrame, erasures: ibis.Table | None) -> pd.DataFrame: ...
@overload
def forget(rows: pa.Table, erasures: ibis.Table | None) -> pa.Table: ...
def forget(rows: pd.DataFrame | pa.Table, erasures: ibis.Table | None) -> pd.DataFrame | pa.Table:
    """What an earlier run handed on, without the customers who were erased since.

    Args:
        rows: Rows with customer_id; others stay as they are.
        erasures: Canonical table, None where none is mapped.
    """
    if erasures is None:
        return rows
    erased = erasures.select(CUSTOMER).to_pyarrow().column(CUSTOMER)
    if isinstance(rows, pd.DataFrame):
        return rows if CUSTOMER not in rows.columns else rows[~rows[CUSTOMER].astype(str).isin(erased.to_pylist())]
    if CUSTOMER not in rows.column_names:
        return rows
    ids = rows.column(CUSTOMER).cast(pa.string())
    return rows.filter(pc.invert(pc.is_in(ids, value_set=erased.cast(pa.string()))))
