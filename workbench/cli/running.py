"""`workbench run` and `workbench params`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.options import JsonOption, WorkspaceOption, console, print_json
from workbench.errors import RunError

if TYPE_CHECKING:
    from workbench.runs import RunRecord

NotebookArgument = Annotated[str, typer.Argument(metavar="NOTEBOOK", help="Name of a notebook, or a path to one.")]
ParameterOption = Annotated[
    list[str] | None,
    typer.Option("-p", "--parameter", metavar="NAME=VALUE", help="Set a parameter; `workbench params` lists them."),
]
TimeoutOption = Annotated[
    float | None, typer.Option("--timeout", metavar="SECONDS", min=0.001, help="End the run after so long.")
]


def run(
    notebook: NotebookArgument,
    parameter: ParameterOption = None,
    timeout: TimeoutOption = None,
    workspace: WorkspaceOption = "",
    json: JsonOption = False,
) -> None:
    """Run a notebook in a fresh process and keep its report, result and history."""
    from workbench.runs.execute import run_notebook
    from workbench.runs.progress import progress_display
    from workbench.runs.record import record_to_dict
    from workbench.workspace import open_workspace

    opened = open_workspace(workspace)
    with progress_display(console(stderr=True)) as display:
        record = run_notebook(opened, notebook, parameter or (), timeout=timeout, watch=display.run(notebook))
    if json:
        print_json(record_to_dict(record))
    if record.status != "finished":
        raise RunError(record.reason)
    if not json:
        _print_finished(record)


def params(notebook: NotebookArgument, workspace: WorkspaceOption = "", json: JsonOption = False) -> None:
    """List a notebook's parameters with type, default and meaning."""
    from dataclasses import asdict

    from rich.table import Table

    from workbench.runs.notebooks import find_notebook
    from workbench.runs.parameters import read_parameters
    from workbench.workspace import open_workspace

    parameters = read_parameters(find_notebook(notebook, open_workspace(workspace).root))
    if json:
        print_json([asdict(parameter) for parameter in parameters])
        return
    table = Table("parameter", "type", "default", "meaning", box=None, pad_edge=False)
    for item in parameters:
        kind = f"{item.type} or none" if item.optional else item.type
        table.add_row(item.name, kind, repr(item.default), item.help)
    console().print(table)


def _print_finished(record: RunRecord) -> None:
    summary, out = record.summary, console()
    out.print(f"{record.run_id} finished in {record.seconds:.0f} s", markup=False)
    if summary.headline:
        out.print(summary.headline, markup=False)
    if summary.analysis:
        out.print(f"checks: {summary.checks_passed} passed, {summary.checks_failed} failed")
    out.print(str((record.path or "") and record.path / "report.pdf"), markup=False, soft_wrap=True)  # type: ignore[operator]
