"""The database of a ledger: a file in SQLite, or a server's by its URL; its mistakes become sentences."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError
from sqlalchemy.pool import NullPool

from workbench.config.secret_url import masked, secrets_of, spellings
from workbench.errors import ConfigError, RunError

# How long is waited for a lock, and for a server that can't be reached.
BUSY_SECONDS = 15.0
_RETRY_SECONDS = 0.25
_SERVERS = {"postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"}


class Database:
    """Where the rows of a ledger lie.

    Attributes:
        where: As messages name it, without secrets.

    Raises:
        ConfigError: If the URL is none, or of a kind that ledgers don't lie in.
    """

    def __init__(self, file: Path, url: str = "") -> None:
        self._engine = _server_engine(url) if url else _file_engine(file)
        self._secrets = spellings(value for _, value in secrets_of(url))
        self.where = self._masked(self._engine.url.render_as_string(hide_password=True)) if url else str(file)

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """One transaction.

        Raises:
            RunError: If the database is locked for long, damaged, full, or can't be reached.
        """
        try:
            with self._reached() as connection, connection.begin():
                yield connection
        except DBAPIError as error:
            raise RunError(_sentence(self._masked(str(error.orig)), self.where)) from error

    def _masked(self, said: str) -> str:
        return masked(said, self._secrets)

    def _reached(self) -> Connection:
        """A connection; a server that is being started again is waited for."""
        deadline = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                return self._engine.connect()
            except OperationalError:
                if self._engine.dialect.name == "sqlite" or time.monotonic() > deadline:
                    raise
                time.sleep(_RETRY_SECONDS)


def _file_engine(path: Path) -> Engine:
    # Built from its parts: in a text, a % of the path would be taken for an escape.
    url = URL.create("sqlite", database=str(path))
    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
        if connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
            connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")

    return engine


def _server_engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
        driver = _SERVERS.get(parsed.drivername, parsed.drivername)
        if not driver.startswith("postgresql"):
            raise ConfigError(
                f"runs.ledger is a database of kind {parsed.drivername!r}; give a postgresql:// URL, or leave it out for a file"
            )
        return create_engine(parsed.set(drivername=driver), poolclass=NullPool)
    except ModuleNotFoundError:
        raise ConfigError(
            "runs.ledger lies in PostgreSQL, whose driver isn't installed; install marketing-workbench[postgres]"
        ) from None
    except (ArgumentError, NoSuchModuleError):
        # Not quoted: it may hold a password.
        raise ConfigError("runs.ledger is no database URL; write postgresql://user@host/database") from None


def _sentence(cause: str, where: str) -> str:
    if "locked" in cause:
        return (
            f"the ledger {where} stayed locked by another process for {BUSY_SECONDS:g} s; end that process or try again"
        )
    if "not a database" in cause or "malformed" in cause:
        return f"the ledger {where} is damaged ({cause}); move it away: the next run starts a new one, run folders are kept"
    if "full" in cause:
        return f"the disk of the ledger {where} is full; free some space and run again"
    if where.startswith("postgresql"):
        return (
            f"the ledger {where} can't be used ({' '.join(cause.split())}); check that the server runs and lets you in"
        )
    return f"the ledger {where} can't be used ({cause}); check that its folder can be written"
