"""What a plan brings until its last week: what goals with a date count, unlike worth, to which carry-over afterwards belongs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from workbench.scenarios.problem.rows import Limits
from workbench.scenarios.response.value import ResponseValue
from workbench.scenarios.response.weekly import Caused, WeeklyValue


@dataclass(frozen=True, eq=False)
class HorizonValue(WeeklyValue):
    """`MediaValue` of the weeks of the plan alone.

    Attributes:
        media: What media cause, carry-over included.
        weeks: Of the plan, H.
    """

    media: ResponseValue
    weeks: int

    @property
    def draws(self) -> int:
        return self.media.draws

    def within(self, limits: Limits) -> Self:
        return replace(self, media=self.media.within(limits))

    def thinned(self, draws: int) -> Self:
        return replace(self, media=self.media.thinned(draws))

    def weekly(self, spend: np.ndarray, *, enveloped: bool = False) -> np.ndarray:
        """Currency over spending nothing, shape (D, H, M)."""
        return self.media.weekly(spend, enveloped=enveloped)[:, : self.weeks]

    def pull_back(
        self, spend: np.ndarray, sensitivity: np.ndarray, *, enveloped: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        """`weekly`, and the gradient of `Σ sensitivity · weekly`, shape (H, M, C); sensitivity has the shape of `weekly`."""
        effect, slope = self.media.pull_back(spend, self._with_after(sensitivity), enveloped=enveloped)
        return effect[:, : self.weeks], slope

    def caused(self, spend: np.ndarray, *, enveloped: bool = False) -> Caused:
        """As the base says."""
        whole = self.media.caused(spend, enveloped=enveloped)
        return Caused(whole.weekly[:, : self.weeks], lambda sensitivity: whole.pull_back(self._with_after(sensitivity)))

    def spread(self, weights: np.ndarray) -> np.ndarray:
        """As of `ResponseValue`."""
        return np.ascontiguousarray(self.media.spread(weights)[:, : self.weeks])

    def _with_after(self, sensitivity: np.ndarray) -> np.ndarray:
        return np.pad(sensitivity, ((0, 0), (0, self.media.blocks.weeks - self.weeks), (0, 0)))
