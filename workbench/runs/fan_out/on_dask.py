"""Runs of a fan-out on the workers of a Dask cluster, one fresh process each, those of a worker that was killed elsewhere again."""

from __future__ import annotations

import queue
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict
from pathlib import Path
from threading import Event as Flag
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from distributed import Client, Future, Queue

from workbench.errors import RunError
from workbench.runs.events import Event, Request
from workbench.runs.execute import Watch, run_notebook
from workbench.runs.fan_out.cluster import connected
from workbench.runs.fan_out.on_worker import BEGAN, ENDED, Handback, run_here, ticket_name
from workbench.runs.fan_out.parcel import unpack
from workbench.runs.fan_out.store import RunStore
from workbench.runs.ledger import Ledger
from workbench.runs.process import TICK_SECONDS, Interruption

if TYPE_CHECKING:
    from workbench.runs.record import RunRecord
    from workbench.workspace import Workspace

_LAST_WORD_SECONDS = 15.0


class OnDask:
    """Runs on the cluster that a URL names; leaving the context leaves the cluster.

    This process stays the supervisor of every run: it holds the rows of the ledger, and publishes what comes back.
    """

    def __init__(
        self, workspace: Workspace, notebook: str, batch: str, timeout: float | None, stop: Interruption, url: str
    ) -> None:
        self._workspace, self._notebook, self._batch = workspace, notebook, batch
        self._timeout, self._stop, self._url = timeout, stop, url
        self._left = ExitStack()
        self._client: Client
        self._store: RunStore | None = None
        self._heard: dict[str, _Ear] = {}

    def __enter__(self) -> tuple[Self, int]:
        self._store = RunStore.of(self._workspace)
        if self._store:
            self._store.remove_ended(Ledger.of(self._workspace))
        self._client = self._left.enter_context(connected(self._url))
        self._client.subscribe_topic(self._batch, self._hear)
        return self, max(sum(self._client.nthreads().values()), 1)

    def __exit__(self, *error: object) -> None:
        with suppress(Exception):
            self._client.unsubscribe_topic(self._batch)
        self._left.close()

    def __call__(self, assignments: Sequence[str], watch: Watch) -> RunRecord:
        return run_notebook(
            self._workspace,
            self._notebook,
            assignments,
            timeout=self._timeout,
            watch=watch,
            interruption=self._stop,
            elsewhere=self._elsewhere,
            batch=self._batch,
        )

    def _elsewhere(self, request: Request) -> _RunElsewhere:
        run_id = str(request.run["run_id"])
        ear = self._heard[run_id] = _Ear()
        return _RunElsewhere(self._client, request, self._batch, ear, self._store)

    def _hear(self, told: tuple[float, dict[str, Any]]) -> None:
        _, message = told
        if ear := self._heard.get(message["run"]):
            ear.hear(message)


class _Ear:
    """What was heard of one run."""

    def __init__(self) -> None:
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.host = ""
        self.ended = Flag()

    def hear(self, message: dict[str, Any]) -> None:
        if message["kind"] == BEGAN:
            self.host = message["host"]
        elif message["kind"] == ENDED:
            self.ended.set()
        else:
            self.events.put(Event(**message["event"]))


class _RunElsewhere:
    """One run on some worker of the cluster, as its supervisor sees a process; leaving the context ends it there."""

    def __init__(self, client: Client, request: Request, topic: str, ear: _Ear, store: RunStore | None) -> None:
        self._client, self._request, self._topic, self._ear, self._store = client, request, topic, ear, store
        self._run_id, self._code = str(request.run["run_id"]), 0
        self._ticket: Queue | None = None
        self._future: Future[Handback] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._future and not self._future.done():
            with suppress(Exception):
                self._future.cancel()
            if self._ear.host:
                self._ear.ended.wait(_LAST_WORD_SECONDS)
        self._future = None
        with suppress(Exception):
            if self._ticket:
                self._ticket.close()
        with suppress(RunError):
            if self._store:
                self._store.remove(self._run_id)

    def events(self) -> Iterator[Event | None]:
        """What the run tells, None whenever a moment passes in silence; its files are here before its last event."""
        try:
            future = self._submitted()
            while not future.done():
                yield self._next_event()
        except Exception as error:
            yield _lost(f"the cluster didn't take the run ({_in_a_line(error)})")
            return
        while not self._ear.events.empty():
            yield self._ear.events.get()
        if last := self._last_event(future):
            yield last

    def exit_code(self) -> int:
        """Exit code of a process that ended without a word."""
        return self._code

    def _submitted(self) -> Future[Handback]:
        self._ticket = Queue(ticket_name(self._run_id), client=self._client)
        self._ticket.put(True)
        notebook = Path(self._request.notebook).read_bytes()
        self._future = self._client.submit(
            run_here, asdict(self._request), notebook, self._topic, key=self._run_id, pure=False
        )
        return self._future

    def _next_event(self) -> Event | None:
        try:
            return self._ear.events.get(timeout=TICK_SECONDS)
        except queue.Empty:
            return None

    def _last_event(self, future: Future[Handback]) -> Event | None:
        where = f"worker {self._ear.host}" if self._ear.host else "a worker"
        if future.status in ("cancelled", "lost"):
            return _lost(f"the cluster is gone while {where} had the run")
        try:
            handback = future.result()
        except Exception as error:
            return _lost(f"{where} couldn't go on with the run ({_in_a_line(error)})")
        if handback.again:
            return _lost(f"{where} was killed or lost while it had the run")
        self._code = handback.code
        try:
            self._bring(handback)
        except RunError as error:
            return Event(kind="failed", reason=str(error), explained=True)
        return Event(**handback.event) if handback.event else None

    def _bring(self, handback: Handback) -> None:
        folder = Path(self._request.folder)
        if handback.files:
            unpack(handback.files, folder)
        elif handback.stored and self._store:
            self._store.fetch(self._run_id, folder)


def _lost(what: str) -> Event:
    return Event(kind="died", reason=f"{what}; run it again", explained=True)


def _in_a_line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())
