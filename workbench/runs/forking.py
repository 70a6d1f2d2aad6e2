"""Processes forked on request from one that has loaded what they need; it tells the exit code of each and ends when nobody asks any more."""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import NoReturn

# Chains and runs go side by side already: a pool of BLAS threads in each makes small matrices several times slower.
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
LONGEST_REQUEST = 1 << 18
_FILES = 4


def serve_forks(asked: int, become: Callable[[bytes, list[int]], NoReturn]) -> Collection[int]:
    """Fork a process for each request on a socket, until it is closed.

    Args:
        asked: The socket's file descriptor. With a request come file descriptors, of which the last one is told the exit code, negative for
            the signal that ended the process.
        become: Called in the forked process with the request and its other file descriptors.

    Returns:
        Processes that still run.
    """
    # What is looked through for garbage is written to, and so copied in each fork.
    gc.freeze()
    requests = socket.socket(fileno=asked)
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.set_wakeup_fd(wake)
    statuses: dict[int, int] = {}
    while True:
        ready, _, _ = select.select([asked, woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
            _tell_who_ended(statuses)
        if asked in ready:
            request, files, _, _ = socket.recv_fds(requests, LONGEST_REQUEST, _FILES)
            if not request:
                return statuses.keys()
            pid = os.fork()
            if pid == 0:
                _forget((asked, woken, wake, *statuses.values(), files[-1]))
                become(request, files[:-1])
            statuses[pid] = files[-1]
            for each in files[:-1]:
                os.close(each)
            requests.send(str(pid).encode())


def exit_code(status: int, timeout: float | None = None) -> int | None:
    """What the server told of a process, read from the other end of its file descriptor, which is closed then; None if it still runs."""
    if status not in select.select([status], [], [], timeout)[0]:
        return None
    # Nothing is written if the server itself was killed, and its processes with it.
    code = int(os.read(status, 64) or -signal.SIGKILL)
    os.close(status)
    return code


def _forget(files: Collection[int]) -> None:
    """In the forked process: what belongs to the server alone."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for each in files:
        os.close(each)


def _tell_who_ended(statuses: dict[int, int]) -> None:
    while statuses:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        told = statuses.pop(pid)
        with suppress(BrokenPipeError):
            os.write(told, str(os.waitstatus_to_exitcode(status)).encode())
        os.close(told)
