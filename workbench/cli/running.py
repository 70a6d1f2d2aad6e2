"""`workbench run` and `workbench params`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.history import print_finished
from workbench.cli.notify import tell
from workbench.cli.options import JsonOption, WorkspaceOption, console, print_json
from workbench.errors import RunError

if TYPE_CHECKING:
    from workbench.runs.fork_server import Forks
    from workbench.runs.record import RunRecord
    from workbench.workspace import Workspace

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

EachOption = Annotated[
    list[str] | None,
    typer.Option(
        "--each", metavar="NAME=A,B,C", help="A run for each value; @FILE:COLUMN, or market=all; may be repeated."
    ),
]
GridOption = Annotated[
    str,
    typer.Option("--grid", metavar="FILE", help="A run for each row of a CSV or Parquet file; columns are parameters."),
]
ParallelOption = Annotated[
    int, typer.Option("--parallel", min=0, max=512, help="With --each or --grid: runs at once; 0 for one a core.")
]
RetriesOption = Annotated[
    int, typer.Option("--retries", min=0, max=20, help="With --each or --grid: tries more of a run whose process died.")
]


def run(
    notebook: NotebookArgument,
    parameter: ParameterOption = None,
    timeout: TimeoutOption = None,
    reuse: ReuseOption = False,
    each: EachOption = None,
    grid: GridOption = "",
    parallel: ParallelOption = 0,
    retries: RetriesOption = 1,
    workspace: WorkspaceOption = "",
    json: JsonOption = False,
) -> None:
    """Run a notebook in a process of its own and keep its report, result and history; with --each or --grid many times at once."""
    if each or grid:
        _run_many(notebook, parameter or [], each or [], grid, parallel, retries, timeout, reuse, workspace, json)
        return
    from workbench.runs.fork_ahead import forks_ahead
    from workbench.workspace import open_workspace

    opened = open_workspace(workspace)
    # A run that may be none needs no process ahead.
    with nullcontext() if reuse else forks_ahead() as forks:
        record, earlier = _run_one(opened, notebook, parameter or (), timeout, reuse, forks)
    _tell_of(opened, record, earlier, reuse, json)


def _run_one(
    workspace: Workspace,
    notebook: str,
    assigned: Sequence[str],
    timeout: float | None,
    reuse: bool,
    forks: Forks | None,
) -> tuple[RunRecord, RunRecord | None]:
    """The run, and today's run of the same inputs if there is one, which may be it."""
    from workbench.runs.execute import run_notebook
    from workbench.runs.progress import progress_display
    from workbench.runs.reuse import run_made_before

    earlier = run_made_before(workspace, notebook, assigned, ask_engine=reuse)
    if earlier and reuse:
        return earlier, earlier
    with progress_display(console(stderr=True)) as display:
        watch = display.run(notebook)
        record = run_notebook(
            workspace, notebook, assigned, timeout=timeout, watch=watch, ask_engine=reuse, forks=forks
        )
    return record, earlier


def _tell_of(workspace: Workspace, record: RunRecord, earlier: RunRecord | None, reuse: bool, json: bool) -> None:
    """Print what became of a run, and tell who is to be told.

    Raises:
        RunError: If it didn't finish.
    """
    from workbench.runs.record import record_to_dict

    if earlier and not json:
        told = "is taken" if reuse else "read the same; --reuse takes such a run instead of repeating it"
        console(stderr=True).print(f"run {earlier.run_id} of today {told}", markup=False)
    if json:
        print_json(record_to_dict(record))
    elif record.status == "finished":
        print_finished(record)
    if record is not earlier:
        tell(workspace, record)
    if record.status != "finished":
        raise RunError(record.reason)


def _run_many(
    notebook: str,
    shared: list[str],
    each: list[str],
    table: str,
    parallel: int,
    retries: int,
    timeout: float | None,
    reuse: bool,
    workspace: str,
    json: bool,
) -> None:
    from workbench.cli.fan_out import run_each
    from workbench.runs.fan_out import grid_of
    from workbench.workspace import open_workspace

    if reuse:
        raise RunError("--reuse is of single runs; leave it out with --each and --grid")
    opened = open_workspace(workspace)
    grid = grid_of(opened, notebook, shared, each, table)
    run_each(opened, notebook, grid, parallel=parallel, retries=retries, timeout=timeout, json=json)


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
