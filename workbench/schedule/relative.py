"""Parameters whose days move along: `{last_complete_week}` is another day each week, and the same one when a time is made up for later."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta

from workbench.errors import RunError

DAYS_OF_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_BLANK = re.compile(r"\{([^{}]*)\}")
_MOVED = re.compile(r"(\w+)(?:\s*([+-])\s*(\d+)\s*(days?|weeks?|months?))?")

type Plain = bool | int | float | str


def resolved(parameters: Mapping[str, Plain], day: date, week_start: str = "monday") -> dict[str, Plain]:
    """Parameters with the days that their texts ask for, as `YYYY-MM-DD`.

    Args:
        parameters: Of a notebook.
        day: The scheduled day, in the schedule's own zone.
        week_start: Weekday on which the company's week begins.

    Raises:
        RunError: If a text asks for a day that there isn't.
    """
    return {
        name: _filled(value, name, day, week_start) if isinstance(value, str) else value
        for name, value in parameters.items()
    }


def days_of(day: date, week_start: str = "monday") -> dict[str, date]:
    """What each name means on a day.

    >>> {name: str(day) for name, day in days_of(date(2026, 3, 4)).items() if "complete" in name}
    {'last_complete_week': '2026-02-23', 'last_complete_month': '2026-02-01', 'last_complete_quarter': '2025-10-01'}
    """
    week = day - timedelta(days=(day.weekday() - DAYS_OF_WEEK.index(week_start)) % 7)
    month = day.replace(day=1)
    quarter = month.replace(month=3 * ((month.month - 1) // 3) + 1)
    return {
        "today": day,
        "yesterday": day - timedelta(days=1),
        "this_week": week,
        "last_complete_week": week - timedelta(days=7),
        "this_month": month,
        "last_complete_month": _months_later(month, -1),
        "this_quarter": quarter,
        "last_complete_quarter": _months_later(quarter, -3),
    }


def _filled(text: str, name: str, day: date, week_start: str) -> str:
    known = days_of(day, week_start)

    def fill(blank: re.Match[str]) -> str:
        asked = _MOVED.fullmatch(blank[1].strip())
        if asked is None or asked[1] not in known:
            raise RunError(
                f"parameter {name} asks for {{{blank[1]}}}, which is no day; known are {', '.join(known)}, "
                "each also moved, as in {today - 90 days}"
            )
        start = known[asked[1]]
        return str(_moved(start, asked[2], int(asked[3]), asked[4]) if asked[2] else start)

    return _BLANK.sub(fill, text)


def _moved(day: date, sign: str, count: int, unit: str) -> date:
    count = -count if sign == "-" else count
    if unit.startswith("month"):
        return _months_later(day, count)
    return day + timedelta(days=count * (7 if unit.startswith("week") else 1))


def _months_later(day: date, months: int) -> date:
    """The same day of another month, or its last where it is shorter."""
    count = 12 * day.year + day.month - 1 + months
    first = date(count // 12, count % 12 + 1, 1)
    following = date((count + 1) // 12, (count + 1) % 12 + 1, 1)
    return min(first.replace(day=1) + timedelta(days=day.day - 1), following - timedelta(days=1))
