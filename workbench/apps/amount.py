"""A number with its interval, as every app tells it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from workbench.wording import DASH, in_unit, interval, number

POINTS = "points"


@dataclass(frozen=True)
class Amount:
    """A number with the ends of its interval in its unit: a currency code, `%`, a noun, or `POINTS` for a change of percentages.

    Points are fractions, as percentages are: 0.01 is told as 1 point.
    """

    estimate: float
    lower: float
    upper: float
    unit: str

    @property
    def text(self) -> str:
        if math.isnan(self.estimate):
            return DASH
        return f"{number(100 * self.estimate, 2)} points" if self.unit == POINTS else in_unit(self.estimate, self.unit)

    @property
    def between(self) -> str:
        if self.unit == POINTS:
            return f"{number(100 * self.lower, 2)} to {number(100 * self.upper, 2)}"
        return interval(self.lower, self.upper, self.unit)

    @property
    def told(self) -> str:
        """The number and its interval."""
        return self.text if math.isnan(self.lower) else f"{self.text} ({self.between})"

    @property
    def width(self) -> float:
        return self.upper - self.lower


def amount_of(numbers: Iterable[float], unit: str) -> Amount:
    """Of a mean and the lower and upper end."""
    estimate, lower, upper = map(float, numbers)
    return Amount(estimate, lower, upper, unit)
