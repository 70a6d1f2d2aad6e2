"""Pages' processes, forked from one that has loaded what they show instead of being started each: a page opens cold in a second or two."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from functools import partial

from workbench.runs.forked_kernel import ForkedKernel, ForkedProcess, known_as
from workbench.runs.forking import exit_code

FORKED = "workbench-page"


class PageProcesses:
    """The process to fork pages from; started when it is first needed, and again if it was killed."""

    def __init__(self) -> None:
        self._alone = threading.Lock()
        self._requests: socket.socket | None = None

    def fork(self, wanted: dict[str, object]) -> ForkedProcess:
        """A new process; takes as long as loading everything the first time.

        Args:
            wanted: What `ForkedKernel` asks for.

        Raises:
            OSError: If none can be forked.
        """
        with self._alone:
            with suppress(OSError):
                return self._ask(wanted)
            self._close()
            return self._ask(wanted)

    def end(self) -> None:
        """End the process and all that were forked from it."""
        with self._alone:
            self._close()

    def _ask(self, wanted: dict[str, object]) -> ForkedProcess:
        requests = self._requests or self._start()
        status, told = os.pipe()
        try:
            socket.send_fds(requests, [json.dumps(wanted).encode()], [told])
            pid = requests.recv(64)
            if not pid:
                raise ConnectionResetError
        except OSError:
            os.close(status)
            raise
        finally:
            os.close(told)
        return ForkedProcess(int(pid), partial(exit_code, status))

    def _start(self) -> socket.socket:
        self._requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            subprocess.Popen(
                [sys.executable, "-P", "-m", "workbench.publish.fork_pages", str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        return self._requests

    def _close(self) -> None:
        if self._requests is not None:
            self._requests.close()
            self._requests = None


PAGE_PROCESSES = PageProcesses()


class ForkedPage(ForkedKernel):
    """A page's kernel."""

    def fork(self, wanted: dict[str, object]) -> ForkedProcess:
        return PAGE_PROCESSES.fork(wanted)


def how_pages_start() -> dict[str, str]:
    """Settings of Jupyter's choice of how to start kernels: forking, where the system is one on which that is safe."""
    if sys.platform != "linux":
        return {}
    return {"default_provisioner_name": known_as(FORKED, f"{__name__}:{ForkedPage.__name__}")}
