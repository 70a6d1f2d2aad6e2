"""Wording that only plans need."""

from __future__ import annotations

import math
from collections.abc import Sequence

from workbench.wording import percent

FORCED = "FORCED: the media mix failed its convergence check; don't act on these numbers"


def certified_gap(gap: float) -> str:
    """A gap rounded up, so that the sentence around it stays true.

    >>> certified_gap(0.00123), certified_gap(0.0), certified_gap(0.031)
    ('0.13%', '0.01%', '3.10%')
    """
    return percent(max(1, math.ceil(gap * 1e4 - 1e-9)) / 1e4, 2)


# What a key of `[planning]` limits, for those who don't know the file.
STATED = {
    "minimum": "the least week that is set",
    "maximum": "the largest week that is set",
    "all_or_nothing": "all or nothing",
    "periods": "the money of a period",
    "untried": "the test budget of a channel never tried",
}
OF_LEVERS = {
    "most": "the moves that are allowed",
    "limit": "the limit that is set",
    "whole": "moved all the way or not at all",
}


def limit_in_words(reason: str) -> str:
    """Where a limit comes from, for readers who don't know the configuration's keys.

    >>> limit_in_words("planning.levers.promotion.most"), limit_in_words("planning.groups.brand.share_lower")
    ('the moves that are allowed', 'limits of the group brand')
    >>> limit_in_words("a change of at most 50% against the reference period")
    'a change of at most 50% against the reference period'
    """
    key, _, rest = reason.partition(", ")
    parts = key.split(":")[0].split(".")
    if parts[0] != "planning":
        return reason
    if parts[1] == "groups":
        told = f"limits of the group {parts[2]}"
    else:
        told = OF_LEVERS.get(parts[-1], reason) if parts[1] == "levers" else STATED.get(parts[1], reason)
    return f"{told}, {rest}" if rest else told


def weeks_in_words(weeks: int, one: str = "week") -> str:
    """So many weeks.

    >>> weeks_in_words(13), weeks_in_words(1), weeks_in_words(1, "a week")
    ('13 weeks', 'week', 'a week')
    """
    return one if weeks == 1 else f"{weeks} weeks"


def enumerated(names: Sequence[str]) -> str:
    """Names in a sentence.

    >>> enumerated(["TV"]), enumerated(["TV", "Search", "Audio"])
    ('TV', 'TV, Search and Audio')
    """
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
