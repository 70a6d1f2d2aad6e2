"""Run a notebook: validated parameters, a fresh process, a truthful status, a folder that appears complete."""

from __future__ import annotations

import json
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from workbench.errors import RunError
from workbench.present.house import house_of
from workbench.runs.data_state import data_sha256
from workbench.runs.events import Event, Request, summary_from_dict
from workbench.runs.fork_server import Forks
from workbench.runs.latest import keep_latest
from workbench.runs.learnings import log_learnings
from workbench.runs.ledger import Ledger
from workbench.runs.notebooks import find_notebook
from workbench.runs.parameters import parse_assignments, read_parameters, with_defaults
from workbench.runs.parents import taken_parents
from workbench.runs.process import Interruption, Worker
from workbench.runs.record import COMMAND, RunRecord, Status, Summary, new_run_id, origin_of
from workbench.runs.redaction import Redaction, redaction_of
from workbench.runs.staging import FAILED, clean_leftovers, discard, publish, stage, storage_sentence
from workbench.runs.values import Value

if TYPE_CHECKING:
    from workbench.workspace import Workspace

NOTEBOOK_FILE = "notebook.ipynb"
LOG_FILE = "worker.log"
HEARTBEAT_SECONDS = 2.0

type Watch = Callable[[Event], None]
type Elsewhere = Callable[[Request], AbstractContextManager[Supervised]]


