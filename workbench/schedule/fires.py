"""Every time of every schedule as one row of the ledger, unique on schedule and scheduled time: what becomes of it is written there.

A row is first written by whichever scheduler sees its time come, and run by the one that turns it from `waiting` into `running`; the
database lets only one do so. A row whose scheduler is gone goes back to `waiting`, so that no time is lost and none runs twice at once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Float,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Row,
    String,
    Table,
    Text,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from workbench.runs.ledger import NOBODY, Ledger, is_silent, moment_text, owner_columns
from workbench.runs.staging import Owner

type State = Literal["waiting", "running", "finished", "failed", "skipped"]

# Fewer names are put into the question; of more, all are asked for.
_FEW = 500

_METADATA = MetaData()
FIRES = Table(
    "fires",
    _METADATA,
    Column("schedule", String, nullable=False),
    Column("scheduled_at", String, nullable=False),
    Column("state", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("not_before", String, nullable=False),
    Column("run_id", String, nullable=False),
    Column("by_hand", Boolean, nullable=False),
    Column("host", String, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("pid_created", Float, nullable=False),
    Column("heartbeat", String, nullable=False),
    PrimaryKeyConstraint("schedule", "scheduled_at"),
)
SCHEDULES = Table(
    "schedules",
    _METADATA,
    Column("name", String, primary_key=True),
    Column("since", String, nullable=False),
    Column("paused", Boolean, nullable=False),
)


@dataclass(frozen=True, kw_only=True)
class Fire:
    """One time of one schedule.

    Attributes:
        schedule: The schedule's name.
        scheduled_at: When it was to run, UTC.
        state: `waiting` for its turn, `running`, or how it ended.
        reason: What it waits for, or why it didn't finish; empty where there is nothing to say.
        attempts: How many runs were started for it.
        not_before: It isn't tried before, UTC.
        run_id: Its last run, empty before the first.
        by_hand: Whether a person asked for it, so that it says nothing about which times of cron were seen.
    """

    schedule: str
    scheduled_at: datetime
    state: State = "waiting"
    reason: str = ""
    attempts: int = 0
    not_before: datetime
    run_id: str = ""
    by_hand: bool = False

    @property
    def trigger(self) -> str:
        """What its runs say of what started them."""
        return f"schedule {self.schedule} {moment_text(self.scheduled_at)}"

    @property
    def over(self) -> bool:
        """Whether nothing more will become of it."""
        return self.state in ("finished", "failed", "skipped")


class Fires:
    """The fires of one ledger.

    Attributes:
        ledger: In which they are rows beside the runs.

    Raises:
        RunError: Here and in every method, if the ledger can't be used.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def known_since(self, names: Iterable[str], now: datetime) -> dict[str, datetime]:
        """Since when each schedule is known; those that are new are known from now on, so that nothing is made up for before."""
        with self.ledger.connected() as connection:
            rows = connection.execute(select(SCHEDULES.c.name, SCHEDULES.c.since)).all()
            known = {row.name: row.since for row in rows}
            new = [{"name": name, "since": moment_text(now), "paused": False} for name in names if name not in known]
            if new:
                connection.execute(_insert_new(connection, SCHEDULES), new)
        return {name: _moment(since) for name, since in (known | {row["name"]: row["since"] for row in new}).items()}

    def pause(self, name: str, now: datetime, *, paused: bool) -> None:
        """Stop a schedule, or let it go on; the times of a pause don't come back."""
        with self.ledger.connected() as connection:
            values: dict[str, Any] = {"paused": paused} if paused else {"paused": False, "since": moment_text(now)}
            connection.execute(update(SCHEDULES).where(SCHEDULES.c.name == name).values(**values))

    def paused(self) -> set[str]:
        """Names of the schedules that are stopped."""
        with self.ledger.connected() as connection:
            return set(connection.execute(select(SCHEDULES.c.name).where(SCHEDULES.c.paused)).scalars())

    def add(self, fires: Iterable[Fire]) -> int:
        """Write down times that have come, those that are there already left as they are; how many were new."""
        rows = [_row_of(fire) | NOBODY for fire in fires]
        if not rows:
            return 0
        with self.ledger.connected() as connection:
            new = _insert_new(connection, FIRES)
            return sum(connection.execute(new.values(**row)).rowcount for row in rows)

    def last_times(self, names: Collection[str]) -> dict[str, datetime]:
        """The latest time of each schedule's cron that was written down."""
        mine = FIRES.c.schedule == SCHEDULES.c.name, ~FIRES.c.by_hand
        # Asked for each, a database goes to the end of its times; grouped, it reads the times of years.
        latest = select(FIRES.c.scheduled_at).where(*mine).order_by(FIRES.c.scheduled_at.desc()).limit(1)
        asked = select(SCHEDULES.c.name, latest.scalar_subquery().label("last"))
        asked = asked.where(SCHEDULES.c.name.in_(names)) if len(names) < _FEW else asked
        with self.ledger.connected() as connection:
            return {row.name: _moment(row.last) for row in connection.execute(asked) if row.last}

    def open(self, name: str = "") -> list[Fire]:
        """Those that wait or run, of one schedule or of all, in the order of their times."""
        chosen = select(FIRES).where(FIRES.c.state.in_(("waiting", "running")))
        chosen = chosen.where(FIRES.c.schedule == name) if name else chosen
        chosen = chosen.order_by(FIRES.c.scheduled_at, FIRES.c.schedule)
        with self.ledger.connected() as connection:
            return [_fire_of(row) for row in connection.execute(chosen).all()]

    def of(self, name: str, most: int = 1000) -> list[Fire]:
        """The times of one schedule, the latest first."""
        chosen = select(FIRES).where(FIRES.c.schedule == name).order_by(FIRES.c.scheduled_at.desc()).limit(most)
        with self.ledger.connected() as connection:
            return [_fire_of(row) for row in connection.execute(chosen).all()]

    def claim(self, fire: Fire, now: datetime) -> bool:
        """Take a waiting time to run it; False where another scheduler was quicker."""
        with self.ledger.connected() as connection:
            mine = update(FIRES).where(*_key(fire), FIRES.c.state == "waiting", FIRES.c.attempts == fire.attempts)
            taken = connection.execute(
                mine.values(state="running", reason="", attempts=fire.attempts + 1, **owner_columns(now))
            )
        return taken.rowcount == 1

    def note(self, fire: Fire, **changes: Any) -> None:
        """Write what became of a time: `state`, `reason`, `not_before`, `run_id`."""
        plain = {name: moment_text(value) if isinstance(value, datetime) else value for name, value in changes.items()}
        with self.ledger.connected() as connection:
            connection.execute(update(FIRES).where(*_key(fire)).values(**plain))

    def beat(self, now: datetime) -> None:
        """Tell other machines that this scheduler lives."""
        owner = Owner.this_process()
        with self.ledger.connected() as connection:
            connection.execute(
                update(FIRES)
                .where(FIRES.c.state == "running", FIRES.c.host == owner.host, FIRES.c.pid == owner.pid)
                .values(heartbeat=moment_text(now))
            )

    def recover(self, now: datetime, finished_run: Callable[[Fire], str]) -> list[Fire]:
        """Settle times whose scheduler is gone: one whose run had finished is finished, any other waits again.

        Args:
            now: UTC.
            finished_run: Id of the finished run of a time, empty where there is none.
        """
        with self.ledger.connected() as connection:
            rows = connection.execute(select(FIRES).where(FIRES.c.state == "running")).all()
        gone = [(row, finished_run(_fire_of(row))) for row in rows if is_silent(row, now)]
        with self.ledger.connected() as connection:
            return [_fire_of(row) for row, run_id in gone if _settled(connection, row, run_id)]


