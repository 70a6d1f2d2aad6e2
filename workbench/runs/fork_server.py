"""Processes of runs forked from one that has papermill loaded already: importing it is most of what a short run costs.

Started by `ForkServer`, never by hand. It answers to one supervisor and ends with it, as the runs do.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import IO, Self

from workbench.runs.light_papermill import import_papermill

_LONGEST_REQUEST = 1 << 18
_FILES = 4


class ForkServerGone(Exception):
    """The server ended; runs that it forked go on."""


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
            if self._status not in select.select([self._status], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("run", timeout or 0.0)
            # Nothing is written if the server itself was killed, and its runs with it.
            self._code = int(os.read(self._status, 64) or -signal.SIGKILL)
            os.close(self._status)
        return self._code


class ForkServer:
    """A process to fork runs from; leaving the context ends it.

    Args:
        environment: Of it and of all that it forks.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._alone = threading.Lock()
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
        self._socket.close()
        self._process.wait()

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


def main() -> None:
    """Fork a worker for each request on the socket that the first argument names, until it is closed."""
    from workbench.runs import worker

    _load_ahead()
    requests = socket.socket(fileno=int(sys.argv[1]))
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.set_wakeup_fd(wake)
    statuses: dict[int, int] = {}
    while True:
        ready, _, _ = select.select([requests.fileno(), woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
            _tell_who_ended(statuses)
        if requests.fileno() in ready:
            request, files, _, _ = socket.recv_fds(requests, _LONGEST_REQUEST, _FILES)
            if not request:
                return
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                for other in (requests.fileno(), woken, wake, *statuses.values(), files[3]):
                    os.close(other)
                _become_worker(json.loads(request), *files[:3], run=worker.main)
            statuses[pid] = files[3]
            for each in files[:3]:
                os.close(each)
            requests.send(str(pid).encode())


def _become_worker(environment: dict[str, str], stdin: int, events: int, log: int, *, run: object) -> None:
    """In the forked process: a session, files and variables of its own, then the run; never returns."""
    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        for given, wanted in ((stdin, 0), (log, 1), (log, 2)):
            os.dup2(given, wanted)
        os.environ.update(environment)
        sys.argv = [sys.argv[0], str(events)]
        assert callable(run)
        run()
        code = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        with suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _tell_who_ended(statuses: dict[int, int]) -> None:
    while statuses:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        told = statuses.pop(pid)
        with suppress(BrokenPipeError):
            os.write(told, str(os.waitstatus_to_exitcode(status)).encode())
        os.close(told)


def _load_ahead() -> None:
    """What every run imports; nothing of it may start a thread."""
    import workbench.present.export
    import workbench.present.house
    import workbench.workspace  # noqa: F401


if __name__ == "__main__":
    import_papermill()
    main()
