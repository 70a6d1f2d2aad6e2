"""The last media mix of the same series: what a new one starts from and is compared with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import RunError
from workbench.runs.last_run import AUTO, NONE, last_run, load_result

if TYPE_CHECKING:
    from workbench.mmm.result import MediaMixResult
    from workbench.runs.record import RunRecord
    from workbench.workspace import Workspace

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
    found = last_run(
        workspace,
        last,
        of_series=lambda record: _is_of_series(record, weeks),
        use=lambda folder: _usable(folder, workspace.currency),
        told=_told,
    )
    return LastFit(result=found.found, run=found.run, note=found.note)


def _is_of_series(record: RunRecord, weeks: int) -> bool:
    from workbench.mmm.result import MediaMixResult

    return record.summary.analysis == MediaMixResult.analysis and record.parameters.get(SERIES, 0) == weeks


def _usable(folder: Path, currency: str) -> MediaMixResult:
    from workbench.mmm.result import MediaMixResult

    result = load_result(MediaMixResult, folder)
    if "convergence" in {check.name for check in result.failed_checks}:
        raise RunError(f"the sampling of run {folder.name} had not converged")
    if result.currency != currency:
        raise RunError(f"run {folder.name} counts in {result.currency}, not in {currency}")
    return result


def _told(run: str, result: MediaMixResult) -> str:
    made = result.provenance.created_at
    day = f" of {made.day} {made:%B %Y}" if made else ""
    return f"Compared with the run{day} ({run})."
