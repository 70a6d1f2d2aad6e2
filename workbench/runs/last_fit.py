"""The last media mix of the same series: what a new one starts from and is compared with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import RunError
from workbench.runs.history import find_run
from workbench.runs.store import readable_runs

if TYPE_CHECKING:
    from workbench.mmm.result import MediaMixResult
    from workbench.runs.record import RunRecord
    from workbench.workspace import Workspace

AUTO, NONE = "auto", "none"
SERIES = "weeks"


@dataclass(frozen=True, kw_only=True)
class LastFit:
    """What an earlier run left.

    Attributes:
        result: What it found, None where there is no such run.
        run: Its id, `none` where there is none.
        note: What a reader is told about the choice.
    """

    result: MediaMixResult | None = None
    run: str = NONE
    note: str


def last_fit(workspace: Workspace, last: str = AUTO, *, weeks: int = 0) -> LastFit:
    """Find the fit to start from.

    Args:
        workspace: Whose runs are looked through.
        last: `auto` for the newest finished run of the same series, `none` for no run, else a run's id, a unique beginning of
            it, or its folder.
        weeks: Of the notebook's parameters the one that chooses the series: number of last weeks, 0 for all.

    Returns:
        The fit. Under `auto` a run that can't be used is passed over and named, never an error.

    Raises:
        RunError: If the run that was named can't be used.
    """
    if last == NONE:
        return LastFit(note="This run was asked to look at no earlier one.")
    if last != AUTO:
        return _named(workspace, last)
    records, unreadable = readable_runs(workspace.reports)
    passed_over = [str(error) for error in unreadable]
    for record in records:
        if not _is_of_series(record, weeks):
            continue
        try:
            result = _usable(record.result_folder, workspace.currency)
        except RunError as error:
            passed_over.append(str(error))
        else:
            return LastFit(result=result, run=record.run_id, note=_note(record.run_id, result, passed_over))
    return LastFit(note=" ".join(("There is no earlier run to compare with.", *_left_out(passed_over))))


def _named(workspace: Workspace, last: str) -> LastFit:
    named = workspace.root / last
    folder = named / "result" if named.is_dir() else find_run(workspace.reports, last).result_folder
    result = _usable(folder, workspace.currency)
    return LastFit(result=result, run=folder.parent.name, note=_note(folder.parent.name, result, []))


def _is_of_series(record: RunRecord, weeks: int) -> bool:
    from workbench.mmm.result import MediaMixResult

    return record.summary.analysis == MediaMixResult.analysis and record.parameters.get(SERIES, 0) == weeks


def _usable(folder: Path, currency: str) -> MediaMixResult:
    from workbench.mmm.result import MediaMixResult

    run = folder.parent.name
    try:
        result = MediaMixResult.load(folder)
    except Exception as error:  # Each kind of damaged file makes its reader raise something of its own.
        reason = " ".join(str(error).replace(f"{folder}/", "").split()) or type(error).__name__
        raise RunError(f"run {run} can't be read ({reason})") from error
    if "convergence" in {check.name for check in result.failed_checks}:
        raise RunError(f"the sampling of run {run} had not converged")
    if result.currency != currency:
        raise RunError(f"run {run} counts in {result.currency}, not in {currency}")
    return result


def _note(run: str, result: MediaMixResult, passed_over: list[str]) -> str:
    made = result.provenance.created_at
    day = f" of {made.day} {made:%B %Y}" if made else ""
    return " ".join((f"Compared with the run{day} ({run}).", *_left_out(passed_over)))


def _left_out(passed_over: list[str]) -> list[str]:
    return [f"Left out: {'; '.join(passed_over)}."] if passed_over else []
