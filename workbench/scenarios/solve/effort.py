"""How hard to look for a plan; it moves the time taken and the tightness of the bound, never its truth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

LARGE = 2_000_000
FEWEST_DRAWS = 25


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How hard to look.

    Attributes:
        search_draws: Draws that the search looks at; the value and the bound always rest on all of them.
        steps: Most steps of an ascent on the search draws.
        looks: Most looks at all draws that correct an ascent on the search draws.
        leaps: How often cells may be moved to other levels, from which to climb anew, where the bound stays loose.
        rounds: How often the weights of a risk-adjusted bound answer the plan that the last one suggested.
        planes: How many more tangents may tighten a bound where it stays loose.
        close: Gap as a share of the bound at which a plan is good enough.
        tight: Gap as a share of the bound above which tangents are mixed for a tighter one.
        programmes: Most mixed-integer programmes for all-or-nothing minima.
        cuts: How often the domain of each channel, or of all, may be cut in two to come that close.
        proves: Whether to prove how good the plan is; without, its bound is infinite.
    """

    search_draws: int = 100
    steps: int = 80
    looks: int = 6
    leaps: int = 3
    rounds: int = 12
    planes: int = 6
    close: float = 0.01
    tight: float = 0.005
    programmes: int = 12
    cuts: int = 0
    proves: bool = True

    def for_size(self, cells: int, draws: int) -> Self:
        """Less of it where a plan has so many cells that one look at all draws takes seconds."""
        if cells * draws <= LARGE:
            return self
        search_draws = max(FEWEST_DRAWS, min(self.search_draws, LARGE // cells))
        return replace(self, search_draws=search_draws, steps=min(self.steps, 30), looks=min(self.looks, 3), cuts=0)


THOROUGH = Effort()
BRISK = Effort(steps=30, looks=3, leaps=1, rounds=2, planes=3, programmes=1)
# For a plan that is reported with its proof.
PATIENT = Effort(looks=12, tight=0.001, programmes=30, cuts=40)
