"""Runs found by their parameters: one row for each parameter of a run, in the order in which such runs are shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import batched
from typing import Any

from sqlalchemy import (
    Connection,
    Delete,
    FromClause,
    Insert,
    Select,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
)

from workbench.runs.ledger.schema import ASSIGNED, RUNS
from workbench.runs.values import text_of

_LONGEST = 120
_AT_ONCE = 2000
# Fewer are read in a moment; of a million runs, one in fifty have a value that more have.
_MANY = 20_000
_REMOVED = delete(ASSIGNED).where(*(column == bindparam(column.name) for column in ASSIGNED.c))
_HELD = select(RUNS.c.run_id, RUNS.c.started_at, RUNS.c.parameters)


def write_assigned(connection: Connection, row: Mapping[str, Any]) -> None:
    """Write the parameters of a run, given as its row of the ledger."""
    _in_batches(connection, insert(ASSIGNED), _assigned(row["run_id"], row["started_at"], row["parameters"]))


def assign_all(connection: Connection) -> None:
    """Write the parameters of all runs that there are."""
    _in_batches(connection, insert(ASSIGNED), _held(connection, _HELD))


def forget_assigned(connection: Connection, run_ids: Sequence[str]) -> None:
    """Remove the parameters of runs whose rows are still there: by what they were, as no index lists them by run."""
    _in_batches(connection, _REMOVED, list(_held(connection, _HELD.where(RUNS.c.run_id.in_(run_ids)))))


def with_parameters(
    connection: Connection, chosen: Select[Any], parameters: Mapping[str, str]
) -> tuple[Select[Any], FromClause]:
    """Those of the chosen runs that have all of these values, written as a user would; and the table by whose columns to sort them by start.

    What few runs have is read in its own order. What many have is looked for in one run after the other, the newest first, until enough
    are found. A database can't know which is which before it has counted.
    """
    read: FromClause = RUNS
    for name, value in parameters.items():
        each = ASSIGNED.alias()
        has_it = and_(each.c.name == name, each.c.value == _key(value))
        same_run = and_(each.c.run_id == RUNS.c.run_id, each.c.started_at == RUNS.c.started_at)
        having = select(each.c.run_id).where(has_it)
        if _are_few(connection, having):
            chosen = chosen.join(each, same_run).where(has_it)
            read = each
        else:
            # Without the offset PostgreSQL may read and hash all that have it, for fifty.
            chosen = chosen.where(having.where(same_run).offset(0).exists())
    return chosen, read


def _are_few(connection: Connection, having: Select[Any]) -> bool:
    counted = select(func.count()).select_from(having.limit(_MANY).subquery())
    return connection.execute(counted).scalar_one() < _MANY


def _assigned(run_id: str, started_at: str, parameters: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    for name, value in parameters.items():
        yield {"name": name, "value": _key(text_of(value)), "started_at": started_at, "run_id": run_id}


def _held(connection: Connection, runs: Select[Any]) -> Iterator[dict[str, str]]:
    for row in connection.execute(runs.execution_options(yield_per=_AT_ONCE)):
        yield from _assigned(*row)


def _in_batches(connection: Connection, statement: Insert | Delete, rows: Iterable[dict[str, str]]) -> None:
    for some in batched(rows, _AT_ONCE):
        connection.execute(statement, list(some))


def _key(value: str) -> str:
    """The value, or its hash where it is long or holds what not every database takes."""
    plain = value.encode("utf-8", "surrogatepass")
    return value if len(plain) <= _LONGEST and value.isprintable() else f"sha256:{sha256(plain).hexdigest()}"
