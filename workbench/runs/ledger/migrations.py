"""How a ledger came to look as it does: each version's steps, never edited once released, understood by SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, inspect, text

from workbench.errors import RunError
from workbench.runs.ledger.assigned import assign_all
from workbench.runs.ledger.totals import count_all, count_from_now_on

type Step = str | Callable[[Connection], None]

MIGRATIONS: tuple[tuple[Step, ...], ...] = (
    (
        """CREATE TABLE IF NOT EXISTS runs (
            run_id VARCHAR NOT NULL PRIMARY KEY, notebook VARCHAR NOT NULL, "trigger" VARCHAR NOT NULL, status VARCHAR NOT NULL,
            reason TEXT NOT NULL, parameters JSON NOT NULL, workspace VARCHAR NOT NULL, started_at VARCHAR NOT NULL,
            finished_at VARCHAR, seconds FLOAT NOT NULL, host VARCHAR NOT NULL, pid INTEGER NOT NULL, pid_created FLOAT NOT NULL,
            heartbeat VARCHAR NOT NULL, "commit" VARCHAR NOT NULL, notebook_sha256 VARCHAR NOT NULL,
            lock_sha256 VARCHAR NOT NULL, summary JSON NOT NULL, path VARCHAR)""",
        """CREATE TABLE IF NOT EXISTS fires (
            schedule VARCHAR NOT NULL, scheduled_at VARCHAR NOT NULL, state VARCHAR NOT NULL, reason TEXT NOT NULL,
            attempts INTEGER NOT NULL, not_before VARCHAR NOT NULL, run_id VARCHAR NOT NULL, by_hand BOOLEAN NOT NULL,
            host VARCHAR NOT NULL, pid INTEGER NOT NULL, pid_created FLOAT NOT NULL, heartbeat VARCHAR NOT NULL,
            PRIMARY KEY (schedule, scheduled_at))""",
        """CREATE TABLE IF NOT EXISTS schedules (
            name VARCHAR NOT NULL PRIMARY KEY, since VARCHAR NOT NULL, paused BOOLEAN NOT NULL)""",
    ),
    (
        "ALTER TABLE runs ADD COLUMN code_sha256 VARCHAR NOT NULL DEFAULT ''",
        "ALTER TABLE runs ADD COLUMN config_sha256 VARCHAR NOT NULL DEFAULT ''",
        "ALTER TABLE runs ADD COLUMN data_sha256 VARCHAR NOT NULL DEFAULT ''",
        "ALTER TABLE runs ADD COLUMN notebook_path VARCHAR NOT NULL DEFAULT ''",
        "ALTER TABLE runs ADD COLUMN package VARCHAR NOT NULL DEFAULT ''",
        "ALTER TABLE runs ADD COLUMN python VARCHAR NOT NULL DEFAULT ''",
        "ALTER TABLE runs ADD COLUMN analysis VARCHAR NOT NULL DEFAULT ''",
        "ALTER TABLE runs ADD COLUMN batch VARCHAR NOT NULL DEFAULT ''",
        "ALTER TABLE runs ADD COLUMN artefacts JSON NOT NULL DEFAULT '[]'",
        "ALTER TABLE runs ADD COLUMN cancelled_by VARCHAR NOT NULL DEFAULT ''",
        """CREATE TABLE parents (child VARCHAR NOT NULL, parent VARCHAR NOT NULL, PRIMARY KEY (child, parent))""",
        "CREATE INDEX parents_by_parent ON parents (parent)",
        "CREATE INDEX runs_by_start ON runs (started_at, run_id)",
        "CREATE INDEX runs_by_status ON runs (status, started_at, run_id)",
        "CREATE INDEX runs_by_notebook ON runs (notebook, started_at, run_id)",
        "CREATE INDEX runs_by_analysis ON runs (analysis, started_at, run_id)",
        'CREATE INDEX runs_by_trigger ON runs ("trigger", started_at, run_id)',
        "CREATE INDEX runs_by_batch ON runs (batch, started_at, run_id)",
        "CREATE INDEX runs_by_outcome ON runs (notebook, status, finished_at, seconds)",
        "CREATE INDEX fires_by_state ON fires (state, scheduled_at)",
    ),
    (
        """CREATE TABLE assigned (
            name VARCHAR NOT NULL, value VARCHAR NOT NULL, started_at VARCHAR NOT NULL, run_id VARCHAR NOT NULL,
            PRIMARY KEY (name, value, started_at, run_id))""",
        """CREATE TABLE run_totals (
            notebook VARCHAR NOT NULL, status VARCHAR NOT NULL, runs INTEGER NOT NULL, seconds FLOAT NOT NULL, last VARCHAR,
            PRIMARY KEY (notebook, status))""",
        "DROP INDEX runs_by_outcome",
        "CREATE INDEX runs_by_outcome ON runs (notebook, status, started_at, run_id)",
        assign_all,
        count_all,
        count_from_now_on,
    ),
    (
        # The first packages made it with the first message.
        """CREATE TABLE IF NOT EXISTS outbox (
            channel VARCHAR NOT NULL, subject VARCHAR NOT NULL, reference VARCHAR NOT NULL, state VARCHAR NOT NULL, title TEXT NOT NULL,
            body TEXT NOT NULL, attachment TEXT NOT NULL, created_at VARCHAR NOT NULL, not_before VARCHAR NOT NULL,
            attempts INTEGER NOT NULL, why TEXT NOT NULL, host VARCHAR NOT NULL, pid INTEGER NOT NULL, pid_created FLOAT NOT NULL,
            heartbeat VARCHAR NOT NULL, PRIMARY KEY (channel, subject, reference))""",
        "CREATE INDEX outbox_by_state ON outbox (channel, state, created_at)",
        "CREATE INDEX fires_by_outcome ON fires (schedule, state)",
    ),
)
_VERSION_TABLE = "ledger_version"
# Any number will do that other applications on the server are unlikely to take.
_LOCK_KEY = 5_278_003


def migrate(connection: Connection, where: str) -> bool:
    """Bring a database to this package's version, in one transaction of its own; whether anything was to be done.

    Args:
        connection: With its transaction just begun.
        where: The ledger as messages name it.

    Raises:
        RunError: If a newer package wrote it.
    """
    if _version(connection, where) == len(MIGRATIONS):
        return False
    _alone(connection)
    done = _version(connection, where)
    for steps in MIGRATIONS[done:]:
        for step in steps:
            step(connection) if callable(step) else connection.execute(text(step))
    connection.execute(text(f"CREATE TABLE IF NOT EXISTS {_VERSION_TABLE} (version INTEGER NOT NULL)"))
    connection.execute(text(f"DELETE FROM {_VERSION_TABLE}"))
    connection.execute(text(f"INSERT INTO {_VERSION_TABLE} VALUES ({len(MIGRATIONS)})"))
    return done < len(MIGRATIONS)


def _version(connection: Connection, where: str) -> int:
    if not inspect(connection).has_table(_VERSION_TABLE):
        return 0
    version = int(connection.execute(text(f"SELECT version FROM {_VERSION_TABLE}")).scalar_one())
    if version > len(MIGRATIONS):
        raise RunError(
            f"the ledger {where} has version {version}, and this package knows {len(MIGRATIONS)} at most; "
            "update the package on this machine too"
        )
    return version


def _alone(connection: Connection) -> None:
    """Until the transaction ends nobody else migrates."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK_KEY})"))
