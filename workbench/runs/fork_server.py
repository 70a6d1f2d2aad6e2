"""Processes of runs forked from one that has papermill loaded already: importing it is most of what a short run costs.

Started by `ForkServer`, never by hand. It answers to one supervisor and ends with it, as the runs do.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import IO, NoReturn, Protocol, Self

from workbench.runs.forking import exit_code, serve_forks
from workbench.runs.light_papermill import import_papermill


class ForkServerGone(Exception):
    """The server ended; runs that it forked go on."""


class Forks(Protocol):
    """What forks workers."""

    def start(self, *, environment: Mapping[str, str], log: int, events: int) -> ForkedProcess: ...


class ForkedProcess:
    """A process that the server forked, with what its supervisor needs of `subprocess.Popen`.

    Attributes:
        pid: Its id.
        stdin: What it reads; it ends when this is closed.
    """

    def __init__(self, pid: int, stdin: IO[bytes], status: int) -> None:
        self.pid, self.stdin, self._status = pid, stdin, status
        self._code: int | None = None

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, negative for the signal that killed it.

        Raises:
            subprocess.TimeoutExpired: If it hasn't ended by then.
        """
        if self._code is None:
            self._code = exit_code(self._status, timeout)
        if self._code is None:
            raise subprocess.TimeoutExpired("run", timeout or 0.0)
        return self._code


class ForkRequests:
    """What asks a process to fork workers.

    Args:
        asking: The socket that the process serves the other end of.
    """

    def __init__(self, asking: socket.socket) -> None:
        self._socket = asking
        self._alone = threading.Lock()

    def start(self, *, environment: Mapping[str, str], log: int, events: int) -> ForkedProcess:
        """Fork a worker.

        Args:
            environment: Variables beyond the server's.
            log: File descriptor of what it prints.
            events: File descriptor that it tells its events to.

        Raises:
            ForkServerGone: If it is.
        """
        reading, writing = os.pipe()
        told, status = os.pipe()
        try:
            with self._alone:
                request = json.dumps(dict(environment)).encode()
                socket.send_fds(self._socket, [request], [reading, events, log, status])
                pid = int(self._socket.recv(64))
        except (OSError, ValueError) as error:
            os.close(writing)
            os.close(told)
            raise ForkServerGone from error
        finally:
            os.close(reading)
            os.close(status)
        return ForkedProcess(pid, os.fdopen(writing, "wb"), told)


class ForkServer(ForkRequests):
    """A process to fork runs from; leaving the context ends it.

    Args:
        environment: Of it and of all that it forks.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        asking, theirs = fork_sockets()
        super().__init__(asking)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "workbench.runs.fork_server", str(theirs.fileno())],
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            env=dict(environment),
        )
        theirs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End it; runs that it forked go on."""
        self._socket.close()
        self._process.wait()


def fork_sockets() -> tuple[socket.socket, socket.socket]:
    """Who asks, and who forks."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def serve(asked: int) -> None:
    """Fork a worker for each request on a socket, given by its file descriptor, until it is closed."""
    from workbench.runs import worker

    _load_ahead()
    serve_forks(asked, partial(_become_worker, run=worker.main))


def _become_worker(request: bytes, files: list[int], *, run: Callable[[], None]) -> NoReturn:
    """In the forked process: a session, files and variables of its own, then the run."""
    code = 1
    stdin, events, log = files
    try:
        os.setsid()
        for given, wanted in ((stdin, 0), (log, 1), (log, 2)):
            os.dup2(given, wanted)
        os.environ.update(json.loads(request))
        sys.argv = [sys.argv[0], str(events)]
        run()
        code = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        with suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _load_ahead() -> None:
    """What every run imports; nothing of it may start a thread."""
    import workbench.present.export
    import workbench.present.house  # noqa: F401
    from workbench.runs.forked_kernel import load_kernel

    load_kernel()


if __name__ == "__main__":
    import_papermill()
    serve(int(sys.argv[1]))
