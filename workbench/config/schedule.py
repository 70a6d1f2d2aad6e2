"""`[[schedule]]`: which notebook runs when, what it waits for, and what happens when it couldn't."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Literal

from cronsim import CronSim, CronSimError
from pydantic import Field, field_validator, model_validator

from workbench.config.base import Section
from workbench.config.time_zone import TimeZone

type CatchUp = Literal["none", "latest", "all"]
type Overlap = Literal["queue", "skip"]

FIELDS = "minute, hour, day of the month, month and day of the week"


class Schedule(Section):
    """One entry of `[[schedule]]`.

    Attributes:
        notebook: Name of a notebook, or a path to one.
        name: How it is called; the notebook's name where it is left out.
        cron: Minute, hour, day of the month, month and day of the week, as in `0 6 * * MON`; in `time_zone`.
        time_zone: Of `cron` and of relative dates, such as `Europe/Berlin`; that of the workspace where it is left out, else UTC.
        parameters: Of the notebook. Texts may hold days that move along, such as `{last_complete_week}`.
        after: Schedules, of which a run since this one's last time must have finished first.
        fresh: By table, how many days before the scheduled day its last day may lie.
        wait_hours: How long it waits for those before its time is given up.
        catch_up: What to do with times that passed while no scheduler ran: run none of them, the latest, or all in their order.
        overlap: What to do with a time while the run of an earlier one goes on: queue it, or skip it.
        retries: How often a run that didn't finish is tried again.
        retry_minutes: Until the first further try; each later one waits twice as long as the one before.
        timeout_minutes: After so long a run is ended; None for never.
        notify: Names of `[[notify]]` that are told of it, whatever notebooks those are for; where it is left out, those for its notebook.
    """

    notebook: str = Field(min_length=1)
    name: str = Field(default="", pattern=r"^([A-Za-z0-9][A-Za-z0-9_.-]*)?$", max_length=80)
    cron: str
    time_zone: TimeZone = ""
    parameters: dict[str, bool | int | float | str] = Field(default_factory=dict)
    after: tuple[str, ...] = ()
    fresh: dict[str, int] = Field(default_factory=dict)
    wait_hours: float = Field(default=24.0, gt=0, le=24 * 31)
    catch_up: CatchUp = "latest"
    overlap: Overlap = "queue"
    retries: int = Field(default=0, ge=0, le=20)
    retry_minutes: float = Field(default=5.0, gt=0, le=24 * 60)
    timeout_minutes: float | None = Field(default=None, gt=0)
    notify: tuple[str, ...] | None = None

    @property
    def called(self) -> str:
        """Its name, unique in a workspace."""
        return self.name or self.notebook.rsplit("/", 1)[-1].removesuffix(".ipynb")

    @field_validator("cron")
    @classmethod
    def _has_times(cls, cron: str) -> str:
        if len(cron.split()) != len(FIELDS.split(",")) + 1:
            raise ValueError(f"{cron!r} has {len(cron.split())} fields; write {FIELDS}, such as 0 6 * * MON")
        try:
            next(CronSim(cron, datetime(2026, 1, 1, tzinfo=UTC)))
        except CronSimError as error:
            raise ValueError(
                f"{cron!r} is no time ({str(error).lower()}); write {FIELDS}, such as 0 6 * * MON"
            ) from None
        except StopIteration:
            raise ValueError(f"{cron!r} never comes; name a day that there is") from None
        return cron

    @model_validator(mode="after")
    def _days_are_counted(self) -> Schedule:
        for table, days in self.fresh.items():
            if days < 0:
                raise ValueError(
                    f"fresh.{table} is {days} days; write how old its last day may be, 0 for the day itself"
                )
        return self


def refuse_bad_references(schedules: tuple[Schedule, ...], tables: Collection[str]) -> None:
    """Hold the schedules of a workspace to each other and to its tables.

    Raises:
        ValueError: If two have one name, one waits for another that there isn't or for itself, even around corners, or for a table
            that isn't mapped.
    """
    twice = [name for name, count in Counter(each.called for each in schedules).items() if count > 1]
    if twice:
        raise ValueError(f"schedule: {twice[0]!r} is there twice; give each a name of its own")
    after = {each.called: each.after for each in schedules}
    for each in schedules:
        for name in each.after:
            if name not in after:
                known = ", ".join(after)
                raise ValueError(
                    f"schedule {each.called}: after names {name!r}, which is no schedule; known are {known}"
                )
        if each.called in _reached(each.after, after):
            raise ValueError(f"schedule {each.called} waits for itself; take one of the names out of after")
        for table in each.fresh:
            if table not in tables:
                raise ValueError(
                    f"schedule {each.called}: fresh names {table!r}, which is no table of [tables]; map it or leave it out"
                )


def _reached(names: tuple[str, ...], after: dict[str, tuple[str, ...]]) -> set[str]:
    reached, open_ = set[str](), list(names)
    while open_:
        name = open_.pop()
        if name not in reached:
            reached.add(name)
            open_ += after.get(name, ())
    return reached
