"""The truthful history of all runs, those that left no folder too: one row a run, in SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Engine,
    Float,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    Text,
    create_engine,
    event,
    insert,
    select,
    update,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateTable

from workbench.errors import RunError
from workbench.runs.record import Origin, RunRecord, record_from_dict, record_to_dict
from workbench.runs.staging import Owner, storage_errors

LEDGER_FILE = "ledger.db"
BUSY_SECONDS = 15.0

_METADATA = MetaData()
RUNS = Table(
    "runs",
    _METADATA,
    Column("run_id", String, primary_key=True),
    Column("notebook", String, nullable=False),
    Column("trigger", String, nullable=False),
    Column("status", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("parameters", JSON, nullable=False),
    Column("workspace", String, nullable=False),
    Column("started_at", String, nullable=False),
    Column("finished_at", String),
    Column("seconds", Float, nullable=False),
    Column("host", String, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("pid_created", Float, nullable=False),
    Column("heartbeat", String, nullable=False),
    Column("commit", String, nullable=False),
    Column("notebook_sha256", String, nullable=False),
    Column("lock_sha256", String, nullable=False),
    Column("summary", JSON, nullable=False),
    Column("path", String),
)


class Ledger:
    """The ledger of one reports folder.

    Opening it marks rows as lost whose supervisor is gone without a word.

    Raises:
        RunError: Here and in every method, if the file is locked for long, damaged, or its disk is full.
    """

    def __init__(self, reports: Path) -> None:
        self.path = reports / LEDGER_FILE
        with storage_errors(reports):
            reports.mkdir(parents=True, exist_ok=True)
        self._engine = _engine(self.path)
        with self.connected() as connection:
            connection.execute(CreateTable(RUNS, if_not_exists=True))
            _mark_lost(connection)

    def start(self, record: RunRecord) -> None:
        """Add the row of a run that starts now, supervised by this process."""
        with self.connected() as connection:
            connection.execute(insert(RUNS).values(**_row_of(record), **owner_columns(datetime.now(UTC))))

    def beat(self, run_id: str) -> None:
        """Note that the run's supervisor lives."""
        with self.connected() as connection:
            connection.execute(update(RUNS).where(RUNS.c.run_id == run_id).values(heartbeat=_now()))

    def end(self, record: RunRecord) -> None:
        """Write how a run ended."""
        with self.connected() as connection:
            connection.execute(
                update(RUNS).where(RUNS.c.run_id == record.run_id).values(**_row_of(record), heartbeat=_now())
            )

    def runs(self) -> list[RunRecord]:
        """All runs, newest first; artefacts are known to the run folders only."""
        with self.connected() as connection:
            rows = connection.execute(select(RUNS).order_by(RUNS.c.started_at.desc(), RUNS.c.run_id.desc())).all()
        return [_record_of(row) for row in rows]

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """One transaction; its mistakes become sentences."""
        try:
            with self._engine.begin() as connection:
                yield connection
        except DBAPIError as error:
            raise RunError(_sentence(str(error.orig), self.path)) from error


def _engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool, connect_args={"timeout": BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
        if connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
            connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")

    return engine


def _mark_lost(connection: Connection) -> None:
    running = select(RUNS.c.run_id, RUNS.c.host, RUNS.c.pid, RUNS.c.pid_created, RUNS.c.heartbeat)
    for row in connection.execute(running.where(RUNS.c.status == "running")).all():
        if Owner(row.host, row.pid, row.pid_created).gone:
            reason = f"its supervising process {row.pid} ended without a word, last seen {row.heartbeat}; run it again"
            connection.execute(
                update(RUNS)
                .where(RUNS.c.run_id == row.run_id)
                .values(status="lost", reason=reason, finished_at=row.heartbeat)
            )


def _row_of(record: RunRecord) -> dict[str, Any]:
    plain = record_to_dict(record)
    columns = {column.name for column in RUNS.c}
    origin = {key: value for key, value in plain["origin"].items() if key in columns}
    return {**{key: value for key, value in plain.items() if key in columns}, **origin}


def owner_columns(now: datetime) -> dict[str, Any]:
    """Whose a row is: this process's, which lives now."""
    owner = Owner.this_process()
    return {"host": owner.host, "pid": owner.pid, "pid_created": owner.created, "heartbeat": moment_text(now)}


def moment_text(moment: datetime) -> str:
    """A moment as rows hold it: sortable, always with the same offset and precision."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _record_of(row: Row[Any]) -> RunRecord:
    plain = dict(row._mapping)
    names = {field.name for field in fields(RunRecord)}
    origin = {field.name: plain[field.name] for field in fields(Origin) if field.name in plain}
    return record_from_dict({key: value for key, value in plain.items() if key in names} | {"origin": origin})


def _now() -> str:
    return moment_text(datetime.now(UTC))


def _sentence(cause: str, path: Path) -> str:
    if "locked" in cause:
        return (
            f"the ledger {path} stayed locked by another process for {BUSY_SECONDS:g} s; end that process or try again"
        )
    if "not a database" in cause or "malformed" in cause:
        return (
            f"the ledger {path} is damaged ({cause}); move it away: the next run starts a new one, run folders are kept"
        )
    if "full" in cause:
        return f"the disk of the ledger {path} is full; free some space and run again"
    return f"the ledger {path} can't be used ({cause}); check that its folder can be written"