def _settled(connection: Connection, row: Row[Any], run_id: str) -> bool:
    """Whether it was this process that settled it."""
    reason = "" if run_id else f"the scheduler {row.pid} on {row.host} ended while it ran; it is run again"
    still = FIRES.c.state == "running", FIRES.c.heartbeat == row.heartbeat, FIRES.c.pid == row.pid
    values = {"state": "finished" if run_id else "waiting", "reason": reason, "run_id": run_id or row.run_id}
    return connection.execute(update(FIRES).where(*_key(_fire_of(row)), *still).values(**values)).rowcount == 1


def _insert_new(connection: Connection, table: Table) -> Any:
    """Rows that are there already stay as they are."""
    insert = postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert
    return insert(table).on_conflict_do_nothing()


def _key(fire: Fire) -> tuple[Any, Any]:
    return FIRES.c.schedule == fire.schedule, FIRES.c.scheduled_at == moment_text(fire.scheduled_at)


def _row_of(fire: Fire) -> dict[str, Any]:
    plain = {field.name: getattr(fire, field.name) for field in fields(Fire)}
    return {name: moment_text(value) if isinstance(value, datetime) else value for name, value in plain.items()}


def _fire_of(row: Row[Any]) -> Fire:
    plain = {field.name: getattr(row, field.name) for field in fields(Fire)}
    return Fire(**plain | {name: _moment(plain[name]) for name in ("scheduled_at", "not_before")})


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
