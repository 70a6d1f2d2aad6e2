"""What a worker of a Dask cluster does for a run: supervises it in a fresh process as if it had been started here."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from distributed import Queue, get_client, get_worker

from workbench.config import CONFIG_FILE
from workbench.errors import RunError, WorkbenchError
from workbench.runs.events import Event, Request, summary_from_dict
from workbench.runs.fan_out.parcel import close, packed
from workbench.runs.fan_out.store import RunStore
from workbench.runs.process import Worker
from workbench.runs.record import RunRecord, origin_of, record_from_dict
from workbench.workspace import WORKSPACE_VARIABLE, open_workspace

if TYPE_CHECKING:
    from workbench.workspace import Workspace

LOG_FILE = "worker.log"
FINAL = ("done", "failed", "died")
BEGAN, ENDED = "began", "ended"
# States of a task that somebody still waits for; the scheduler frees one whose client cancelled it or is gone.
_WANTED = ("executing", "long-running")
# Of a worker; one that lost its scheduler closes.
_AT_WORK = ("running", "paused", "closing_gracefully")
_TICKET_SECONDS = 5


@dataclass(frozen=True, kw_only=True)
class Handback:
    """How a run ended on a worker.

    Attributes:
        host: Address of the worker.
        event: What its process said last, None if it ended without a word.
        code: Exit code of its process where it ended without a word.
        again: Whether it had been begun before, by a worker that is gone: nothing was done this time.
        stored: Whether its folder lies in the store.
        files: Its folder where there is no store.
    """

    host: str
    event: dict[str, Any] | None = None
    code: int = 0
    again: bool = False
    stored: bool = False
    files: dict[str, bytes] = field(default_factory=dict, repr=False)


def ticket_name(run_id: str) -> str:
    """Of the queue that holds a run's ticket: the scheduler starts tasks of dead workers anew, and no run may run twice."""
    return f"workbench-ticket-{run_id}"


def run_here(plain: dict[str, Any], notebook: bytes, topic: str) -> Handback:
    """Execute one run to its end; the task of a Dask worker.

    Args:
        plain: The fields of a `Request`, its paths as they are on the client.
        notebook: Content of the notebook.
        topic: What the run's events are told under.
    """
    host, run_id = get_worker().address, str(plain["run"]["run_id"])
    if not _takes_ticket(run_id):
        return Handback(host=host, again=True)

    def tell(kind: str, event: Event | None = None) -> None:
        with suppress(OSError):
            get_worker().log_event(topic, {"run": run_id, "kind": kind, "host": host, "event": event and asdict(event)})

    tell(BEGAN)
    try:
        with _scratch(run_id) as folder:
            return _supervise(_request_here(Request(**plain), notebook, folder), tell, host)
    except WorkbenchError as error:
        return Handback(host=host, event=_failed(str(error)))
    except OSError as error:
        return Handback(
            host=host, event=_failed(f"{host} couldn't run it ({error}); mend that machine and run it again")
        )
    finally:
        tell(ENDED)


def _supervise(request: Request, tell: Callable[[str, Event | None], None], host: str) -> Handback:
    workspace, folder = open_workspace(request.workspace), Path(request.folder)
    _require_same(request, workspace, host)
    store = RunStore.of(workspace)
    final, code = None, 0
    environment = {"WORKBENCH_RUN_DIR": request.folder, WORKSPACE_VARIABLE: request.workspace}
    with Worker(request, environment=environment, log=folder / LOG_FILE) as process:
        for event in process.events():
            if not _is_wanted():
                return Handback(host=host, event=_failed("nobody waits for it"))
            if event and event.kind in FINAL:
                final = event
                break
            if event:
                tell("event", event)
        else:
            code = process.exit_code()
    close(folder, _ended(request, final))
    if store:
        store.put(str(request.run["run_id"]), folder)
    files = {} if store else packed(folder)
    last = asdict(final) if final else None
    return Handback(host=host, event=last, code=code, stored=store is not None, files=files)


def _takes_ticket(run_id: str) -> bool:
    tickets = Queue(ticket_name(run_id), client=get_client())
    try:
        return bool(tickets.qsize() and tickets.get(timeout=_TICKET_SECONDS))
    except TimeoutError:
        return False


def _is_wanted() -> bool:
    worker = get_worker()
    task = worker.state.tasks.get(worker.get_current_task())
    return task is not None and task.state in _WANTED and worker.status.name in _AT_WORK


@contextmanager
def _scratch(run_id: str) -> Iterator[Path]:
    """A folder of the run's own on this worker, which the cluster clears away if the worker is killed."""
    room = Path(tempfile.mkdtemp(prefix="run-", dir=get_worker().local_directory))
    folder = room / "runs" / run_id
    try:
        folder.mkdir(parents=True)
        yield folder
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _request_here(request: Request, notebook: bytes, folder: Path) -> Request:
    """The same request with the paths of this machine."""
    root, original = _root(request.workspace), Path(request.notebook)
    copy = folder.parents[1] / original.name
    copy.write_bytes(notebook)
    beside = original.parent if original.parent.is_dir() else root
    return replace(request, notebook=str(copy), folder=str(folder), workspace=str(root), cwd=str(beside))


def _root(workspace: str) -> Path:
    for folder in (workspace, os.environ.get(WORKSPACE_VARIABLE, "")):
        if folder and (Path(folder) / CONFIG_FILE).is_file():
            return Path(folder)
    raise RunError(
        f"worker {get_worker().address} finds no {CONFIG_FILE} in {workspace}; put the workspace on storage that all machines share, "
        f"or set {WORKSPACE_VARIABLE} where the workers start"
    )


def _require_same(request: Request, workspace: Workspace, host: str) -> None:
    """A run must not be told as made by code or configuration that it wasn't made by."""
    here, there = origin_of(Path(request.notebook), workspace.root), record_from_dict(request.run).origin
    for what, mine, wanted in (
        ("version of the workbench", here.code_sha256, there.code_sha256),
        (f"{CONFIG_FILE} in {workspace.root}", here.config_sha256, there.config_sha256),
    ):
        if mine != wanted:
            raise RunError(
                f"worker {host} has another {what} than whoever started the run; bring both to the same state"
            )


def _ended(request: Request, final: Event | None) -> RunRecord:
    record = record_from_dict(request.run)
    if final is None or final.kind != "done":
        return record.ended("failed", reason=final.reason if final else "its process ended without a word")
    return replace(record.ended("finished"), summary=summary_from_dict(final.summary))


def _failed(reason: str) -> dict[str, Any]:
    return asdict(Event(kind="failed", reason=reason, explained=True))
