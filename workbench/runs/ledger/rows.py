"""A run as a row of the ledger, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import Row

from workbench.runs.ledger.schema import RUNS
from workbench.runs.record import Origin, RunRecord, record_from_dict, record_to_dict

_COLUMNS = {column.name for column in RUNS.c}
_ORIGIN = {field.name for field in fields(Origin)}
_RECORD = {field.name for field in fields(RunRecord)}


def row_of(record: RunRecord) -> dict[str, Any]:
    """The columns that a record fills; its parents have a table of their own, and whose the row is stays as it was."""
    plain = record_to_dict(record)
    flat = {**plain, **plain["origin"], "analysis": record.summary.analysis}
    return {name: value for name, value in flat.items() if name in _COLUMNS}


def record_of(row: Row[Any], parents: Sequence[str] = ()) -> RunRecord:
    """The inverse of `row_of`."""
    plain = dict(row._mapping)
    origin = {name: plain[name] for name in _ORIGIN if name in plain}
    own = {name: value for name, value in plain.items() if name in _RECORD}
    return record_from_dict({**own, "origin": origin, "parents": list(parents)})