class Supervised(Protocol):
    """A run's process, here or elsewhere: what it tells until it ends, and with what code it ended without a word."""

    def events(self) -> Iterator[Event | None]: ...

    def exit_code(self) -> int: ...


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a worker ended, as its supervisor saw it."""

    status: Status
    reason: str = ""
    summary: Summary = field(default_factory=Summary)


def run_notebook(
    workspace: Workspace,
    name: str,
    assignments: Sequence[str] = (),
    *,
    timeout: float | None = None,
    watch: Watch = lambda event: None,
    trigger: str = COMMAND,
    interruption: Interruption | None = None,
    ask_engine: bool = False,
    forks: Forks | None = None,
    elsewhere: Elsewhere | None = None,
    batch: str = "",
) -> RunRecord:
    """Execute a notebook and keep its run.

    Args:
        workspace: Where its data is and its reports go.
        name: A path to a notebook or the name of a known one.
        assignments: Parameters as `name=value`.
        timeout: Seconds after which the run is ended, None for never.
        watch: Told every step as it begins.
        trigger: What started it.
        interruption: Noted by whoever runs several at once; else this run notes signals itself.
        ask_engine: Whether the engine tells the state of data that are no files, by which a later run may recognise this one.
        forks: What to fork the run's process from; else it is started by itself.
        elsewhere: Starts it on another machine, whose files are in the request's folder before its last event.
        batch: The fan-out that it belongs to.

    Returns:
        The run with its final status; only a finished one is in `reports/runs`.

    Raises:
        RunError: If the run can't start, its record can't be kept, or a parameter is wrong.
    """
    notebook = find_notebook(name, workspace.root)
    parameters = read_parameters(notebook)
    assigned = parse_assignments(assignments, parameters, where=notebook.stem)
    # A logo that can't be read is told now, not after the last cell.
    house_of(workspace)
    clean_leftovers(workspace.reports)
    record = _begin(workspace, notebook, with_defaults(assigned, parameters), trigger)
    data = data_sha256(workspace, ask_engine=ask_engine)
    record = replace(record, origin=replace(record.origin, data_sha256=data), batch=batch)
    staged = stage(workspace.reports, record.run_id)
    request = Request.of(
        record, notebook=str(notebook), folder=str(staged), workspace=str(workspace.root), assigned=assigned
    )
    try:
        with nullcontext(interruption) if interruption else Interruption() as stop:
            ledger = Ledger.of(workspace)
            ledger.start(record)
            heartbeat, began = _Heartbeat(ledger, record.run_id), _steady_seconds()
            try:
                process = elsewhere(request) if elsewhere else _worker(request, workspace, forks)
                outcome = _supervise(request, process, timeout=timeout, watch=watch, beat=heartbeat, stop=stop)
            except OSError as error:
                outcome = Outcome(status="failed", reason=storage_sentence(error, workspace.reports))
            ended = _settle(staged, record, outcome, _steady_seconds() - began, workspace)
            _enter(ledger, ended)
            keep_latest(workspace.reports, ended)
            log_learnings(workspace.reports)
    finally:
        discard(staged)
    return ended


def _begin(workspace: Workspace, notebook: Path, parameters: dict[str, Value], trigger: str) -> RunRecord:
    started_at = datetime.now(UTC)
    return RunRecord(
        run_id=new_run_id(notebook.stem, started_at),
        notebook=notebook.stem,
        parameters=parameters,
        started_at=started_at,
        trigger=trigger,
        workspace=workspace.config.workspace.name,
        origin=origin_of(notebook, workspace.root),
    )


class _Heartbeat:
    """Tells the ledger now and then that this supervisor lives, and learns there who wants the run cancelled."""

    def __init__(self, ledger: Ledger, run_id: str) -> None:
        self._ledger, self._run_id, self._last = ledger, run_id, time.monotonic()

    def __call__(self) -> str:
        """Who wants the run cancelled, empty while nobody does."""
        if time.monotonic() - self._last < HEARTBEAT_SECONDS:
            return ""
        self._last = time.monotonic()
        with suppress(RunError):
            return self._ledger.beat(self._run_id)
        return ""


def _worker(request: Request, workspace: Workspace, forks: Forks | None) -> Worker:
    environment = {"WORKBENCH_RUN_DIR": request.folder, "WORKBENCH_WORKSPACE": str(workspace.root)}
    return Worker(request, environment=environment, log=Path(request.folder) / LOG_FILE, forks=forks)


def _supervise(
    request: Request,
    process: AbstractContextManager[Supervised],
    *,
    timeout: float | None,
    watch: Watch,
    beat: Callable[[], str],
    stop: Interruption,
) -> Outcome:
    deadline = time.monotonic() + timeout if timeout else float("inf")
    current = Event(kind="step", title="the start")
    with process as worker:
        for event in worker.events():
            who = beat() or (stop.signal.name if stop.signal else "")
            if who:
                return Outcome(status="cancelled", reason=f"cancelled by {who} during {_place(current)}")
            if time.monotonic() > deadline:
                reason = f"timed out after {timeout:g} s during {_place(current)}; allow more with --timeout or use less data"
                return Outcome(status="timed_out", reason=reason)
            if event and event.kind in ("done", "failed", "died"):
                return _judged(event, request)
            if event:
                current = event
                watch(event)
        return _died(worker.exit_code(), current)


def _judged(event: Event, request: Request) -> Outcome:
    if event.kind == "done":
        return Outcome(status="finished", summary=summary_from_dict(event.summary))
    reason = (
        event.reason if event.explained else f"{event.reason}; the notebook up to there: {_failed_notebook(request)}"
    )
    return Outcome(status="failed" if event.kind == "failed" else "killed", reason=reason)


def _died(code: int, current: Event) -> Outcome:
    if code < 0:
        cause = f"killed by {signal.Signals(-code).name}"
        return Outcome(status="killed", reason=f"the run's process was {cause} during {_place(current)}; run it again")
    reason = f"the run's process ended with code {code} during {_place(current)}; its last words are in {LOG_FILE}"
    return Outcome(status="failed", reason=reason)


def _steady_seconds() -> float:
    """A clock that nobody sets and that goes on while the machine sleeps, where the system has one."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def _settle(staged: Path, record: RunRecord, outcome: Outcome, seconds: float, workspace: Workspace) -> RunRecord:
    """Give the run its place among the finished or the failed ones."""
    if outcome.status == "finished":
        (staged / LOG_FILE).unlink(missing_ok=True)
    else:
        _keep_only_evidence(staged, redaction_of(workspace, record.parameters))
    ended = record.ended(outcome.status, reason=outcome.reason, seconds=seconds)
    ended = replace(ended, summary=outcome.summary, parents=taken_parents(staged))
    try:
        return publish(staged, ended)
    except RunError as error:
        discard(staged)
        reason = (
            str(error) if outcome.status == "finished" else f"{outcome.reason} (and nothing could be kept: {error})"
        )
        return replace(ended, status="failed" if outcome.status == "finished" else outcome.status, reason=reason)


def _keep_only_evidence(staged: Path, redaction: Redaction) -> None:
    """What a failed run leaves: the notebook as far as it came and the log, no results."""
    for path in staged.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name.startswith("report.") or (path.name == LOG_FILE and path.stat().st_size == 0):
            path.unlink()
        elif path.name == LOG_FILE:
            redaction.file(path)
    notebook = staged / NOTEBOOK_FILE
    try:
        json.loads(notebook.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        # Killed while papermill was writing it.
        notebook.unlink(missing_ok=True)


def _enter(ledger: Ledger, ended: RunRecord) -> None:
    try:
        ledger.end(ended)
    except RunError as error:
        kept = f" and is kept in {ended.path}" if ended.path else ""
        raise RunError(f"run {ended.run_id} {ended.status.replace('_', ' ')}{kept}, but {error}") from error


def _failed_notebook(request: Request) -> Path:
    return Path(request.folder).parents[1] / FAILED / str(request.run["run_id"]) / NOTEBOOK_FILE


def _place(event: Event) -> str:
    if event.kind != "cell":
        return event.title
    named = f" ({event.title})" if event.title else ""
    return f"cell {event.number} of {event.total}{named}"
