"""Which times of a schedule have come since the last one, and which of them are still to be run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from workbench.config import Schedule
from workbench.schedule.fires import Fire
from workbench.schedule.times import times_and_next

# A time that is seen within so long wasn't missed.
ON_TIME = timedelta(minutes=10)


def due(schedule: Schedule, last: datetime, now: datetime, workspace_zone: str = "") -> tuple[list[Fire], datetime]:
    """The times after `last` up to `now`: to be run, or skipped with the reason, as the schedule's `catch_up` says; and when the next one comes.

    Args:
        schedule: Of which.
        last: Its last time that was written down, or since when it is known.
        now: UTC.
        workspace_zone: For schedules without a zone of their own.
    """
    times, coming = times_and_next(schedule, last, now, workspace_zone)
    wanted = _wanted(schedule, times, now)
    missed = f"no scheduler ran at that time, and catch_up is {schedule.catch_up}"
    fires = [
        Fire(
            schedule=schedule.called,
            scheduled_at=moment,
            state="waiting" if moment in wanted else "skipped",
            reason="" if moment in wanted else missed,
            not_before=moment,
        )
        for moment in times
    ]
    return fires, coming


def _wanted(schedule: Schedule, times: Sequence[datetime], now: datetime) -> set[datetime]:
    if schedule.catch_up == "all":
        return set(times)
    on_time = {moment for moment in times if now - moment <= ON_TIME}
    return on_time or (set(times[-1:]) if schedule.catch_up == "latest" else set())
