"""What a worker tells its supervisor, one JSON line each over a pipe of their own."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from workbench.runs.record import RunRecord, Summary, record_to_dict
from workbench.runs.values import Value


@dataclass(frozen=True, kw_only=True)
class Request:
    """One notebook to execute.

    Attributes:
        notebook: Path of the notebook.
        folder: The staged run folder.
        workspace: The workspace's folder: its `[report]` says how the report looks.
        assigned: Parameters to inject; the others keep the notebook's defaults.
        run: The run as known at its start, for the reports.
        cwd: Folder in which its cells run, empty for the notebook's.
    """

    notebook: str
    folder: str
    workspace: str
    assigned: dict[str, Value]
    run: dict[str, Any]
    cwd: str = ""

    @classmethod
    def of(
        cls, record: RunRecord, *, notebook: str, folder: str, workspace: str, assigned: dict[str, Value]
    ) -> Request:
        run = record_to_dict(record)
        return cls(notebook=notebook, folder=folder, workspace=workspace, assigned=assigned, run=run)


@dataclass(frozen=True, kw_only=True)
class Event:
    """A step of the worker.

    Attributes:
        kind: `cell` when a code cell starts, `step` for work after the last cell, `failed`, `died` (the kernel) or `done`.
        number: The code cell's number, from 1.
        total: How many code cells there are.
        title: Heading above the cell, or the step's name.
        reason: Why, for `failed` and `died`.
        explained: Whether the reason is a whole sentence for the user, as of every `WorkbenchError`.
        summary: What the run found, with `done`.
    """

    kind: Literal["cell", "step", "failed", "died", "done"]
    number: int = 0
    total: int = 0
    title: str = ""
    reason: str = ""
    explained: bool = False
    summary: dict[str, Any] = field(default_factory=dict)

    def line(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def read(cls, line: bytes) -> Event:
        return cls(**json.loads(line))


def summary_to_dict(summary: Summary) -> dict[str, Any]:
    """A summary as JSON-able values."""
    window = [day.isoformat() for day in summary.window] if summary.window else None
    return {**asdict(summary), "window": window}


def summary_from_dict(plain: dict[str, Any]) -> Summary:
    """The inverse of `summary_to_dict`."""
    from datetime import date

    window = plain.get("window")
    days = (date.fromisoformat(window[0]), date.fromisoformat(window[1])) if window else None
    return Summary(**{**plain, "window": days})
