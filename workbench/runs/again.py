"""Run a run again: the same notebook with the same parameters, whatever became of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import RunError
from workbench.runs.execute import Watch, run_notebook
from workbench.runs.notebooks import find_notebook
from workbench.runs.parameters import read_parameters
from workbench.runs.values import Value, text_of

if TYPE_CHECKING:
    from workbench.runs.record import RunRecord
    from workbench.workspace import Workspace

INTERACTIVE = "interactive"


def retry_run(
    workspace: Workspace, record: RunRecord, *, timeout: float | None = None, watch: Watch = lambda event: None
) -> RunRecord:
    """Run a notebook again as a run says; arguments and return value as of `run_notebook`.

    Raises:
        RunError: If it was no notebook's run, still runs, or its notebook or one of its parameters is gone.
    """
    if record.trigger == INTERACTIVE:
        raise RunError(f"run {record.run_id} was saved by a person in a notebook; run `workbench run NOTEBOOK` instead")
    if record.status == "running":
        raise RunError(f"run {record.run_id} still runs; cancel it first, or wait")
    notebook = notebook_of(workspace, record)
    return run_notebook(
        workspace,
        str(notebook),
        assignments_of(record.parameters, notebook),
        timeout=timeout,
        watch=watch,
        trigger=f"retry of {record.run_id}",
    )


def notebook_of(workspace: Workspace, record: RunRecord) -> Path:
    """Where the notebook of a run lies now.

    Raises:
        RunError: If it is gone.
    """
    written = workspace.root / record.origin.notebook_path
    if record.origin.notebook_path and written.is_file():
        return written.resolve()
    return find_notebook(record.notebook, workspace.root)


def assignments_of(parameters: Mapping[str, Value], notebook: Path) -> list[str]:
    """The parameters of a run as `name=value` texts.

    Raises:
        RunError: If the notebook no longer has one of them.
    """
    known = {parameter.name for parameter in read_parameters(notebook)}
    gone = [name for name in parameters if name not in known]
    if gone:
        raise RunError(
            f"{notebook.name} no longer has the parameter {gone[0]}; run it with `workbench run {notebook.stem}` and -p"
        )
    return [f"{name}={text_of(value)}" for name, value in parameters.items()]
