"""All runs of a reports folder, whether they left a folder, a row of the ledger, or both."""

from __future__ import annotations

from pathlib import Path

from workbench.errors import RunError
from workbench.runs.ledger import Ledger
from workbench.runs.record import RunRecord
from workbench.runs.store import failed_runs, finished_runs


def all_runs(reports: Path) -> list[RunRecord]:
    """Every run, the newest first; its folder's record goes before its row, which knows no artefacts.

    Raises:
        RunError: If the ledger or a run folder can't be read.
    """
    recorded = {record.run_id: record for record in (*finished_runs(reports), *failed_runs(reports))}
    rows = {record.run_id: record for record in Ledger(reports).runs()}
    return sorted((rows | recorded).values(), key=lambda run: (run.started_at, run.run_id), reverse=True)


def find_run(reports: Path, name: str) -> RunRecord:
    """A run by its id, a unique beginning of it, or `latest` for the newest finished one.

    Raises:
        RunError: If none or several match.
    """
    known = all_runs(reports)
    if name == "latest":
        matches = [record for record in known if record.status == "finished"][:1]
    else:
        matches = [record for record in known if record.run_id.startswith(name)]
    if len(matches) > 1:
        first = ", ".join(record.run_id for record in matches[:3])
        raise RunError(f"{len(matches)} runs begin with {name!r} ({first} …); give more of the id")
    if not matches:
        raise RunError(f"there is no run {name!r} in {reports}; `workbench runs` lists them")
    return matches[0]
