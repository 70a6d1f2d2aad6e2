"""Pages' processes, forked from one that has loaded what they show instead of being started each: a page opens cold in a second or two."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from importlib.metadata import EntryPoint
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner

from workbench.runs.forking import exit_code

FORKED = "workbench-page"
_KERNEL = ["-m", "ipykernel_launcher"]


class ForkedProcess:
    """A page's process with what Jupyter needs of `subprocess.Popen`."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, status: int) -> None:
        self.pid, self._status = pid, status
        self.returncode: int | None = None

    def poll(self) -> int | None:
        return self._ended(0.0)

    def wait(self) -> int | None:
        return self._ended(None)

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def _ended(self, timeout: float | None) -> int | None:
        if self.returncode is None:
            self.returncode = exit_code(self._status, timeout)
        return self.returncode


class PageProcesses:
    """The process to fork pages from; started when it is first needed, and again if it was killed."""

    def __init__(self) -> None:
        self._alone = threading.Lock()
        self._requests: socket.socket | None = None

    def fork(self, wanted: dict[str, object]) -> ForkedProcess:
        """A new process; takes as long as loading everything the first time.

        Args:
            wanted: `kernel_id`, `arguments` of the kernel, its `folder` and whole `environment`.

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
        return ForkedProcess(int(pid), status)

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


class ForkedPage(LocalProvisioner):
    """A kernel of this Python is forked; any other is started as ever."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        if cmd[0] == sys.executable and cmd[1:3] == _KERNEL:
            wanted: dict[str, object] = {
                "kernel_id": self.kernel_id,
                "arguments": cmd[3:],
                "folder": kwargs.get("cwd") or os.getcwd(),
                "environment": kwargs["env"],
            }
            with suppress(OSError):
                self.process: Any = await asyncio.to_thread(PAGE_PROCESSES.fork, wanted)
                self.pid = self.pgid = self.process.pid
                return self.connection_info
            self.log.warning("a page's process could not be forked and is started instead")
        return await super().launch_kernel(cmd, **kwargs)

    async def send_signal(self, signum: int) -> None:
        # The number of a process that has ended may be another's by now.
        if await self.poll() is None:
            await super().send_signal(signum)


def how_pages_start() -> dict[str, str]:
    """Settings of Jupyter's choice of how to start kernels: forking, where the system is one on which that is safe."""
    if sys.platform != "linux":
        return {}
    group = KernelProvisionerFactory.GROUP_NAME
    KernelProvisionerFactory.provisioners[FORKED] = EntryPoint(FORKED, f"{__name__}:ForkedPage", group)
    return {"default_provisioner_name": FORKED}
