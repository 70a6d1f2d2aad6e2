"""The fresh process of one run: papermill, one kernel, then the reports. Started by `execute`, never by hand."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from workbench.runs.light_papermill import import_papermill

if __name__ == "__main__":
    import_papermill()

import psutil
from jupyter_client import AsyncKernelManager
from jupyter_client.provisioning import KernelProvisionerFactory
from nbclient.exceptions import DeadKernelError
from papermill.exceptions import PapermillExecutionError
from papermill.execute import execute_notebook
from traitlets import default

from workbench.errors import WorkbenchError
from workbench.runs.bounded_output import ENGINE
from workbench.runs.events import Event, Request, summary_to_dict
from workbench.runs.kernel_ahead import kernel_ahead
from workbench.runs.parameters import PARAMETERS_TAG, read_cells, source_of
from workbench.runs.process import family_of, kill
from workbench.runs.record import summary_of
from workbench.runs.redaction import Redaction, redaction_of
from workbench.runs.staging import storage_sentence
from workbench.workspace import Workspace, open_workspace

NOTEBOOK_FILE = "notebook.ipynb"
KERNEL = "python3"


class _SocketKernelManager(AsyncKernelManager):
    """A kernel behind Unix sockets in a private folder: the TCP ports of parallel runs can race."""

    @default("transport")
    def _unix_sockets(self) -> str:
        return "ipc"

    @default("connection_file")
    def _private_connection_file(self) -> str:
        return str(Path(os.environ["JUPYTER_RUNTIME_DIR"]) / "kernel.json")


def main() -> None:
    """Read a `Request` from stdin, report `Event`s to the file descriptor named by the first argument."""
    events = int(sys.argv[1])
    os.set_inheritable(events, False)
    request = Request(**json.loads(sys.stdin.buffer.readline()))
    KernelProvisionerFactory.instance().default_provisioner_name = kernel_ahead()
    threading.Thread(target=_end_with_supervisor, daemon=True).start()

    def tell(event: Event) -> None:
        os.write(events, event.line())

    tell(_outcome(request, tell))


def _outcome(request: Request, tell: Callable[[Event], None]) -> Event:
    try:
        workspace = open_workspace(request.workspace)
    except WorkbenchError as error:
        return Event(kind="failed", reason=str(error), explained=True)
    redaction = redaction_of(workspace, request.run["parameters"])
    ended = _executed(request, tell, workspace, redaction)
    return replace(ended, reason=redaction.text(ended.reason))


def _executed(request: Request, tell: Callable[[Event], None], workspace: Workspace, redaction: Redaction) -> Event:
    progress = _Progress(tell)
    try:
        _execute(request, progress, redaction)
        return _report(request, tell, workspace)
    except PapermillExecutionError as error:
        return _cell_failed(error, progress)
    except DeadKernelError:
        reason = f"the kernel died while running {progress.where} (most often for lack of memory)"
        return Event(kind="died", reason=reason)
    except OSError as error:
        return Event(kind="failed", reason=storage_sentence(error, Path(request.folder).parents[1]), explained=True)
    except WorkbenchError as error:
        return Event(kind="failed", reason=str(error), explained=True)
    except Exception as error:
        return Event(kind="failed", reason=f"{type(error).__name__} after {progress.where}: {error}")


def _execute(request: Request, progress: _Progress, redaction: Redaction) -> None:
    progress.headings = _headings(Path(request.notebook), injected=bool(request.assigned))
    execute_notebook(
        _unformatted(request.notebook),
        _unformatted(f"{request.folder}/{NOTEBOOK_FILE}"),
        parameters=request.assigned,
        engine_name=ENGINE,
        kernel_name=KERNEL,
        language="python",
        progress_bar=False,
        cwd=request.cwd or str(Path(request.notebook).parent),
        kernel_manager_class=_SocketKernelManager,
        on_cell_start=progress.cell_started,
        redaction=redaction,
    )


class _Progress:
    """Counts code cells as a reader of the executed notebook would."""

    def __init__(self, tell: Callable[[Event], None]) -> None:
        self._tell = tell
        self.headings: list[str] = []
        self.number = 0

    @property
    def title(self) -> str:
        return self.headings[self.number - 1] if 0 < self.number <= len(self.headings) else ""

    @property
    def where(self) -> str:
        named = f" ({self.title})" if self.title else ""
        return f"cell {self.number}{named}" if self.number else "the start of the kernel"

    def cell_started(self, cell: Any, cell_index: int) -> None:
        if cell.cell_type == "code" and cell.source.strip():
            self.number += 1
            self._tell(Event(kind="cell", number=self.number, total=len(self.headings), title=self.title))


def _report(request: Request, tell: Callable[[Event], None], workspace: Workspace) -> Event:
    folder = Path(request.folder)
    summary = summary_to_dict(summary_of(folder / "result"))
    tell(Event(kind="step", title="writing the report"))
    from workbench.present.export import export_html, export_pdf
    from workbench.present.house import house_of

    run, house = {**request.run, "summary": summary}, house_of(workspace)
    export_pdf(folder / NOTEBOOK_FILE, folder / "report.pdf", run=run, house=house)
    export_html(folder / NOTEBOOK_FILE, folder / "report.html", run=run, house=house)
    return Event(kind="done", summary=summary)


def _cell_failed(error: PapermillExecutionError, progress: _Progress) -> Event:
    if error.ename in _names_of(WorkbenchError):
        return Event(kind="failed", reason=str(error.evalue), explained=True)
    message = f": {error.evalue}" if error.evalue else ""
    return Event(kind="failed", reason=f"{error.ename} in {progress.where}{message}")


def _names_of(tree: type[Exception]) -> set[str]:
    return {tree.__name__}.union(*(_names_of(branch) for branch in tree.__subclasses__()))


def _headings(notebook: Path, *, injected: bool) -> list[str]:
    """The heading above each code cell that will run, in order."""
    headings: list[str] = []
    current = ""
    for cell in read_cells(notebook):
        source = source_of(cell).strip()
        if cell.get("cell_type") == "markdown" and source.startswith("#"):
            current = source.splitlines()[0].lstrip("# ").strip()
        elif cell.get("cell_type") == "code" and source:
            repeats = 2 if injected and PARAMETERS_TAG in cell.get("metadata", {}).get("tags", ()) else 1
            headings.extend([current] * repeats)
    return headings


def _unformatted(path: str) -> str:
    # papermill runs str.format over paths.
    return path.replace("{", "{{").replace("}", "}}")


def _end_with_supervisor() -> None:
    """Leave no orphan: stdin closes when the supervisor dies."""
    sys.stdin.buffer.read()
    kill(family_of(os.getpid()) - {psutil.Process()})
    os._exit(1)


if __name__ == "__main__":
    main()
