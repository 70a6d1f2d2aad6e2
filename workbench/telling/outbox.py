"""Messages until they are delivered, as rows of the ledger's database: each goes out once, however many processes send.

A row is one message to one address of a channel, named by its reference. Whoever sends it takes it first; the database lets only one
do so. What a dead process had taken waits again, so that a message may arrive twice in that case, but is never lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
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
    delete,
    func,
    insert,
    select,
    text,
    update,
)

from workbench.config import Notify
from workbench.runs.ledger import NOBODY, Ledger, is_silent, moment_text, owner_columns
from workbench.telling.message import Message

OUTBOX = Table(
    "outbox",
    MetaData(),
    Column("channel", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("reference", String, nullable=False),
    Column("state", String, nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("attachment", Text, nullable=False),
    Column("created_at", String, nullable=False),
    Column("not_before", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("why", Text, nullable=False),
    Column("host", String, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("pid_created", Float, nullable=False),
    Column("heartbeat", String, nullable=False),
    PrimaryKeyConstraint("channel", "subject", "reference"),
)
# Waiting for its turn or its next try, taken by a process, delivered, given up; held back, and held back and told so.
UNDELIVERED = ("waiting", "sending", "given_up")
WINDOW = timedelta(hours=1)
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)
GIVEN_UP_AFTER = timedelta(days=3)
FORGOTTEN_AFTER = timedelta(days=30)
# Any number will do that other applications on the server are unlikely to take.
_LOCK_KEY = 5_278_004


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A message to one address.

    Attributes:
        channel: The channel's name.
        subject: See `Message`.
        reference: Where the address is kept.
        state: What became of it.
        title: See `Message`.
        body: See `Message`.
        attachment: Path of a file, empty for none.
        created_at: When it was written, UTC, as text.
        not_before: It isn't tried before, UTC, as text.
        attempts: How often it was tried.
        why: Why the last try failed; holds no secret.
    """

    channel: str
    subject: str
    reference: str
    state: str = "waiting"
    title: str
    body: str
    attachment: str = ""
    created_at: str
    not_before: str
    attempts: int = 0
    why: str = ""


_LETTER = tuple(Letter.__dataclass_fields__)


