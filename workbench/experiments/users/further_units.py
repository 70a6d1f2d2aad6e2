"""How many further units would settle what a test leaves open, under the reading in use."""

from __future__ import annotations

import math
from dataclasses import replace

from scipy import stats

from workbench.experiments.sequential.confidence_sequence import ConfidenceSequence
from workbench.experiments.sequential.group_sequential import GroupSequential
from workbench.experiments.sequential.reading import Boundary
from workbench.experiments.users.comparisons import Comparison
from workbench.wording import count

POWER = 0.8
LARGEST_EXTENSION = 20
ROUNDS = 25
# Beyond any test: keeps the search finite where the effect is next to nothing.
MOST_GROWTH = 1e6


def more_units(effect: float, se: float, units: int, boundary: Boundary, alpha: float) -> float:
    """Further units, split as now, that would show an effect of the size seen with 80% power, two-sided at `alpha`.

    How many standard errors it takes may itself depend on the number of units, so both are found together.
    """
    if effect == 0:
        return math.inf
    growth = 1.0
    for _ in range(ROUNDS):
        reach = _later(boundary, growth).critical(alpha) + stats.norm.ppf(POWER)
        growth = min(max(float(reach * se / abs(effect)), 1.0) ** 2, MOST_GROWTH)
    return units * (growth - 1)


def to_show(effect: float, se: float, comparison: Comparison, alpha: float) -> float:
    return more_units(effect, se, comparison.units + comparison.control_units, comparison.reading.boundary, alpha)


def to_stay_within(room: float, reach: float, comparison: Comparison) -> float:
    """Further units after which an interval that now reaches beyond a margin would end there, its estimate unchanged.

    Args:
        room: Distance from the estimate to the margin, above 0.
        reach: Distance from the estimate to the interval's end.
        comparison: The arms.
    """
    units = comparison.units + comparison.control_units
    return units * ((reach / room) ** 2 - 1)


def told(needed: float, comparison: Comparison, purpose: str) -> str:
    """One sentence: how many more users it takes, or that no number within reach would do."""
    units = comparison.units + comparison.control_units
    if needed > LARGEST_EXTENSION * units:
        return (
            f"No sample within reach would {purpose}: it takes over {LARGEST_EXTENSION} times the {count(units)} users so far; "
            "test a bolder change."
        )
    rounded = float(f"{needed:.2g}")
    return f"About {count(rounded)} more users in these two arms, split as now, would {purpose}."


def _later(boundary: Boundary, growth: float) -> Boundary:
    """What will judge the test once it has `growth` times as many units."""
    match boundary:
        case ConfidenceSequence():
            return replace(boundary, units=round(growth * boundary.units))
        case GroupSequential(final=False):
            return GroupSequential(looks=(*boundary.looks, 1.0), final=True, alpha=boundary.alpha)
        case _:
            return boundary
