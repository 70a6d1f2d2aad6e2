"""What the schedules of a workspace will do next, without doing it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from workbench.config import WorkspaceConfig
from workbench.schedule.relative import Plain, resolved
from workbench.schedule.times import next_times, zone_of


@dataclass(frozen=True, kw_only=True)
class Coming:
    """One time that will come.

    Attributes:
        schedule: Its schedule's name.
        notebook: What will run.
        utc: When, UTC.
        local: The same in the schedule's zone.
        parameters: With the days of that time.
        waits_for: Schedules and tables that it will wait for, in words.
    """

    schedule: str
    notebook: str
    utc: datetime
    local: datetime
    parameters: dict[str, Plain]
    waits_for: tuple[str, ...]


def coming(config: WorkspaceConfig, now: datetime, count: int) -> list[Coming]:
    """The next times of each schedule, all in their order.

    Raises:
        RunError: If a parameter asks for a day that there isn't.
    """
    section = config.workspace
    found = []
    for schedule in config.schedule:
        tables = (f"{table}, at most {days} days old" for table, days in schedule.fresh.items())
        for moment in next_times(schedule, now, count, section.time_zone):
            local = moment.astimezone(zone_of(schedule, section.time_zone))
            found.append(
                Coming(
                    schedule=schedule.called,
                    notebook=schedule.notebook,
                    utc=moment,
                    local=local,
                    parameters=resolved(schedule.parameters, local.date(), section.week_start),
                    waits_for=(*schedule.after, *tables),
                )
            )
    return sorted(found, key=lambda each: (each.utc, each.schedule))
