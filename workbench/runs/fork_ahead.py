"""A command forks the process that its run is forked from, before it has threads or open files.

What both need is imported once, and what only the run needs while the command looks at its parameters and opens the ledger.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from workbench.runs.fork_server import ForkRequests, Forks, fork_sockets, serve
from workbench.runs.forking import ONE_THREAD
from workbench.runs.light_papermill import import_papermill


@contextmanager
def forks_ahead() -> Iterator[Forks | None]:
    """What a single run is forked from, until the context is left; None where this process can't be forked safely."""
    if sys.platform != "linux" or len(os.listdir("/proc/self/task")) > 1:
        yield None
        return
    sys.stdout.flush()
    sys.stderr.flush()
    ours, theirs = fork_sockets()
    pid = os.fork()
    if pid == 0:
        ours.close()
        _serve(theirs.detach())
    theirs.close()
    try:
        yield ForkRequests(ours)
    finally:
        ours.close()
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _serve(asked: int) -> NoReturn:
    """In the forked process, which keeps nothing of the command but its modules: neither its terminal nor where it looks for modules."""
    code = 1
    try:
        os.setsid()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.environ.update({**ONE_THREAD, **os.environ})
        if not sys.flags.safe_path:
            # Where the command's script lies.
            del sys.path[0]
        import_papermill()
        serve(asked)
        code = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(code)
