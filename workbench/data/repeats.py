"""Rows that repeat what should identify a row."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import pandas as pd

from workbench.data.cells import shown
from workbench.data.row_hash import surplus_rows


def repeated_rows(table: ibis.Table, name: str, keys: Sequence[str]) -> tuple[str, ...]:
    """The sentence about repeated keys, none where each row has its own.

    Args:
        table: A canonical table.
        name: Its name.
        keys: Columns that identify a row; none where equal rows are as many events.
    """
    if not keys or not set(keys) <= set(table.columns) or not surplus_rows(table, keys):
        return ()
    arms = {"arms": table.variant.nunique()} if name == "units" else {}
    copies = table.group_by(keys).aggregate(copies=table.count(), **arms)
    repeats = copies.filter(copies.copies > 1)
    if arms and len(crossed := _first(repeats.filter(repeats.arms > 1), keys)):
        return (_in_several_arms(crossed, keys),)
    first = _first(repeats, keys)
    # Equal hashes of different keys are no repeat.
    return (_several_rows(first, name, keys),) if len(first) else ()


def _first(repeats: ibis.Table, keys: Sequence[str]) -> pd.DataFrame:
    """The first of them in a frame of one row, `total` says how many there are."""
    return repeats.mutate(total=repeats.count()).order_by(keys).limit(1).execute()


def _in_several_arms(first: pd.DataFrame, keys: Sequence[str]) -> str:
    total = int(first.total[0])
    units = "1 unit that is" if total == 1 else f"{total:,} units that are"
    return (
        f"units has {units} in more than one arm (first: {_named(first, keys)}, {first.arms[0]} arms); "
        "a unit belongs to the arm it was first assigned to, leave out or mend the others"
    )


def _several_rows(first: pd.DataFrame, name: str, keys: Sequence[str]) -> str:
    total = int(first.total[0])
    repeats = "1 repeated key" if total == 1 else f"{total:,} repeated keys"
    mend = "; sum its outcomes first" if name == "units" else ""
    return f"{name} has {repeats} (first: {_named(first, keys)}, {first.copies[0]} rows); keep one row per ({', '.join(keys)}){mend}"


def _named(first: pd.DataFrame, keys: Sequence[str]) -> str:
    return ", ".join(f"{key} {shown(first[key][0])}" for key in keys)
