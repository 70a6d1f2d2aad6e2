"""One worker process and its family, from start to certain end."""

from __future__ import annotations

import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO, Self

import psutil

from workbench.runs.events import Event, Request
from workbench.runs.fork_server import ForkedProcess, Forks, ForkServer, ForkServerGone
from workbench.runs.forking import ONE_THREAD

TICK_SECONDS = 0.25
_CANCELLING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interruption:
    """Notes a signal that asks to stop, instead of dying of it half-way."""

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None
        self._previous: dict[signal.Signals, object] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._previous = {number: signal.signal(number, self._note) for number in _CANCELLING}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self.signal = signal.Signals(number)


def fork_server() -> ForkServer:
    """Where many runs are forked from, each as alone as if it were started by itself."""
    return ForkServer({**ONE_THREAD, **os.environ})


class Worker:
    """A fresh process in a session of its own; leaving the context ends it, its kernel and their children."""

    def __init__(
        self, request: Request, *, environment: Mapping[str, str], log: Path, forks: Forks | None = None
    ) -> None:
        self._runtime = Path(tempfile.mkdtemp(prefix="workbench-"))
        self._family: set[psutil.Process] = set()
        self._events, writing = os.pipe()
        self._process: subprocess.Popen[bytes] | ForkedProcess
        own = {**environment, **self._jupyter()}
        try:
            with open(log, "wb") as stream:
                self._process = _forked(forks, own, stream, writing) or _spawned(own, stream, writing)
        finally:
            os.close(writing)
        with suppress(BrokenPipeError):
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(asdict(request)).encode() + b"\n")
            self._process.stdin.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._family |= family_of(self._process.pid)
        kill(self._family | in_sessions_of(self._family))
        self._process.wait()
        with suppress(BrokenPipeError):
            assert self._process.stdin is not None
            self._process.stdin.close()
        os.close(self._events)
        shutil.rmtree(self._runtime, ignore_errors=True)

    def events(self) -> Iterator[Event | None]:
        """What the worker tells, as it tells it; None whenever a moment passes in silence. Ends when the worker does."""
        buffer = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self._events, selectors.EVENT_READ)
            while True:
                self._family |= _newly_below(self._process.pid, self._family)
                if not selector.select(TICK_SECONDS):
                    yield None
                    continue
                chunk = os.read(self._events, 65536)
                if not chunk:
                    return
                *lines, buffer = (buffer + chunk).split(b"\n")
                yield from (Event.read(line) for line in lines)

    def exit_code(self) -> int:
        """Exit code of a worker whose events have ended; negative for the signal that killed it."""
        try:
            return self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return -int(signal.SIGKILL)

    def _jupyter(self) -> dict[str, str]:
        return {"JUPYTER_RUNTIME_DIR": str(self._runtime), "JUPYTER_PREFER_ENV_PATH": "1"}


def _forked(forks: Forks | None, environment: Mapping[str, str], log: IO[bytes], events: int) -> ForkedProcess | None:
    """None where there is no server, or it is gone: a run can be started by itself as well."""
    with suppress(ForkServerGone):
        return forks.start(environment=environment, log=log.fileno(), events=events) if forks else None
    return None


def _spawned(environment: Mapping[str, str], log: IO[bytes], events: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "workbench.runs.worker", str(events)],
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=subprocess.STDOUT,
        pass_fds=(events,),
        start_new_session=True,
        env={**ONE_THREAD, **os.environ, **environment},
    )


def in_sessions_of(family: set[psutil.Process]) -> set[psutil.Process]:
    """Processes in a session that a member of the family leads or led: children that a dead kernel left behind unseen."""
    leaders = {member.pid for member in family}
    found = set()
    for process in psutil.process_iter():
        with suppress(OSError, psutil.Error):
            if os.getsid(process.pid) in leaders:
                found.add(process)
    return found


def family_of(pid: int) -> set[psutil.Process]:
    """A process and all its living descendants; a kernel leads a session of its own, so groups don't suffice."""
    try:
        process = psutil.Process(pid)
        return {process, *process.children(recursive=True)}
    except psutil.Error:
        return set()


def _newly_below(pid: int, known: set[psutil.Process]) -> set[psutil.Process]:
    """A process and its living descendants, without those that are known."""
    if not Path(f"/proc/{pid}/task/{pid}/children").exists():
        return family_of(pid)
    numbers, found, waiting = {member.pid for member in known}, set(), [pid]
    while waiting:
        parent = waiting.pop()
        if parent not in numbers:
            with suppress(psutil.Error):
                found.add(psutil.Process(parent))
        waiting += _children(parent)
    return found


def _children(pid: int) -> Iterator[int]:
    """As the system lists them, where it does; psutil reads all processes that there are, a hundredth of a second each time."""
    with suppress(FileNotFoundError, ProcessLookupError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            yield from map(int, Path(f"/proc/{pid}/task/{thread}/children").read_bytes().split())


def kill(family: set[psutil.Process]) -> None:
    """End processes, and whatever else is in their groups, at once."""
    for process in family:
        with suppress(psutil.Error, ProcessLookupError, PermissionError):
            if process.is_running():
                group = os.getpgid(process.pid)
                if group == process.pid != os.getpgid(0):
                    os.killpg(group, signal.SIGKILL)
                process.kill()
