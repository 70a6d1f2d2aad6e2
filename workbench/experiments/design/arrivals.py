"""How fast units come, and so how long a test takes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

DAYS = 7
PACE_WEEKS = 4


@dataclass(frozen=True, kw_only=True)
class Arrivals:
    """Units that could be tested, by the week in which they come.

    Attributes:
        at_once: Units that are there from the first day.
        weekly: Units that came in each further week of history.
        pace: Units a week once `weekly` is used up.
    """

    at_once: int
    weekly: tuple[int, ...] = ()
    pace: float = 0.0

    def within(self, weeks: float) -> float:
        """Units that come within a number of weeks."""
        seen = min(weeks, len(self.weekly))
        whole = int(seen)
        partly = self.weekly[whole] * (seen - whole) if whole < len(self.weekly) else 0.0
        return self.at_once + sum(self.weekly[:whole]) + partly + self.pace * max(weeks - len(self.weekly), 0.0)

    def weeks_for(self, units: float) -> float:
        """Weeks until so many units have come, infinite where they never do."""
        missing = units - self.at_once
        if missing <= 0:
            return 0.0
        for week, came in enumerate(self.weekly):
            if missing <= came:
                return week + missing / came
            missing -= came
        return len(self.weekly) + missing / self.pace if self.pace > 0 else math.inf


def arrivals_of(daily: Mapping[date, int]) -> Arrivals:
    """Arrivals by day as arrivals by week; those of one week count as units that are there at once.

    An incomplete last week counts at the pace of its days.
    """
    first, last = min(daily), max(daily)
    if (last - first).days < DAYS:
        return Arrivals(at_once=sum(daily.values()))
    weekly = [0.0] * (1 + (last - first).days // DAYS)
    for day, units in daily.items():
        weekly[(day - first).days // DAYS] += units
    weekly[-1] *= DAYS / ((last - first).days % DAYS + 1)
    recent = weekly[-PACE_WEEKS:]
    return Arrivals(at_once=0, weekly=tuple(map(round, weekly)), pace=sum(recent) / len(recent))
