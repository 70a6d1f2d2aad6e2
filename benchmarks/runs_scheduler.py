"""How long a scheduler with 10,000 schedules is awake: first, when nothing is to be done, and when times have come."""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from workbench.config import Schedule
from workbench.runs.ledger import Ledger
from workbench.runs.record import RunRecord
from workbench.schedule.fires import Fires
from workbench.schedule.scheduler import Scheduler

SCHEDULES, LIMIT = 10_000, 1.0
START = datetime(2026, 11, 2, 5, 0, tzinfo=UTC)
ZONES = ("Europe/Berlin", "UTC", "America/New_York", "Asia/Tokyo")


def wakes(quick: bool) -> list[dict]:
    """Seconds and CPU seconds of each kind of waking; hardly two schedules share their times."""
    with tempfile.TemporaryDirectory() as folder:
        clock = [START]
        fires = Fires(Ledger(Path(folder)))
        first = _awake(_scheduler(fires, clock))
        scheduler = _scheduler(fires, clock)
        again = _awake(scheduler)
        clock[0] += timedelta(seconds=30)
        idle = min(_awake(scheduler) for _ in range(5))
        # At 5:01 one time of every 60th schedule has come, and is run.
        clock[0] = START + timedelta(minutes=1)
        busy = _awake(scheduler)
        scheduler.settle()
    cases = {
        "that it has never seen": first,
        "after a restart": again,
        "nothing to be done": idle,
        f"{SCHEDULES // 60 + 1} times have come": busy,
    }
    return [
        {
            "case": f"scheduler awake with {SCHEDULES:,} schedules, {case}",
            "unit": "seconds",
            "ours": seconds,
            "target": f"< {LIMIT:g} s",
            "note": f"{cpu:.3f} CPU s",
            "cpu_seconds": cpu,
        }
        for case, (seconds, cpu) in cases.items()
    ]


def _scheduler(fires: Fires, clock: list[datetime]) -> Scheduler:
    schedules = [
        Schedule(
            name=f"market-{number}",
            notebook="scores",
            parameters={"seed": number},
            cron="1 * * * *" if number % 60 == 1 else f"{number % 60} {number // 60 % 24} * * {number // 1440}",
            time_zone=ZONES[number % len(ZONES)],
        )
        for number in range(SCHEDULES)
    ]

    def run(schedule: Schedule, fire: object, parameters: object) -> RunRecord:
        return RunRecord(run_id="run", notebook=schedule.notebook, started_at=clock[0]).ended("finished")

    return Scheduler(
        schedules, fires, run=run, finished_run=lambda fire: "", now=lambda: clock[0], last_day=lambda table: None
    )


def _awake(scheduler: Scheduler) -> tuple[float, float]:
    busy, started = time.process_time(), time.perf_counter()
    scheduler.wake()
    return time.perf_counter() - started, time.process_time() - busy
