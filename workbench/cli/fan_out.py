"""`workbench run NOTEBOOK --each …`: many runs, their progress in one place, one verdict at the end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.cli.history import print_finished
from workbench.cli.notify import tell
from workbench.cli.options import console, print_json
from workbench.errors import RunError

if TYPE_CHECKING:
    from workbench.runs.record import RunRecord
    from workbench.workspace import Workspace

SUMMARY = "market_summary"


def run_each(
    workspace: Workspace,
    notebook: str,
    grid: Sequence[Sequence[str]],
    *,
    parallel: int,
    retries: int,
    timeout: float | None,
    json: bool,
) -> str:
    """Run a grid, print what became of each run, and tell who is to be told; the fan-out's id.

    Raises:
        RunError: If a run didn't finish.
    """
    from workbench.runs.fan_out.batch import new_batch, run_batch
    from workbench.runs.fan_out.grid import differing
    from workbench.runs.progress import progress_display
    from workbench.runs.record import record_to_dict

    labels, batch = differing(grid), new_batch(notebook)
    with progress_display(console(stderr=True), total=len(grid), together=True) as display:
        records = run_batch(
            workspace,
            notebook,
            grid,
            batch=batch,
            parallel=parallel,
            retries=retries,
            timeout=timeout,
            watches=lambda number: display.run(labels[number] or f"run {number + 1}"),
        )
    if json:
        print_json([record_to_dict(record) for record in records])
    else:
        _print(records, batch)
    tell(workspace, *records)
    if not json:
        _summarise(workspace, records, batch)
    _require_all_finished(records, len(grid))
    return batch


def _summarise(workspace: Workspace, records: Sequence[RunRecord], batch: str) -> None:
    """One report over all runs, where at least two have something to compare; who is to be told is told of it, too."""
    from workbench.runs.execute import run_notebook
    from workbench.runs.progress import progress_display

    compared = [record for record in records if record.status == "finished" and record.summary.analysis]
    if len(compared) < 2 or any(record.status == "cancelled" for record in records):
        return
    with progress_display(console(stderr=True)) as display:
        summary = run_notebook(workspace, SUMMARY, [f"batch={batch}"], watch=display.run(SUMMARY))
    if summary.status == "finished":
        print_finished(summary)
    else:
        console(stderr=True).print(f"no summary: {summary.reason}", markup=False)
    tell(workspace, summary)


def _print(records: Sequence[RunRecord], batch: str) -> None:
    from rich.table import Table

    from workbench.cli.history import plain

    table = Table("run", "status", "seconds", "what it found, or why it ended", box=None, pad_edge=False)
    for record in records:
        told = plain(record.reason or record.summary.headline)
        table.add_row(record.run_id, record.status, f"{record.seconds:.0f}", told)
    console().print(table)
    print(f"fan-out {batch}; `workbench runs --batch {batch}` lists it")


def _require_all_finished(records: Sequence[RunRecord], asked: int) -> None:
    bad = [record for record in records if record.status != "finished"]
    if not bad and len(records) == asked:
        return
    named = "; ".join(f"{record.run_id} {record.status.replace('_', ' ')} ({record.reason})" for record in bad[:3])
    more = f"; and {len(bad) - 3} more" if len(bad) > 3 else ""
    begun = f", {asked - len(records)} were never begun" if len(records) < asked else ""
    raise RunError(f"{len(bad)} of {asked} runs didn't finish{begun}: {named}{more}")
