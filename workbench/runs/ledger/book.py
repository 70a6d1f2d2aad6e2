"""What is written about runs, and asked: one row a run, from its start to its end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select, update

from workbench.config.secret_url import read_secret_url
from workbench.runs.ledger.assigned import forget_assigned, write_assigned
from workbench.runs.ledger.database import Database
from workbench.runs.ledger.migrations import migrate
from workbench.runs.ledger.owners import NOBODY, is_silent, moment_text, owner_columns
from workbench.runs.ledger.rows import record_of, row_of
from workbench.runs.ledger.schema import PARENTS, RUNS
from workbench.runs.ledger.wanted import ALL, Wanted
from workbench.runs.record import RunRecord
from workbench.runs.staging import discard, staged_folder, storage_errors
from workbench.runs.store import recorded_run, recorded_runs

if TYPE_CHECKING:
    from workbench.workspace import Workspace

LEDGER_FILE = "ledger.db"
# So many ids fit into one question.
_CHUNK = 500


class Ledger:
    """The ledger of one reports folder.

    Opening it brings the database to this package's version, takes what run folders tell into a new one, and settles the rows whose
    supervisor is gone without a word.

    Args:
        reports: The folder of reports.
        url: Of a PostgreSQL database, empty for a file in that folder.

    Raises:
        RunError: Here and in every method, if the database is locked for long, damaged, full or can't be reached.
    """

    def __init__(self, reports: Path, url: str = "") -> None:
        self.reports = reports
        with storage_errors(reports):
            reports.mkdir(parents=True, exist_ok=True)
        self.database = Database(reports / LEDGER_FILE, url)
        with self.connected() as connection:
            if migrate(connection, self.database.where):
                _adopt(connection, recorded_runs(reports))
        self.settle_lost()

    @classmethod
    def of(cls, workspace: Workspace) -> Self:
        """The ledger of a workspace, where its `[runs]` says."""
        return cls(workspace.reports, read_secret_url(workspace.config.runs.ledger, workspace.root).text)

    def start(self, record: RunRecord) -> None:
        """Add the row of a run that starts now, supervised by this process."""
        with self.connected() as connection:
            _add(connection, record, owner_columns(datetime.now(UTC)))

    def beat(self, run_id: str) -> str:
        """Note that the run's supervisor lives; who wants it cancelled, empty if nobody does."""
        mine = RUNS.c.run_id == run_id
        with self.connected() as connection:
            connection.execute(update(RUNS).where(mine).values(heartbeat=_now()))
            return connection.execute(select(RUNS.c.cancelled_by).where(mine)).scalar() or ""

    def end(self, record: RunRecord) -> None:
        """Write how a run ended."""
        with self.connected() as connection:
            ended = update(RUNS).where(RUNS.c.run_id == record.run_id)
            connection.execute(ended.values(**row_of(record), heartbeat=_now()))
            _write_parents(connection, record)

    def ask_to_cancel(self, run_id: str, who: str) -> bool:
        """Ask the supervisor of a running run to end it; whether it still ran."""
        asked = update(RUNS).where(RUNS.c.run_id == run_id, RUNS.c.status == "running").values(cancelled_by=who)
        with self.connected() as connection:
            return connection.execute(asked).rowcount == 1

    def adopt(self, records: Iterable[RunRecord]) -> None:
        """Take in runs that are known from their folders alone; those that have a row are left as they are."""
        with self.connected() as connection:
            _adopt(connection, records)

    def forget(self, run_ids: Sequence[str]) -> None:
        """Remove rows of runs whose folders were removed by policy, and what they were made from."""
        with self.connected() as connection:
            for chunk in _chunks(run_ids):
                forget_assigned(connection, chunk)
                connection.execute(delete(RUNS).where(RUNS.c.run_id.in_(chunk)))
                connection.execute(delete(PARENTS).where(PARENTS.c.child.in_(chunk)))

    def runs(self, wanted: Wanted = ALL) -> list[RunRecord]:
        """Runs, newest first."""
        with self.connected() as connection:
            rows = wanted.rows(connection)
            return [record_of(row, parents) for row, parents in _with_parents(connection, rows)]

    def known(self, run_ids: Sequence[str]) -> set[str]:
        """Those of the ids that have a row."""
        with self.connected() as connection:
            return _known(connection, run_ids)

    def ended(self, run_ids: Sequence[str]) -> set[str]:
        """Those of the ids that have a row and don't run any more."""
        with self.connected() as connection:
            return _known(connection, run_ids, RUNS.c.status != "running")

    def children(self, run_ids: Sequence[str]) -> list[tuple[str, str]]:
        """Pairs of a run that was made from one of these, and the one that it was made from."""
        found: list[tuple[str, str]] = []
        with self.connected() as connection:
            for chunk in _chunks(run_ids):
                edges = select(PARENTS).where(PARENTS.c.parent.in_(chunk)).order_by(PARENTS.c.child)
                found += [(edge.child, edge.parent) for edge in connection.execute(edges)]
        return found

    def settle_lost(self) -> list[str]:
        """Settle the running rows that ended unnoticed, by what their run folder tells, and those whose supervisor is gone, as lost.

        What a lost run had written is removed.

        Returns:
            Ids of the runs that were lost.
        """
        now = datetime.now(UTC)
        columns = RUNS.c.run_id, RUNS.c.host, RUNS.c.pid, RUNS.c.pid_created, RUNS.c.heartbeat
        with self.connected() as connection:
            rows: list[Row[Any]] = list(connection.execute(select(*columns).where(RUNS.c.status == "running")))
        unsettled = [row for row in rows if not self._ended_unnoticed(row.run_id)]
        return [row.run_id for row in unsettled if is_silent(row, now) and self._mark_lost(row)]

    def _ended_unnoticed(self, run_id: str) -> bool:
        record = recorded_run(self.reports, run_id)
        if record is not None:
            self.end(record)
        return record is not None

    def _mark_lost(self, row: Row[Any]) -> bool:
        reason = f"its supervising process {row.pid} ended without a word, last seen {row.heartbeat}; run it again"
        still = RUNS.c.run_id == row.run_id, RUNS.c.status == "running", RUNS.c.heartbeat == row.heartbeat
        values = {"status": "lost", "reason": reason, "finished_at": row.heartbeat}
        with self.connected() as connection:
            marked = connection.execute(update(RUNS).where(*still).values(**values)).rowcount == 1
        if marked:
            discard(staged_folder(self.reports, row.run_id))
        return marked

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """One transaction; its mistakes become sentences."""
        with self.database.connected() as connection:
            yield connection


