"""Whose a row of the ledger is, and whether its process is gone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row

from workbench.runs.staging import Owner

# A process of another machine that hasn't been heard of for so long is gone.
SILENT = timedelta(minutes=5)
# Whose a row is that no process has taken.
NOBODY: dict[str, Any] = {"host": "", "pid": 0, "pid_created": 0.0, "heartbeat": ""}


def owner_columns(now: datetime) -> dict[str, Any]:
    """Whose a row is: this process's, which lives now."""
    owner = Owner.this_process()
    return {"host": owner.host, "pid": owner.pid, "pid_created": owner.created, "heartbeat": moment_text(now)}


def is_silent(row: Row[Any], now: datetime) -> bool:
    """Whether the process that a row belongs to is gone: known of this machine's, concluded from long silence of another's."""
    owner = Owner(row.host, row.pid, row.pid_created)
    elsewhere = row.host != Owner.this_process().host
    return owner.gone or (elsewhere and now - datetime.fromisoformat(row.heartbeat) > SILENT)


def moment_text(moment: datetime) -> str:
    """A moment as rows hold it: sortable, always with the same offset and precision."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")
