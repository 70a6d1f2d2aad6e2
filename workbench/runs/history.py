"""All runs of a workspace, whether they left a folder, a row of the ledger, or both."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import RunError
from workbench.runs.ledger import ALL, Ledger, Wanted
from workbench.runs.record import RUN_FILE, RunRecord, read_record
from workbench.runs.staging import FAILED, RUNS

if TYPE_CHECKING:
    from workbench.workspace import Workspace


def open_history(workspace: Workspace) -> Ledger:
    """The ledger, with the runs that are known from their folders alone taken in.

    Raises:
        RunError: If the ledger or the folder of a run without a row can't be read.
    """
    ledger = Ledger.of(workspace)
    folders = {folder.name: folder for folder in _run_folders(workspace.reports)}
    new = folders.keys() - ledger.known(list(folders))
    if new:
        ledger.adopt([read_record(folders[run_id]) for run_id in sorted(new)])
    return ledger


def all_runs(workspace: Workspace, wanted: Wanted = ALL) -> list[RunRecord]:
    """The chosen runs, the newest first.

    Raises:
        RunError: As `open_history`.
    """
    return open_history(workspace).runs(wanted)


def find_run(workspace: Workspace, name: str) -> RunRecord:
    """A run by its id, a unique beginning of it, or `latest` for the newest finished one.

    Raises:
        RunError: If none or several match.
    """
    if name == "latest":
        matches = all_runs(workspace, Wanted(statuses=("finished",), most=1))
    else:
        matches = all_runs(workspace, Wanted(begins=name, most=4)) if name else []
        matches = [record for record in matches if record.run_id == name] or matches
    if len(matches) > 1:
        first = ", ".join(record.run_id for record in matches[:3])
        raise RunError(f"several runs begin with {name!r} ({first} …); give more of the id")
    if not matches:
        raise RunError(f"there is no run {name!r} in {workspace.reports}; `workbench runs` lists them")
    return matches[0]


def _run_folders(reports: Path) -> list[Path]:
    return [path.parent for folder in (RUNS, FAILED) for path in (reports / folder).glob(f"[!.]*/{RUN_FILE}")]
