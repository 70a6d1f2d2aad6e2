"""`workbench schedule`: the scheduler of a workspace as a service, or once for a system's own cron."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from workbench.config import Schedule
from workbench.errors import RunError
from workbench.runs.execute import run_notebook
from workbench.runs.fork_server import Forks
from workbench.runs.ledger import Ledger, Wanted
from workbench.runs.process import Interruption
from workbench.runs.record import RunRecord
from workbench.schedule.announce import teller_of
from workbench.schedule.fires import Fire, Fires
from workbench.schedule.freshness import last_day
from workbench.schedule.relative import Plain
from workbench.schedule.scheduler import LONGEST_SLEEP, Scheduler
from workbench.telling.courier import Courier

if TYPE_CHECKING:
    from workbench.workspace import Workspace

# How soon a signal, or the end of a run, is noticed.
BREATH = 0.5


def fires_of(workspace: Workspace) -> Fires:
    """The times of a workspace's schedules, as its ledger holds them.

    Raises:
        RunError: If the ledger can't be used, or the workspace has no schedules.
    """
    if not workspace.config.schedule:
        raise RunError(
            f"{workspace.root / 'workbench.toml'} has no [[schedule]]; declare there which notebook runs when"
        )
    return Fires(Ledger.of(workspace))


def scheduler_of(
    workspace: Workspace, interruption: Interruption, parallel: int = 2, forks: Forks | None = None
) -> Scheduler:
    """The scheduler of a workspace, which runs its notebooks as `workbench run` does.

    Args:
        workspace: Whose `[[schedule]]` it is.
        interruption: Notes signals.
        parallel: How many runs may go on at once.
        forks: What to fork their processes from; else each is started by itself.
    """
    fires = fires_of(workspace)

    def run(schedule: Schedule, fire: Fire, parameters: Mapping[str, Plain]) -> RunRecord:
        return run_notebook(
            workspace,
            schedule.notebook,
            [f"{name}={value}" for name, value in parameters.items()],
            timeout=60 * schedule.timeout_minutes if schedule.timeout_minutes else None,
            trigger=fire.trigger,
            interruption=interruption,
            forks=forks,
        )

    def finished_run(fire: Fire) -> str:
        own = fires.ledger.runs(Wanted(trigger=fire.trigger, statuses=("finished",), most=1))
        return own[0].run_id if own else ""

    return Scheduler(
        workspace.config.schedule,
        fires,
        run=run,
        finished_run=finished_run,
        now=lambda: datetime.now(UTC),
        last_day=lambda table: last_day(workspace, table),
        workspace_zone=workspace.config.workspace.time_zone,
        week_start=workspace.config.workspace.week_start,
        parallel=parallel,
        stopping=lambda: interruption.signal is not None,
        tell=teller_of(workspace, fires.ledger),
    )


def serve(scheduler: Scheduler, interruption: Interruption, courier: Courier, *, once: bool = False) -> None:
    """Run what is due until a signal asks to stop; with `once` until nothing that is due can be run now.

    Args:
        scheduler: Runs, and writes down what people are to be told.
        interruption: Notes signals.
        courier: Sends what is written down, now and then, and at an end that nobody is waiting for.
        once: Whether to end by itself.
    """
    while not interruption.signal:
        try:
            sleep = scheduler.wake()
            courier.wake()
            if once and not scheduler.running:
                break
            _breathe(sleep, scheduler, interruption)
        except RunError as error:
            if once:
                raise
            # A service outlives a database that is being restarted: what came meanwhile is seen at the next look.
            print(f"workbench: {error}", file=sys.stderr, flush=True)
            _wait(LONGEST_SLEEP, interruption)
    scheduler.settle()
    if not interruption.signal:
        courier.finish()


def _wait(length: timedelta, interruption: Interruption) -> None:
    end = time.monotonic() + length.total_seconds()
    while time.monotonic() < end and not interruption.signal:
        time.sleep(BREATH)


def _breathe(sleep: timedelta, scheduler: Scheduler, interruption: Interruption) -> None:
    """Sleep, but not past a signal or the end of a run."""
    end, running = time.monotonic() + sleep.total_seconds(), scheduler.running
    while time.monotonic() < end and not interruption.signal and scheduler.running == running:
        time.sleep(min(BREATH, max(end - time.monotonic(), 0.0)))
        scheduler.harvest()
