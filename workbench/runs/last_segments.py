"""The last segmentation of the same kind: its cut-offs stay frozen, and customers are compared with where it saw them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import RunError
from workbench.runs.last_run import AUTO, NONE, last_run, load_result
from workbench.runs.segment_members import segment_members

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from workbench.runs.record import RunRecord
    from workbench.segments.movement.previous import Previous
    from workbench.segments.outcome import SegmentationResult
    from workbench.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class LastSegments:
    """What an earlier run left.

    Attributes:
        previous: That run, None where there is none.
        run: Its id, `none` where there is none.
        note: What a reader is told about the choice.
    """

    previous: Previous | None = None
    run: str = NONE
    note: str


def last_segments(workspace: Workspace, last: str = AUTO, *, calibration_end: str = "") -> LastSegments:
    """Find the segmentation to keep cut-offs of and to compare with.

    Args:
        workspace: Whose runs are looked through.
        last: `auto` for the newest finished run of the same series, `none` for no run, else a run's id, a unique beginning of it, or
            its folder.
        calibration_end: Of the notebook's parameters. Runs up to a day of the past are explorations: they make a series of their own.

    Returns:
        The run. Under `auto` a run that can't be used is passed over and named, never an error.

    Raises:
        RunError: If the run that was named can't be used.
    """
    found = last_run(
        workspace,
        last,
        of_series=lambda record: _is_of_series(record, calibration_end),
        use=lambda folder: _usable(folder, workspace, calibration_end),
        told=_told,
    )
    return LastSegments(previous=found.found, run=found.run, note=found.note)


def _is_of_series(record: RunRecord, calibration_end: str) -> bool:
    explores = bool(record.parameters.get("calibration_end", ""))
    return record.summary.analysis == "segmentation" and explores == bool(calibration_end)


def _usable(folder: Path, workspace: Workspace, calibration_end: str) -> Previous:
    from workbench.segments.outcome import SegmentationResult

    result = load_result(SegmentationResult, folder)
    _require_comparable(folder.name, result, workspace, calibration_end)
    return _previous(folder, result, workspace)


def _told(run: str, previous: Previous) -> str:
    return f"Compared with the run {run}, which saw customers as of {previous.result.valued_at:%-d %B %Y}."


def _require_comparable(run: str, result: SegmentationResult, workspace: Workspace, calibration_end: str) -> None:
    from workbench.segments.rule_books import RULE_BOOKS

    config = workspace.config.segmentation
    version = RULE_BOOKS[config.rules].version
    if calibration_end and result.valued_at.isoformat() > calibration_end:
        raise RunError(f"run {run} saw customers as of {result.valued_at}, later than {calibration_end}")
    if result.cutoffs.version != version:
        raise RunError(f"run {run} named segments by the rules {result.cutoffs.version}, not {version}")
    if (result.currency, result.horizon, result.time_unit) != (workspace.currency, config.horizon, config.time_unit):
        raise RunError(
            f"run {run} values {result.horizon} {result.time_unit}s in {result.currency}, "
            f"not {config.horizon} {config.time_unit}s in {workspace.currency}"
        )


def _previous(folder: Path, result: SegmentationResult, workspace: Workspace) -> Previous:
    from workbench.customers.erasure import forget
    from workbench.segments.movement.previous import Previous

    handed = segment_members(folder)
    kept = forget(handed, workspace.optional_table("erasures"))
    gone = _by_segment(handed).sub(_by_segment(kept), fill_value=0)
    gone = gone[gone.customers > 0].reset_index()
    return Previous(run=folder.name, result=result, members=kept, erased=gone)


def _by_segment(members: pa.Table) -> pd.DataFrame:
    totals = members.group_by("segment").aggregate([("customer_id", "count"), ("expected_value", "sum")]).to_pandas()
    named = totals.rename(columns={"customer_id_count": "customers", "expected_value_sum": "value"})
    return named.set_index("segment")[["customers", "value"]]
