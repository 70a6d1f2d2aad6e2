"""The process that pages are forked from: it has loaded what they show, and holds nothing of the server's own.

Started by `PageProcesses`, never by hand.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import warnings
from contextlib import suppress
from typing import NoReturn

from workbench.runs.forked_kernel import become_kernel, load_kernel
from workbench.runs.forking import serve_forks


def main() -> None:
    """Fork a page's process for each request on the socket that the first argument names, until it is closed; then end them all."""
    _load_ahead()
    for pid in serve_forks(int(sys.argv[1]), _become_page):
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


def _load_ahead() -> None:
    from workbench.apps.ahead import load_ahead

    load_kernel()
    load_ahead()
    # Arrow's allocator has a thread, and is made to be forked.
    warnings.filterwarnings("ignore", message=".*fork", category=DeprecationWarning)
    gc.collect()


def _become_page(request: bytes, _files: list[int]) -> NoReturn:
    os.setpgid(0, 0)
    become_kernel(request)


if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    main()