def _adopt(connection: Connection, records: Iterable[RunRecord]) -> None:
    by_id = {record.run_id: record for record in records}
    for run_id in by_id.keys() - _known(connection, list(by_id)):
        _add(connection, by_id[run_id], NOBODY)


def _add(connection: Connection, record: RunRecord, owner: Mapping[str, Any]) -> None:
    row = row_of(record)
    connection.execute(insert(RUNS).values(**row, cancelled_by="", **owner))
    write_assigned(connection, row)
    _write_parents(connection, record)


def _known(connection: Connection, run_ids: Sequence[str], *conditions: ColumnElement[bool]) -> set[str]:
    known: set[str] = set()
    for chunk in _chunks(run_ids):
        known |= set(connection.execute(select(RUNS.c.run_id).where(RUNS.c.run_id.in_(chunk), *conditions)).scalars())
    return known


def _write_parents(connection: Connection, record: RunRecord) -> None:
    connection.execute(delete(PARENTS).where(PARENTS.c.child == record.run_id))
    if record.parents:
        connection.execute(insert(PARENTS), [{"child": record.run_id, "parent": parent} for parent in record.parents])


def _with_parents(connection: Connection, rows: Sequence[Row[Any]]) -> Iterator[tuple[Row[Any], list[str]]]:
    parents: dict[str, list[str]] = {}
    for chunk in _chunks([row.run_id for row in rows]):
        edges = select(PARENTS).where(PARENTS.c.child.in_(chunk)).order_by(PARENTS.c.parent)
        for edge in connection.execute(edges):
            parents.setdefault(edge.child, []).append(edge.parent)
    yield from ((row, parents.get(row.run_id, [])) for row in rows)


def _chunks(run_ids: Sequence[str]) -> Iterator[Sequence[str]]:
    yield from (run_ids[start : start + _CHUNK] for start in range(0, len(run_ids), _CHUNK))


def _now() -> str:
    return moment_text(datetime.now(UTC))
