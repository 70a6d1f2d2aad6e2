"""What a time waits for: the runs of other schedules, and data that are fresh enough."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from workbench.config import Schedule
from workbench.errors import WorkbenchError
from workbench.schedule.fires import Fire
from workbench.schedule.times import time_before, zone_of

type LastDay = Callable[[str], date | None]
type FiresOf = Callable[[str], Sequence[Fire]]


@dataclass(frozen=True)
class Wait:
    """One thing that isn't there yet.

    Attributes:
        reason: What, in words.
        hopeless: Whether it won't come any more.
    """

    reason: str
    hopeless: bool = False


def waits_of(
    schedule: Schedule, fire: Fire, *, fires_of: FiresOf, last_day: LastDay, workspace_zone: str = ""
) -> Iterator[Wait]:
    """All that a time still waits for.

    Args:
        schedule: Its schedule.
        fire: The time.
        fires_of: The times of another schedule.
        last_day: The last day of a table, None where it is empty.
        workspace_zone: For schedules without a zone of their own.
    """
    since = time_before(schedule, fire.scheduled_at, workspace_zone)
    for name in schedule.after:
        yield from _wait_for_run(name, fires_of(name), since, fire.scheduled_at)
    day = fire.scheduled_at.astimezone(zone_of(schedule, workspace_zone)).date()
    for table, allowed in schedule.fresh.items():
        yield from _wait_for_data(table, day - timedelta(days=allowed), last_day)


def _wait_for_run(name: str, fires: Sequence[Fire], since: datetime, until: datetime) -> Iterator[Wait]:
    """Of its times after this one's last time, one must have finished."""
    own = [fire for fire in fires if since < fire.scheduled_at <= until]
    if any(fire.state == "finished" for fire in own):
        return
    if own and all(fire.over for fire in own):
        told = own[0].reason or own[0].state
        yield Wait(f"{name} did not finish ({told})", hopeless=True)
    else:
        yield Wait(f"waits for {name}")


def _wait_for_data(table: str, needed: date, last_day: LastDay) -> Iterator[Wait]:
    try:
        last = last_day(table)
    except WorkbenchError as error:
        yield Wait(f"table {table} can't be read: {error}")
        return
    if last is None or last < needed:
        ends = f"ends on {last}" if last else "is empty"
        yield Wait(f"waits for table {table}, which {ends}; its last day must be {needed} or later")
