"""`workbench run` and `workbench params`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.history import print_finished
from workbench.cli.notify import tell
from workbench.cli.options import JsonOption, WorkspaceOption, console, print_json
from workbench.errors import RunError

if TYPE_CHECKING:
    pass

NotebookArgument = Annotated[str, typer.Argument(metavar="NOTEBOOK", help="Name of a notebook, or a path to one.")]
ParameterOption = Annotated[
    list[str] | None,
    typer.Option("-p", "--parameter", metavar="NAME=VALUE", help="Set a parameter; `workbench params` lists them."),
]
TimeoutOption = Annotated[
    float | None, typer.Option("--timeout", metavar="SECONDS", min=0.001, help="End the run after so long.")
]

ReuseOption = Annotated[
    bool,
    typer.Option("--reuse", help="Take today's run of the same notebook, code, parameters and data, if there is one."),
]


def run(
    notebook: NotebookArgument,
    parameter: ParameterOption = None,
    timeout: TimeoutOption = None,
    reuse: ReuseOption = False,
    workspace: WorkspaceOption = "",
    json: JsonOption = False,
) -> None:
    """Run a notebook in a fresh process and keep its report, result and history."""
    from workbench.runs.execute import run_notebook
    from workbench.runs.progress import progress_display
    from workbench.runs.record import record_to_dict
    from workbench.runs.reuse import run_made_before
    from workbench.workspace import open_workspace

    opened, assigned = open_workspace(workspace), parameter or ()
    record = earlier = run_made_before(opened, notebook, assigned, ask_engine=reuse)
    if record is None or not reuse:
        with progress_display(console(stderr=True)) as display:
            watch = display.run(notebook)
            record = run_notebook(opened, notebook, assigned, timeout=timeout, watch=watch, ask_engine=reuse)
    if earlier and not json:
        told = "is taken" if reuse else "read the same; --reuse takes such a run instead of repeating it"
        console(stderr=True).print(f"run {earlier.run_id} of today {told}", markup=False)
    if json:
        print_json(record_to_dict(record))
    elif record.status == "finished":
        print_finished(record)
    if record is not earlier:
        tell(opened, record)
    if record.status != "finished":
        raise RunError(record.reason)


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
