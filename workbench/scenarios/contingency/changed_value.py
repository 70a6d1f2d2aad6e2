"""What media return in a state of the world that begins within the plan."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from workbench.mmm import ResponseModel
from workbench.scenarios.contingency.states import State
from workbench.scenarios.problem.cells import Cells
from workbench.scenarios.problem.rows import Limits
from workbench.scenarios.response.value import ResponseValue, media_value
from workbench.scenarios.response.weekly import Caused, WeeklyValue


@dataclass(frozen=True, eq=False)
class ChangedValue(WeeklyValue):
    """`MediaValue` whose weeks from one on answer otherwise, to earlier spend that still acts too.

    Attributes:
        before: The response until then.
        after: The response from then on.
        from_week: Index of the first week that answers otherwise.
    """

    before: ResponseValue
    after: ResponseValue
    from_week: int

    @property
    def draws(self) -> int:
        return self.before.draws

    def within(self, limits: Limits) -> Self:
        return replace(self, before=self.before.within(limits), after=self.after.within(limits))

    def thinned(self, draws: int) -> Self:
        return replace(self, before=self.before.thinned(draws), after=self.after.thinned(draws))

    def in_units(self, value_per_kpi: np.ndarray) -> Self:
        return replace(self, before=self.before.in_units(value_per_kpi), after=self.after.in_units(value_per_kpi))

    def weekly(self, spend: np.ndarray, *, enveloped: bool = False) -> np.ndarray:
        """As of `ResponseValue`."""
        first = self.before.weekly(spend, enveloped=enveloped)
        return np.where(self._since(first), self.after.weekly(spend, enveloped=enveloped), first)

    def pull_back(
        self, spend: np.ndarray, sensitivity: np.ndarray, *, enveloped: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        """As of `ResponseValue`."""
        since = self._since(sensitivity)
        first, rise = self.before.pull_back(spend, np.where(since, 0.0, sensitivity), enveloped=enveloped)
        then, later_rise = self.after.pull_back(spend, np.where(since, sensitivity, 0.0), enveloped=enveloped)
        return np.where(since, then, first), rise + later_rise

    def caused(self, spend: np.ndarray, *, enveloped: bool = False) -> Caused:
        """As of `ResponseValue`."""
        first, then = (value.caused(spend, enveloped=enveloped) for value in (self.before, self.after))
        since = self._since(first.weekly)

        def pull_back(sensitivity: np.ndarray) -> np.ndarray:
            early, late = np.where(since, 0.0, sensitivity), np.where(since, sensitivity, 0.0)
            return first.pull_back(early) + then.pull_back(late)

        return Caused(np.where(since, then.weekly, first.weekly), pull_back)

    def spread(self, weights: np.ndarray) -> np.ndarray:
        """As of `ResponseValue`."""
        return self.before.spread(weights)

    def _since(self, weekly: np.ndarray) -> np.ndarray:
        return np.arange(weekly.shape[1])[None, :, None] >= self.from_week


def value_in_state(response: ResponseModel, cells: Cells, limits: Limits, state: State) -> ResponseValue | ChangedValue:
    """What media return in a state, its tangents made for plans within `limits`."""
    dearer = replace(cells, price=cells.price * state.price_of(cells.channels, len(cells.weeks))[:, None, :])
    changed = replace(response, coefficient=response.coefficient * state.response_by_channel(cells.channels))
    after = media_value(changed, dearer, limits)
    if state.from_week == 0:
        return after
    return ChangedValue(media_value(response, dearer, limits), after, state.from_week)


def media_kpi(response: ResponseModel, cells: Cells, spend: np.ndarray, state: State) -> np.ndarray:
    """KPI units that media cause in the weeks of a plan in a state, by past spend that still acts too, shape (D, H, M).

    Args:
        response: The fitted response.
        cells: Weeks, markets and channels of the plan.
        spend: Shape (H, M, C).
        state: The world.
    """
    weeks = len(cells.weeks)
    price = cells.price * state.price_of(cells.channels, weeks)[:, None, :]
    factor, exposure = state.response_of(cells.channels, weeks), spend * response.exposure_per_spend / price
    by_market = [
        response.of_market(m).kpi_of_exposure(exposure[:, m : m + 1])[:, :, 0] for m in range(len(cells.markets))
    ]
    return np.stack([np.einsum("dhc,hc->dh", caused, factor) for caused in by_market], axis=-1)
