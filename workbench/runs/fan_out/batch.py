"""Run a notebook many times at once: every run supervised as a single one is, those whose process died tried again."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from workbench.errors import RunError
from workbench.runs.events import Event
from workbench.runs.execute import Watch, run_notebook
from workbench.runs.process import Interruption, fork_server

if TYPE_CHECKING:
    from workbench.runs.fork_server import ForkServer
    from workbench.runs.record import RunRecord
    from workbench.workspace import Workspace

EXECUTOR_VARIABLE = "WORKBENCH_EXECUTOR"
# How a run ends whose process, not whose notebook, failed.
_OF_MACHINES = ("killed", "lost")


class RunOne(Protocol):
    """Runs one notebook of a batch to its end, somewhere."""

    def __call__(self, assignments: Sequence[str], watch: Watch) -> RunRecord: ...


type Watches = Callable[[int], Watch]


def new_batch(notebook: str) -> str:
    """An id for a fan-out: sortable and unique."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{notebook}-batch-{secrets.token_hex(2)}"


def run_batch(
    workspace: Workspace,
    notebook: str,
    grid: Sequence[Sequence[str]],
    *,
    batch: str,
    parallel: int = 0,
    retries: int = 1,
    timeout: float | None = None,
    watches: Watches = lambda number: lambda event: None,
) -> list[RunRecord]:
    """Run every row of a grid.

    Where the environment variable WORKBENCH_EXECUTOR names a cluster (`dask://host:port`), the runs go there, else to processes forked
    on this machine.

    Args:
        workspace: Whose notebook.
        notebook: As of `run_notebook`.
        grid: Assignments of each run, from `grid_of`.
        batch: The fan-out's id, which all its runs carry.
        parallel: Most runs at once; 0 for one a core, or one a worker of the cluster.
        retries: How often a run is tried again whose process or machine died; one whose notebook failed is not.
        timeout: Of each run, in seconds.
        watches: Gives by a run's place in the grid who is told its steps.

    Returns:
        The last try of each run, in the order of the grid. After an interruption those that had not begun are left out.

    Raises:
        RunError: If the cluster can't be reached.
    """
    with Interruption() as stop, _executor(workspace, notebook, batch, timeout, stop) as (run_one, places):
        with ThreadPoolExecutor(parallel or places, thread_name_prefix="run") as pool:
            tries = [
                pool.submit(_until_settled, run_one, assignments, watches(number), retries, stop)
                for number, assignments in enumerate(grid)
            ]
        found = [each.result() for each in tries]
    return [record for record in found if record is not None]


def _until_settled(
    run_one: RunOne, assignments: Sequence[str], watch: Watch, retries: int, stop: Interruption
) -> RunRecord | None:
    record: RunRecord | None = None
    for left in range(retries, -1, -1):
        if stop.signal:
            return record
        record = run_one(assignments, watch)
        if record.status not in _OF_MACHINES or not left:
            break
        watch(Event(kind="step", title=f"tried again: {record.reason}"))
    watch(Event(kind="done"))
    return record


def _executor(
    workspace: Workspace, notebook: str, batch: str, timeout: float | None, stop: Interruption
) -> AbstractContextManager[tuple[RunOne, int]]:
    named = os.environ.get(EXECUTOR_VARIABLE, "")
    if not named:
        return _Local(workspace, notebook, batch, timeout, stop)
    if not named.startswith("dask://"):
        raise RunError(f"{EXECUTOR_VARIABLE} is {named!r}; write dask://HOST:PORT, or unset it to run on this machine")
    try:
        from workbench.runs.fan_out.on_dask import OnDask
    except ImportError:
        raise RunError("dask.distributed isn't installed; install the extra marketing-workbench[dask]") from None
    return OnDask(workspace, notebook, batch, timeout, stop, named)


class _Local:
    """Runs in processes forked on this machine."""

    def __init__(
        self, workspace: Workspace, notebook: str, batch: str, timeout: float | None, stop: Interruption
    ) -> None:
        self._workspace, self._notebook, self._batch = workspace, notebook, batch
        self._timeout, self._stop = timeout, stop
        self._forks: ForkServer | None = None

    def __enter__(self) -> tuple[RunOne, int]:
        self._forks = fork_server()
        return self, len(os.sched_getaffinity(0))

    def __exit__(self, *error: object) -> None:
        assert self._forks is not None
        self._forks.close()

    def __call__(self, assignments: Sequence[str], watch: Watch) -> RunRecord:
        return run_notebook(
            self._workspace,
            self._notebook,
            assignments,
            timeout=self._timeout,
            watch=watch,
            interruption=self._stop,
            forks=self._forks,
            batch=self._batch,
        )
