"""`workbench demo`: the whole loop once, and a table of what it found."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from workbench.cli.options import JsonOption, WorkspaceOption, console, print_json

if TYPE_CHECKING:
    from workbench.runs import RunRecord
    from workbench.workspace import Workspace


def demo(workspace: WorkspaceOption = "", json: JsonOption = False) -> None:
    """Run the reports in the order of the loop: segments, scores, next best actions, one readout of each kind of test, media mix, plan, review."""
    from workbench.runs.record import record_to_dict
    from workbench.workspace import open_workspace

    opened = open_workspace(workspace)
    _build_sample(opened)
    records = _run_all(opened)
    if json:
        print_json([record_to_dict(record) for record in records])
    else:
        _print_table(records, opened)
    if any(record.status != "finished" for record in records):
        raise typer.Exit(1)


def _build_sample(workspace: Workspace) -> None:
    """Simulate the sample company where the repository's own workspace still lacks its tables."""
    from workbench.runs.record import REPOSITORY

    folder = workspace.root / "data" / "sample"
    if workspace.root != REPOSITORY or folder.is_dir():
        return
    from workbench.data.synthetic import write_sample

    with console(stderr=True).status("simulating the sample company"):
        write_sample(folder)


def _run_all(workspace: Workspace) -> list[RunRecord]:
    from workbench.runs.execute import run_notebook
    from workbench.runs.progress import progress_display
    from workbench.runs.steady_forks import SteadyForks

    plan = _plan(workspace)
    records: list[RunRecord] = []
    with progress_display(console(stderr=True), total=len(plan)) as display, SteadyForks() as forks:
        for notebook, assignments in plan:
            watch = display.run(" ".join([notebook, *assignments]))
            records.append(run_notebook(workspace, notebook, assignments, watch=watch, forks=forks))
            if records[-1].status == "cancelled":
                break
    return records


def _plan(workspace: Workspace) -> list[tuple[str, list[str]]]:
    # Readouts go before the media mix, which reads their lift records; the plan reads the media mix, and its review the plan.
    # One of each kind shows what there is to see.
    first_of = {spec.kind: name for name, spec in reversed(workspace.config.experiments.items())}
    named = [name for name in workspace.config.experiments if name in first_of.values()]
    readouts = [("experiment_readout", [f"experiment={name}"]) for name in named]
    under_way = workspace.has("later_media") and workspace.has("later_kpi")
    review: list[tuple[str, list[str]]] = [("performance_review", [])] if under_way else []
    plan = [("media_mix", []), ("scenario_planning", []), *review]
    return [("segmentation", []), *_for_customers(workspace), *readouts, *plan]


def _for_customers(workspace: Workspace) -> list[tuple[str, list[str]]]:
    """The scores that actions stand on, or the first one, then the actions; nothing that isn't declared."""
    actions = workspace.config.next_best_action.actions.values()
    wanted = dict.fromkeys(action.score for action in actions if action.score) or list(workspace.config.scores)[:1]
    scores = [("propensity", [f"score={name}"]) for name in wanted]
    return [*scores, ("next_best_action", [])] if actions else scores


def _print_table(records: list[RunRecord], workspace: Workspace) -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table("report", "headline finding", "checks passed / failed", "PDF")
    for record in records:
        summary = record.summary
        finished = record.status == "finished"
        told = escape(summary.headline if finished else f"{record.status}: {record.reason}")
        table.add_row(
            escape(_title(record)),
            told if finished else f"[red]{told}",
            f"{summary.checks_passed} / {summary.checks_failed}" if finished else "–",
            escape(_pdf(record, workspace)) if finished else "–",
        )
    table.columns[3].overflow = "fold"
    console().print(table)


def _pdf(record: RunRecord, workspace: Workspace) -> str:
    from workbench.runs.latest import latest_report

    path = latest_report(workspace.reports, record)

    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _title(record: RunRecord) -> str:
    experiment = record.parameters.get("experiment")
    return f"{record.notebook}\n{experiment}" if experiment else record.notebook
