"""Finished runs as later analyses, apps and reports read them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import RunError
from workbench.runs.parents import note_parent
from workbench.runs.record import RUN_FILE, RunRecord, read_record
from workbench.runs.staging import FAILED, RUNS

if TYPE_CHECKING:
    import pandas as pd

    from workbench.result import Result
    from workbench.workspace import Workspace


def finished_runs(reports: Path) -> list[RunRecord]:
    """All finished runs, the newest first.

    Raises:
        RunError: If a run folder's record can't be read.
    """
    return _all_readable(reports / RUNS)


def readable_runs(reports: Path) -> tuple[list[RunRecord], list[RunError]]:
    """The finished runs whose record can be read, the newest first, and what is wrong with the others: for whoever can do
    without some of them."""
    return _records(reports / RUNS)


def failed_runs(reports: Path) -> list[RunRecord]:
    """All runs that left evidence of a failure, the newest first."""
    return _all_readable(reports / FAILED)


def recorded_runs(reports: Path) -> list[RunRecord]:
    """All runs that left a readable folder, finished or not."""
    return [record for folder in (RUNS, FAILED) for record in _records(reports / folder)[0]]


def recorded_run(reports: Path, run_id: str) -> RunRecord | None:
    """What the folder of a run tells, None where it left none that can be read."""
    for folder in (RUNS, FAILED):
        if (reports / folder / run_id / RUN_FILE).is_file():
            with suppress(RunError):
                return read_record(reports / folder / run_id)
    return None


def latest_run(reports: Path, analysis: str) -> RunRecord:
    """The newest finished run of an analysis, of the whole company.

    Raises:
        RunError: If there is none.
    """
    finished = finished_runs(reports)
    found = [record for record in finished if record.summary.analysis == analysis and not record.market]
    if not found:
        raise RunError(f"there is no finished {analysis} run in {reports / RUNS}; run `workbench run {analysis}` first")
    return found[0]


def latest_result[R: Result](workspace: Workspace, result_class: type[R]) -> R:
    """The newest result of a class.

    Raises:
        RunError: If no finished run saved one.
    """
    newest = latest_run(workspace.reports, result_class.analysis)
    found = result_class.load(newest.result_folder)
    note_parent(newest.run_id)
    return found


def collect_handoff(reports: Path, file_name: str, key: str) -> pd.DataFrame:
    """One hand-off file over all finished runs; for each value of `key` the rows of the newest run that has it.

    Returns:
        The rows, newest run first, with the column `run_id` added; an empty frame where no run wrote such a file.

    Raises:
        RunError: If a file lacks the key.
    """
    import pandas as pd

    from workbench.runs.handoff import read_handoff

    frames: list[pd.DataFrame] = []
    seen: set[object] = set()
    for record in finished_runs(reports):
        path = (record.path or reports) / "handoff" / file_name
        if not path.is_file():
            continue
        frame = read_handoff(path)
        if key not in frame:
            raise RunError(f"{path} has no column {key}; run {record.notebook} again")
        frames.append(frame[~frame[key].isin(seen)].assign(run_id=record.run_id))
        seen |= set(frame[key])
    kept = [frame for frame in frames if len(frame)]
    return pd.concat(kept, ignore_index=True) if kept else pd.DataFrame()


def _all_readable(folder: Path) -> list[RunRecord]:
    records, unreadable = _records(folder)
    if unreadable:
        raise unreadable[0]
    return records


def _records(folder: Path) -> tuple[list[RunRecord], list[RunError]]:
    records: list[RunRecord] = []
    unreadable: list[RunError] = []
    for path in folder.glob(f"*/{RUN_FILE}"):
        if path.parent.name.startswith("."):
            continue
        try:
            records.append(read_record(path.parent))
        except RunError as error:
            unreadable.append(error)
    return sorted(records, key=lambda run: (run.started_at, run.run_id), reverse=True), unreadable
