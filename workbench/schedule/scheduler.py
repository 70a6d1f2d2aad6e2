"""The scheduler: sees times come, waits for what they wait for, runs them, and writes down what became of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Protocol

from workbench.config import Schedule
from workbench.errors import WorkbenchError
from workbench.runs.record import RunRecord
from workbench.schedule.due import due
from workbench.schedule.fires import Fire, Fires, State
from workbench.schedule.relative import Plain, resolved
from workbench.schedule.times import zone_of
from workbench.schedule.waits import waits_of

# At least so often it looks for data and runs that times wait for, for other schedulers that are gone, and for schedules paused since.
LONGEST_SLEEP = timedelta(seconds=30)
STOPPED = "the scheduler was stopped while it ran; it is run again"


class Run(Protocol):
    """Runs a notebook of a schedule to its end."""

    def __call__(self, schedule: Schedule, fire: Fire, parameters: Mapping[str, Plain]) -> RunRecord: ...


class Tell(Protocol):
    """Tells people what became of a time.

    Called before it is written down: should the scheduler die in between, the next one calls it again for the same.
    """

    def __call__(self, schedule: Schedule, fire: Fire, record: RunRecord | None = None, further: int = 0) -> None: ...


def tell_nobody(schedule: Schedule, fire: Fire, record: RunRecord | None = None, further: int = 0) -> None:
    pass


class Scheduler:
    """Runs the schedules of one workspace; any number of schedulers may share a ledger.

    Args:
        schedules: What runs when.
        fires: Where it is written down.
        run: Runs one notebook; called in threads of its own.
        finished_run: Id of the finished run of a time whose scheduler is gone, empty where there is none.
        now: UTC.
        last_day: Of a table, for freshness rules.
        workspace_zone: For schedules without a zone of their own.
        week_start: For relative days.
        parallel: How many runs may go on at once.
        stopping: Whether it has been asked to stop: then it starts nothing more, and gives back what is cancelled.
        tell: Told of each time that is over, with its run; `further` earlier ones were left out with it.
    """

    def __init__(
        self,
        schedules: Sequence[Schedule],
        fires: Fires,
        *,
        run: Run,
        finished_run: Callable[[Fire], str],
        now: Callable[[], datetime],
        last_day: Callable[[str], date | None],
        workspace_zone: str = "",
        week_start: str = "monday",
        parallel: int = 2,
        stopping: Callable[[], bool] = lambda: False,
        tell: Tell = tell_nobody,
    ) -> None:
        self._schedules = {schedule.called: schedule for schedule in schedules}
        self._fires, self._run, self._finished_run = fires, run, finished_run
        self._now, self._last_day = now, last_day
        self._zone, self._week_start, self._parallel = workspace_zone, week_start, parallel
        self._stopping, self._tell = stopping, tell
        self._pool = ThreadPoolExecutor(max_workers=parallel, thread_name_prefix="schedule")
        self._running: dict[Future[RunRecord], Fire] = {}
        self._coming: dict[str, datetime] = {}

    def wake(self) -> timedelta:
        """Do all that is to be done now; how long it may sleep then."""
        now = self._now()
        self.harvest()
        self._fires.beat(now)
        self._recover(now)
        paused = self._fires.paused()
        self._write_due(now, paused)
        on = self._schedules.keys() - paused
        for fire in self._fires.open():
            if fire.state == "waiting" and fire.not_before <= now and fire.schedule in on:
                self._try(self._schedules[fire.schedule], fire, now)
        return self._until_next(now)

    def settle(self) -> None:
        """Wait until every run that was started has ended, and write down how."""
        for future in list(self._running):
            future.exception()
        self.harvest()

    @property
    def running(self) -> int:
        """Runs that go on."""
        return len(self._running)

    def harvest(self) -> None:
        """Write down how runs ended that have ended; what can't be written now is kept for the next time."""
        for future in [future for future in self._running if future.done()]:
            error = future.exception()
            if error is not None and not isinstance(error, WorkbenchError | OSError):
                raise error
            self._ended(self._running[future], None if error else future.result(), str(error or ""))
            del self._running[future]

    def _recover(self, now: datetime) -> None:
        """What schedulers left behind that are gone: of a run that had finished, perhaps nobody has been told."""
        for fire in self._fires.recover(now, self._finished_run):
            run_id = self._finished_run(fire)
            if run_id and fire.schedule in self._schedules:
                self._tell(self._schedules[fire.schedule], replace(fire, state="finished", run_id=run_id))

    def _write_due(self, now: datetime, paused: set[str]) -> None:
        """Write down the times that have come; when the next one of a schedule comes is known until then."""
        come = [each for name, each in self._schedules.items() if self._coming.get(name, now) <= now]
        if not come:
            return
        since = self._fires.known_since(self._schedules, now)
        last = self._fires.last_times({schedule.called for schedule in come})
        new: list[Fire] = []
        for schedule in come:
            name = schedule.called
            written = now if name in paused else max(since[name], last.get(name, since[name]))
            fires, self._coming[name] = due(schedule, written, now, self._zone)
            self._tell_missed(schedule, fires)
            new += fires
        self._fires.add(new)

    def _tell_missed(self, schedule: Schedule, fires: Sequence[Fire]) -> None:
        missed = [fire for fire in fires if fire.state == "skipped"]
        if missed:
            self._tell(schedule, missed[-1], further=len(missed) - 1)

    def _try(self, schedule: Schedule, fire: Fire, now: datetime) -> None:
        if len(self._running) >= self._parallel or self._stopping():
            return
        others = self._fires.open(schedule.called)
        if any(other.state == "running" for other in others):
            if schedule.overlap == "skip" and fire.attempts == 0:
                self._over(fire, "skipped", "the run of an earlier time went on, and overlap is skip")
            return
        if any(other.state == "waiting" and other.scheduled_at < fire.scheduled_at for other in others):
            return
        if not self._waits(schedule, fire, now) and self._fires.claim(fire, now):
            self._start(schedule, replace(fire, state="running", attempts=fire.attempts + 1))

    def _waits(self, schedule: Schedule, fire: Fire, now: datetime) -> bool:
        """Whether it still waits; one that has waited for too long, or in vain, is given up. What a person asks for doesn't wait."""
        if fire.by_hand:
            return False
        waits = list(
            waits_of(schedule, fire, fires_of=self._fires.of, last_day=self._last_day, workspace_zone=self._zone)
        )
        if not waits:
            return False
        reason = "; ".join(wait.reason for wait in waits)
        if any(wait.hopeless for wait in waits):
            self._over(fire, "skipped", reason)
        elif now - fire.scheduled_at > timedelta(hours=schedule.wait_hours):
            self._over(fire, "skipped", f"given up after {schedule.wait_hours:g} hours: {reason}")
        elif reason != fire.reason:
            self._fires.note(fire, reason=reason)
        return True

    def _start(self, schedule: Schedule, fire: Fire) -> None:
        local = fire.scheduled_at.astimezone(zone_of(schedule, self._zone))
        try:
            parameters = resolved(schedule.parameters, local.date(), self._week_start)
        except WorkbenchError as error:
            self._over(fire, "failed", str(error))
            return
        self._running[self._pool.submit(self._run, schedule, fire, parameters)] = fire

    def _ended(self, fire: Fire, record: RunRecord | None, reason: str) -> None:
        run_id = record.run_id if record else ""
        told = record.reason if record else reason
        schedule = self._schedules[fire.schedule]
        if record is not None and record.status == "finished":
            self._over(fire, "finished", "", record)
        elif self._stopping() and record is not None and record.status == "cancelled":
            self._fires.note(fire, state="waiting", reason=STOPPED, run_id=run_id)
        elif fire.attempts <= schedule.retries and not (record is not None and record.status == "cancelled"):
            pause = timedelta(minutes=schedule.retry_minutes * 2 ** (fire.attempts - 1))
            again = self._now() + pause
            self._fires.note(fire, state="waiting", reason=f"tried again: {told}", run_id=run_id, not_before=again)
        else:
            self._over(fire, "failed", told, record)

    def _over(self, fire: Fire, state: State, reason: str, record: RunRecord | None = None) -> None:
        run_id = record.run_id if record else fire.run_id
        self._tell(self._schedules[fire.schedule], replace(fire, state=state, reason=reason, run_id=run_id), record)
        self._fires.note(fire, state=state, reason=reason, run_id=run_id)

    def _until_next(self, now: datetime) -> timedelta:
        return max(timedelta(), min([LONGEST_SLEEP, *(moment - now for moment in self._coming.values())]))
