"""Which earlier run a new one follows on: the newest of its series that can be read, or the one that was named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import RunError
from workbench.runs.history import find_run
from workbench.runs.store import readable_runs

if TYPE_CHECKING:
    from workbench.runs.record import RunRecord
    from workbench.workspace import Workspace

AUTO, NONE = "auto", "none"
UNASKED = "This run was asked to look at no earlier one."
FIRST = "There is no earlier run to compare with."


def newest_usable[T](
    workspace: Workspace, belongs: Callable[[RunRecord], bool], read: Callable[[Path], T]
) -> tuple[T | None, list[str]]:
    """What the newest run of a series left.

    Args:
        workspace: Whose runs are looked through.
        belongs: Whether a run is of the series.
        read: Takes a run's folder; raises `RunError` where the run can't be followed on.

    Returns:
        What was read, None without a usable run; and why newer runs were passed over, a phrase each.
    """
    records, unreadable = readable_runs(workspace.reports)
    passed_over = [str(error) for error in unreadable]
    for record in filter(belongs, records):
        try:
            return read(record.result_folder.parent), passed_over
        except RunError as error:
            passed_over.append(str(error))
    return None, passed_over


def named_folder(workspace: Workspace, last: str) -> Path:
    """The folder of a run that is named by its id, a unique beginning of it, or its folder."""
    named = workspace.root / last
    return named if named.is_dir() else find_run(workspace.reports, last).result_folder.parent


def unreadable(folder: Path, error: Exception) -> RunError:
    """A run whose result a reader refused."""
    reason = " ".join(str(error).replace(f"{folder}/", "").split()) or type(error).__name__
    return RunError(f"run {folder.name} can't be read ({reason})")


def with_left_out(note: str, passed_over: list[str]) -> str:
    """A note that names the runs that were passed over."""
    return f"{note} Left out: {'; '.join(passed_over)}." if passed_over else note