class Outbox:
    """The outbox of one ledger.

    Raises:
        RunError: Here and in every method, if the ledger can't be used.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def add(self, channel: Notify, message: Message, now: datetime) -> bool:
        """Write a message down for all addresses of a channel, or hold it back; whether it goes out now."""
        with self._alone() as connection:
            if connection.execute(select(OUTBOX.c.subject).where(*_about(channel.name, message.subject))).first():
                return False
            row = _row(channel, message, now)
            if _sent_lately(connection, channel.name, now) >= channel.at_most:
                connection.execute(insert(OUTBOX).values(**row, reference="", state="held"))
                return False
            row["body"] += _held_back(connection, channel)
            rows = [{**row, "reference": reference, "state": "waiting"} for reference in channel.to]
            connection.execute(insert(OUTBOX), rows)
            return True

    def held_since(self, channel: Notify, now: datetime) -> str:
        """Since when messages have been held back that there is room for now; empty where there are none, or no room."""
        oldest = select(func.min(OUTBOX.c.created_at)).where(OUTBOX.c.channel == channel.name, OUTBOX.c.state == "held")
        with self._ledger.connected() as connection:
            since = connection.execute(oldest).scalar() or ""
            return since if since and _sent_lately(connection, channel.name, now) < channel.at_most else ""

    def due(self, now: datetime) -> list[Letter]:
        """Those that are to be sent now, the oldest first."""
        chosen = _letters().where(OUTBOX.c.state == "waiting", OUTBOX.c.not_before <= moment_text(now))
        return self._read(chosen)

    def undelivered(self) -> list[Letter]:
        """Those that haven't arrived, the oldest first."""
        return self._read(_letters().where(OUTBOX.c.state.in_(UNDELIVERED)))

    def of(self, channel: str) -> list[Letter]:
        """All of a channel that aren't forgotten, the oldest first."""
        return self._read(_letters().where(OUTBOX.c.channel == channel))

    def claim(self, letter: Letter, now: datetime) -> bool:
        """Take a letter to send it; False where another process was quicker."""
        mine = update(OUTBOX).where(*_key(letter), OUTBOX.c.state == "waiting", OUTBOX.c.attempts == letter.attempts)
        with self._ledger.connected() as connection:
            taken = mine.values(state="sending", attempts=letter.attempts + 1, **owner_columns(now))
            return connection.execute(taken).rowcount == 1

    def sent(self, letter: Letter) -> None:
        """It arrived."""
        self._note(letter, state="sent", why="")

    def not_sent(self, letter: Letter, why: str, now: datetime) -> None:
        """It didn't arrive: it is tried again after a pause that doubles, and given up after days."""
        pause = min(FIRST_PAUSE * 2 ** min(letter.attempts, 20), LONGEST_PAUSE)
        late = now - datetime.fromisoformat(letter.created_at) > GIVEN_UP_AFTER
        self._note(letter, state="given_up" if late else "waiting", why=why, not_before=moment_text(now + pause))

    def tidy(self, now: datetime) -> None:
        """Let letters wait again whose sender is gone, and forget old ones."""
        old = OUTBOX.c.created_at < moment_text(now - FORGOTTEN_AFTER)
        with self._ledger.connected() as connection:
            rows = connection.execute(select(OUTBOX).where(OUTBOX.c.state == "sending")).all()
            for row in rows:
                if is_silent(row, now):
                    still = OUTBOX.c.state == "sending", OUTBOX.c.heartbeat == row.heartbeat, OUTBOX.c.pid == row.pid
                    connection.execute(update(OUTBOX).where(*_key(row), *still).values(state="waiting", **NOBODY))
            connection.execute(delete(OUTBOX).where(old, OUTBOX.c.state.not_in(("waiting", "sending"))))

    def _note(self, letter: Letter, **values: Any) -> None:
        with self._ledger.connected() as connection:
            connection.execute(update(OUTBOX).where(*_key(letter)).values(**values))

    def _read(self, chosen: Any) -> list[Letter]:
        with self._ledger.connected() as connection:
            rows = connection.execute(chosen.order_by(OUTBOX.c.created_at, OUTBOX.c.subject, OUTBOX.c.reference)).all()
        return [Letter(**row._asdict()) for row in rows]

    @contextmanager
    def _alone(self) -> Iterator[Connection]:
        """One transaction during which nobody else writes messages down: what it counts stays true until its end."""
        with self._ledger.connected() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK_KEY})"))
            yield connection


def _letters() -> Any:
    return select(*(OUTBOX.c[name] for name in _LETTER))


def _about(channel: str, subject: str) -> tuple[Any, Any]:
    return OUTBOX.c.channel == channel, OUTBOX.c.subject == subject


def _key(letter: Letter | Row[Any]) -> tuple[Any, ...]:
    return *_about(letter.channel, letter.subject), OUTBOX.c.reference == letter.reference


def _row(channel: Notify, message: Message, now: datetime) -> dict[str, Any]:
    return {
        "channel": channel.name,
        "subject": message.subject,
        "title": message.title,
        "body": message.body,
        "attachment": str(message.attachment or ""),
        "created_at": moment_text(now),
        "not_before": moment_text(now),
        "attempts": 0,
        "why": "",
        **NOBODY,
    }


def _sent_lately(connection: Connection, channel: str, now: datetime) -> int:
    lately = OUTBOX.c.created_at > moment_text(now - WINDOW)
    count = select(func.count(OUTBOX.c.subject.distinct()))
    own = OUTBOX.c.channel == channel, OUTBOX.c.state.in_(("waiting", "sending", "sent", "given_up"))
    return connection.execute(count.where(*own, lately)).scalar() or 0


def _held_back(connection: Connection, channel: Notify) -> str:
    """What a message says of those held back before it, which counts as told then."""
    told = update(OUTBOX).where(OUTBOX.c.channel == channel.name, OUTBOX.c.state == "held").values(state="counted")
    held = connection.execute(told).rowcount
    messages = "1 message was" if held == 1 else f"{held} messages were"
    return f"\n\n{messages} held back before this one (at_most = {channel.at_most} in an hour)." if held else ""
