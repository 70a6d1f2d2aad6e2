"""When a schedule's times come: cron in its own time zone, both clock changes included."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo

from cronsim import CronSim

from workbench.config import Schedule


def zone_of(schedule: Schedule, workspace_zone: str) -> ZoneInfo:
    """The zone of a schedule: its own, else the workspace's, else UTC."""
    return ZoneInfo(schedule.time_zone or workspace_zone or "UTC")


def times_after(schedule: Schedule, moment: datetime, workspace_zone: str = "") -> Iterator[datetime]:
    """The times after a moment, in UTC, ascending and without end.

    A time that the clock skips in spring comes when the clock has been put forward; one that it repeats in autumn comes once, if it names
    an hour, and goes on through both hours, if it doesn't.
    """
    for local in CronSim(schedule.cron, moment.astimezone(zone_of(schedule, workspace_zone))):
        yield local.astimezone(UTC)


def times_between(schedule: Schedule, start: datetime, end: datetime, workspace_zone: str = "") -> list[datetime]:
    """The times after `start`, up to `end` and that moment itself, in UTC."""
    return times_and_next(schedule, start, end, workspace_zone)[0]


def times_and_next(
    schedule: Schedule, start: datetime, end: datetime, workspace_zone: str = ""
) -> tuple[list[datetime], datetime]:
    """As `times_between`, with the first time after them."""
    found: list[datetime] = []
    for moment in times_after(schedule, start, workspace_zone):
        if moment > end:
            return found, moment
        found.append(moment)
    return found, datetime.max.replace(tzinfo=UTC)


def next_times(schedule: Schedule, moment: datetime, count: int, workspace_zone: str = "") -> list[datetime]:
    """The next `count` times after a moment, in UTC."""
    return list(islice(times_after(schedule, moment, workspace_zone), count))


def time_before(schedule: Schedule, moment: datetime, workspace_zone: str = "") -> datetime:
    """The last time before a moment, in UTC."""
    local = moment.astimezone(zone_of(schedule, workspace_zone))
    return next(CronSim(schedule.cron, local, reverse=True)).astimezone(UTC)
