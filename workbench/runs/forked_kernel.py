"""Kernels that are forked from a process which has loaded ipykernel, instead of being started each: half a second of processor time a kernel."""

from __future__ import annotations

import asyncio
import atexit
import json
import os
import signal
import sys
import threading
from abc import abstractmethod
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, NoReturn

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner

from workbench.runs.absent_modules import absent

_KERNEL = ["-m", "ipykernel_launcher"]
# As long as the system takes for a name.
_LONGEST_NAME = 15
_LAST_WORDS_SECONDS = 5.0


class ForkedProcess:
    """A kernel's process with what Jupyter needs of `subprocess.Popen`.

    Args:
        pid: Its id.
        ended: Its exit code within so many seconds, None for as long as it takes; None if it still runs.
    """

    stdin = stdout = stderr = None

    def __init__(self, pid: int, ended: Callable[[float | None], int | None]) -> None:
        self.pid, self._ended = pid, ended
        self.returncode: int | None = None

    def poll(self) -> int | None:
        return self._code(0.0)

    def wait(self) -> int | None:
        return self._code(None)

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def _code(self, timeout: float | None) -> int | None:
        if self.returncode is None:
            self.returncode = self._ended(timeout)
        return self.returncode


class ForkedKernel(LocalProvisioner):
    """A kernel of this Python is forked; any other is started as ever."""

    @abstractmethod
    def fork(self, wanted: dict[str, object]) -> ForkedProcess:
        """The process of a kernel.

        Args:
            wanted: `name` of the process, `arguments` of the kernel, its `folder` and whole `environment`.

        Raises:
            OSError: If none can be forked.
        """

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        if cmd[0] == sys.executable and cmd[1:3] == _KERNEL:
            wanted: dict[str, object] = {
                "name": kernel_name(self.kernel_id),
                "arguments": cmd[3:],
                "folder": kwargs.get("cwd") or os.getcwd(),
                "environment": kwargs["env"],
            }
            with suppress(OSError):
                self.process: Any = await asyncio.to_thread(self.fork, wanted)
                self.pid = self.pgid = self.process.pid
                return self.connection_info
            self.log.warning("a kernel's process could not be forked and is started instead")
        return await super().launch_kernel(cmd, **kwargs)

    async def send_signal(self, signum: int) -> None:
        # The number of a process that has ended may be another's by now.
        if await self.poll() is None:
            await super().send_signal(signum)


def kernel_name(kernel_id: str) -> str:
    """What the system calls a forked kernel's process."""
    return f"kernel {kernel_id}"[:_LONGEST_NAME]


def known_as(name: str, provisioner: str) -> str:
    """Make a provisioner known to Jupyter without an installed entry point; returns its name."""
    KernelProvisionerFactory.provisioners[name] = EntryPoint(name, provisioner, KernelProvisionerFactory.GROUP_NAME)
    return name


def load_kernel() -> None:
    """Import what a kernel does, but for its debugger, which needs somebody who looks."""
    import ipykernel.ipkernel
    import ipykernel.kernelapp

    with absent("debugpy"):
        import ipykernel.debugger  # noqa: F401


def become_kernel(request: bytes) -> NoReturn:
    """In a forked process: be the kernel that a request of `ForkedKernel` asks for, with nothing of what was before."""
    code = 1
    try:
        wanted = json.loads(request)
        with suppress(OSError):
            Path("/proc/self/comm").write_text(wanted["name"], encoding="utf-8")
        os.environ.clear()
        os.environ.update(wanted["environment"])
        os.chdir(wanted["folder"])
        _draw_anew()
        _run(wanted["arguments"])
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(bool(ended.code))
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        _end(code)


def _end(code: int) -> NoReturn:
    """As an interpreter ends, without the frames of what was before: threads are waited for, and what a notebook wanted done at exit is."""
    try:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _draw_anew() -> None:
    """Kernels of one source would draw the same numbers: Python seeds its own anew in each fork, numpy doesn't."""
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()


def _run(arguments: list[str]) -> None:
    from ipykernel import kernelapp

    # It ends itself when the process that it was forked from is gone.
    sys.argv = ["ipykernel_launcher.py", *arguments, f"--IPKernelApp.parent_handle={os.getppid()}"]
    # Started by its path, a kernel finds modules beside its notebook first.
    sys.path.insert(0, "")
    kernelapp.launch_new_instance()
    # At its exit ipykernel closes what this thread still writes its last words to, and then waits for it: until the kernel is killed.
    control = kernelapp.IPKernelApp.instance().control_thread
    if control:
        control.join(_LAST_WORDS_SECONDS)
