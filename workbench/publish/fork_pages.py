"""The process that pages are forked from: it has loaded what they show, and holds nothing of the server's own.

Started by `PageProcesses`, never by hand.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import warnings
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from workbench.runs.forking import serve_forks

# As long as the system takes for a name.
_LONGEST_NAME = 15


def main() -> None:
    """Fork a page's process for each request on the socket that the first argument names, until it is closed; then end them all."""
    _load_ahead()
    for pid in serve_forks(int(sys.argv[1]), _become_page):
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


def page_name(kernel_id: str) -> str:
    """What the system calls a page's process."""
    return f"page {kernel_id}"[:_LONGEST_NAME]


def _load_ahead() -> None:
    import ipykernel.ipkernel
    import ipykernel.kernelapp  # noqa: F401

    from workbench.apps.ahead import load_ahead

    load_ahead()
    # Arrow's allocator has a thread, and is made to be forked.
    warnings.filterwarnings("ignore", message=".*fork", category=DeprecationWarning)
    gc.collect()
    gc.freeze()


def _become_page(request: bytes, _files: list[int]) -> NoReturn:
    code = 1
    try:
        wanted = json.loads(request)
        os.setpgid(0, 0)
        with suppress(OSError):
            Path("/proc/self/comm").write_text(page_name(wanted["kernel_id"]), encoding="utf-8")
        os.environ.clear()
        os.environ.update(wanted["environment"])
        os.chdir(wanted["folder"])
        _run_kernel(wanted["arguments"])
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(bool(ended.code))
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        with suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _run_kernel(arguments: list[str]) -> None:
    from ipykernel import kernelapp

    # It ends itself when the process that it was forked from is gone.
    sys.argv = ["ipykernel_launcher.py", *arguments, f"--IPKernelApp.parent_handle={os.getppid()}"]
    # Started by its path, a kernel finds modules beside its notebook first.
    sys.path.insert(0, "")
    kernelapp.launch_new_instance()


if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    main()
