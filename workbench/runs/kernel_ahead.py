"""A run's kernel, forked from the run's process before that has a thread, and waiting for its name until papermill asks for it."""

from __future__ import annotations

import json
import os
import sys
from functools import partial

from workbench.runs.forked_kernel import ForkedKernel, ForkedProcess, become_kernel, known_as, load_kernel
from workbench.runs.light_papermill import forget_light

STARTED, FORKED = "local-provisioner", "workbench-run"
_READ_AT_ONCE = 1 << 16


class KernelAhead:
    """A forked process that becomes one kernel; it ends if nobody asks for it."""

    def __init__(self) -> None:
        reading, self._asking = os.pipe()
        self._pid: int | None = os.fork()
        if self._pid == 0:
            _wait_and_become(reading)
        os.close(reading)

    def become(self, wanted: dict[str, object]) -> ForkedProcess:
        """The process, now a kernel.

        Raises:
            OSError: If it is another kernel already, or gone.
        """
        if self._pid is None:
            raise ProcessLookupError("the process has become a kernel already")
        pid, self._pid = self._pid, None
        with os.fdopen(self._asking, "wb") as asking:
            asking.write(json.dumps(wanted).encode())
        return ForkedProcess(pid, partial(_reaped, pid))


class _OfRun(ForkedKernel):
    """The kernel of this process's run."""

    ahead: KernelAhead

    def fork(self, wanted: dict[str, object]) -> ForkedProcess:
        return self.ahead.become(wanted)


def kernel_ahead() -> str:
    """Fork the kernel's process, where the system is one on which that is safe; returns who starts kernels here, for Jupyter to find."""
    if sys.platform != "linux":
        return STARTED
    load_kernel()
    try:
        _OfRun.ahead = KernelAhead()
    except OSError:
        return STARTED
    return known_as(FORKED, f"{__name__}:{_OfRun.__name__}")


def _wait_and_become(reading: int) -> None:
    """Of the run's own files none is kept: whoever waits for their end would wait for the kernel's too."""
    os.setsid()
    silence = os.open(os.devnull, os.O_RDONLY)
    os.dup2(silence, 0)
    os.dup2(reading, 3)
    os.closerange(4, os.sysconf("SC_OPEN_MAX"))
    request = b""
    while chunk := os.read(3, _READ_AT_ONCE):
        request += chunk
    os.close(3)
    if not request:
        os._exit(0)
    forget_light()
    become_kernel(request)


def _reaped(pid: int, timeout: float | None) -> int | None:
    """The exit code of a child that has ended; waits for it without end where no time is given."""
    found, status = os.waitpid(pid, 0 if timeout is None else os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if found else None
