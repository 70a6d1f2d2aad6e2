"""The last media mix of the same series: what a new one starts from and is compared with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import RunError
from workbench.runs.last_run import AUTO, NONE, last_run, load_result
from workbench.runs.values import Value

if TYPE_CHECKING:
    from workbench.mmm.result import MediaMixResult
    from workbench.runs.record import RunRecord
    from workbench.workspace import Workspace

# Of the notebook's parameters those that choose the series, with what they are where nothing was said.
SERIES: dict[str, Value] = {"weeks": 0, "market": ""}


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


def last_fit(workspace: Workspace, last: str = AUTO, *, weeks: int = 0, market: str = "") -> LastFit:
    """Find the fit to start from.

    Args:
        workspace: Whose runs are looked through.
        last: `auto` for the newest finished run of the same series, `none` for no run, else a run's id, a unique beginning of
            it, or its folder.
        weeks: Chooses the series as the notebook's parameter does: number of last weeks, 0 for all.
        market: Likewise: the only market, empty for all.

    Returns:
        The fit. Under `auto` a run that can't be used is passed over and named, never an error.

    Raises:
        RunError: If the run that was named can't be used.
    """
    found = last_run(
        workspace,
        last,
        of_series=lambda record: _is_of_series(record, {"weeks": weeks, "market": market}),
        use=lambda folder: _usable(folder, workspace.currency),
        told=_told,
    )
    return LastFit(result=found.found, run=found.run, note=found.note)


def _is_of_series(record: RunRecord, series: dict[str, Value]) -> bool:
    from workbench.mmm.result import MediaMixResult

    found = {name: record.parameters.get(name, absent) for name, absent in SERIES.items()}
    return record.summary.analysis == MediaMixResult.analysis and found == series


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
