"""Runs, times of schedules and messages, counted by the ledger's database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from workbench.runs.ledger import TOTALS, Ledger
from workbench.schedule.fires import FIRES, SCHEDULES
from workbench.telling.outbox import OUTBOX, UNDELIVERED


@dataclass(frozen=True, kw_only=True)
class RunCount:
    """The runs of one notebook that have one status.

    Attributes:
        notebook: Its name.
        status: See `RunRecord`.
        runs: How many.
        seconds: Wall time of all together.
        last: When the last of them ended, in seconds since 1970; None where none has. One removed by policy still tells.
    """

    notebook: str
    status: str
    runs: int
    seconds: float
    last: float | None


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Everything that is counted.

    Attributes:
        runs: By notebook and status.
        times: Of schedules, by schedule and state.
        paused: Whether each schedule is paused that a scheduler has seen.
        undelivered: Messages that haven't arrived, by channel and state.
    """

    runs: tuple[RunCount, ...]
    times: dict[tuple[str, str], int]
    paused: dict[str, bool]
    undelivered: dict[tuple[str, str], int]


def count(ledger: Ledger) -> Counts:
    """Count what a ledger holds, in one transaction.

    Raises:
        RunError: If the ledger can't be used.
    """
    with ledger.connected() as connection:
        return Counts(
            runs=tuple(_runs(connection)),
            times=_by_two(connection, FIRES, FIRES.c.schedule),
            paused={row.name: bool(row.paused) for row in connection.execute(select(SCHEDULES))},
            undelivered=_by_two(connection, OUTBOX, OUTBOX.c.channel, OUTBOX.c.state.in_((*UNDELIVERED, "held"))),
        )


def _runs(connection: Connection) -> Iterator[RunCount]:
    held = select(TOTALS).where(TOTALS.c.runs > 0).order_by(TOTALS.c.notebook, TOTALS.c.status)
    for row in connection.execute(held):
        last = datetime.fromisoformat(row.last).timestamp() if row.last else None
        yield RunCount(notebook=row.notebook, status=row.status, runs=row.runs, seconds=row.seconds, last=last)


def _by_two(connection: Connection, table: Any, column: Any, *conditions: Any) -> dict[tuple[str, str], int]:
    counted = select(column, table.c.state, func.count()).where(*conditions).group_by(column, table.c.state)
    return {(name, state): number for name, state, number in connection.execute(counted)}
