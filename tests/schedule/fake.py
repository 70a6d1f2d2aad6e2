"""A clock that tests put forward, and runs that end as tests say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Lock

from workbench.config import Schedule
from workbench.runs.ledger import Ledger
from workbench.runs.record import RunRecord, Status
from workbench.schedule.fires import Fire, Fires
from workbench.schedule.relative import Plain
from workbench.schedule.scheduler import Scheduler, Tell, tell_nobody

START = datetime(2026, 11, 2, 5, 0, tzinfo=UTC)


@dataclass
class World:
    """What a scheduler sees.

    Attributes:
        reports: Folder of the ledger.
        now: UTC.
        endings: How runs of a schedule end, one after the other; finished when there are none left.
        days: The last day of each table.
        ran: Schedule, scheduled time and parameters of every run, in their order.
        stopping: Whether schedulers have been asked to stop.
        tell: Told of every time that is over.
    """

    reports: Path
    now: datetime = START
    endings: dict[str, list[Status]] = field(default_factory=dict)
    days: dict[str, date] = field(default_factory=dict)
    ran: list[tuple[str, datetime, dict[str, Plain]]] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)
    stopping: bool = False
    tell: Tell = tell_nobody

    def run(self, schedule: Schedule, fire: Fire, parameters: Mapping[str, Plain]) -> RunRecord:
        with self.lock:
            self.ran.append((schedule.called, fire.scheduled_at, dict(parameters)))
            number = len(self.ran)
            ending: Status = self.endings[schedule.called].pop(0) if self.endings.get(schedule.called) else "finished"
        started = RunRecord(
            run_id=f"run-{number}", notebook=Path(schedule.notebook).stem, started_at=self.now, trigger=fire.trigger
        )
        return started.ended(ending, reason="" if ending == "finished" else f"it {ending}")

    def scheduler(self, *schedules: Schedule, parallel: int = 1) -> Scheduler:
        return Scheduler(
            schedules,
            self.fires(),
            run=self.run,
            finished_run=lambda fire: "",
            now=lambda: self.now,
            last_day=self.days.get,
            workspace_zone="Europe/Berlin",
            parallel=parallel,
            stopping=lambda: self.stopping,
            tell=self.tell,
        )

    def fires(self) -> Fires:
        return Fires(Ledger(self.reports))

    def work(self, scheduler: Scheduler, until: datetime, step: timedelta = timedelta(minutes=10)) -> None:
        """Let a scheduler wake every `step`; each run ends before the clock goes on."""
        while self.now <= until:
            self.settle(scheduler)
            self.now += step

    def settle(self, scheduler: Scheduler) -> None:
        """Wake until nothing more can be done at this moment."""
        before = -1
        while len(self.ran) != before:
            before = len(self.ran)
            scheduler.wake()
            scheduler.settle()

    def times(self, name: str) -> list[datetime]:
        return [moment for schedule, moment, _ in self.ran if schedule == name]
