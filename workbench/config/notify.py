"""`[[notify]]`: who is told of failures, failed checks, drift and triggers, through which channel, how often at most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any, Literal

from pydantic import Field, model_validator

from workbench.config.base import Section
from workbench.config.references import KINDS, is_reference
from workbench.config.schedule import Schedule

type Happening = Literal["failure", "failed_check", "drift", "trigger", "success"]


class Notify(Section):
    """One entry of `[[notify]]`: a channel.

    Attributes:
        name: How it is called, by `[[schedule]] notify` too.
        to: References to Apprise URLs, such as `env:MARKETING_MAIL`, which holds `mailtos://…`, or to a Slack or Teams hook.
        on: What is told: runs that didn't finish, failed checks, alarms of drift, triggers that sounded, runs that finished.
        notebooks: Of which notebooks; of all where it is empty.
        attach: Whether the report goes along as PDF.
        at_most: Messages in any hour; those held back are counted in the next one.
    """

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=80)
    to: tuple[str, ...] = Field(min_length=1)
    on: tuple[Happening, ...] = Field(default=("failure", "failed_check", "drift", "trigger"), min_length=1)
    notebooks: tuple[str, ...] = ()
    attach: Literal["pdf", "none"] = "pdf"
    at_most: int = Field(default=10, ge=1, le=1000)

    # Of the whole entry: a message about `to` alone would quote the secret that it refuses.
    @model_validator(mode="before")
    @classmethod
    def _has_no_secret(cls, entry: Any) -> Any:
        if not isinstance(entry, dict) or "to" not in entry:
            return entry
        given = [entry["to"]] if isinstance(entry["to"], str) else entry["to"]
        if not isinstance(given, list | tuple) or not all(
            isinstance(each, str) and is_reference(each) for each in given
        ):
            raise ValueError(
                f"to must say where the Apprise URL is kept, which is a secret and not shown here; write {KINDS}"
            )
        return entry | {"to": list(dict.fromkeys(given))}


def refuse_bad_channels(channels: tuple[Notify, ...], schedules: Collection[Schedule]) -> None:
    """Hold the channels of a workspace to each other and to its schedules.

    Raises:
        ValueError: If two have one name, or a schedule names one that there isn't.
    """
    twice = [name for name, count in Counter(each.name for each in channels).items() if count > 1]
    if twice:
        raise ValueError(f"notify: {twice[0]!r} is there twice; give each a name of its own")
    known = [each.name for each in channels]
    for schedule in schedules:
        for name in schedule.notify or ():
            if name not in known:
                raise ValueError(
                    f"schedule {schedule.called}: notify names {name!r}, which is no [[notify]]; known are {', '.join(known) or 'none'}"
                )
