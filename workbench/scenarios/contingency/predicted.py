"""Quarters as they may be measured, in any state of the world, while the plan is followed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from workbench.mmm import ResponseModel
from workbench.scenarios.contingency.changed_value import media_kpi
from workbench.scenarios.contingency.states import State
from workbench.scenarios.problem.cells import Cells

if TYPE_CHECKING:
    from workbench.config.contingency import Watch
    from workbench.mmm.posterior.outlook import Outlook

REVENUE = "revenue"
AT_ONCE = 4_000


@dataclass(frozen=True, kw_only=True)
class Quarters:
    """Predictive draws of what is watched: of what comes, whether or not teams have room for it.

    Attributes:
        outlook: Of the weeks of the plan.
        response: The fitted response.
        cells: Weeks, markets and channels of the plan.
        planned: Spend, shape (H, M, C).
        watch: What is watched.
        demand: Units of a team's work that one KPI unit of each market brings, by team, shape (M,); see `planning.capacity`.
    """

    outlook: Outlook
    response: ResponseModel
    cells: Cells
    planned: np.ndarray
    watch: tuple[Watch, ...]
    demand: Mapping[str, np.ndarray]

    @property
    def sums(self) -> dict[str, np.ndarray]:
        """What each quantity counts one KPI unit of each market as, shape (M,)."""
        value, markets = self.outlook.value_per_kpi, self.outlook.markets
        of: dict[str, dict[str, np.ndarray]] = {
            "revenue": {REVENUE: value},
            # The revenue of the only market is the revenue.
            "markets": {m: value * (np.array(markets) == m) for m in markets} if len(markets) > 1 else {},
            "demand": {_demand_on(team): counted for team, counted in self.demand.items()},
        }
        return {name: counted for kind in self.watch for name, counted in of[kind].items()} or {REVENUE: value}

    def units(self, currency: str, of_team: Mapping[str, str]) -> dict[str, str]:
        """The unit of each quantity."""
        worked = {_demand_on(team): unit for team, unit in of_team.items()}
        return {name: worked.get(name, currency) for name in self.sums}

    def __call__(self, rng: np.random.Generator, quarters: int, state: State) -> dict[str, np.ndarray]:
        """By quantity, what each week of `quarters` quarters brings, shape (quarters, H)."""
        caused = media_kpi(self.response, self.cells, self.planned, state)
        factor = state.baseline_of(len(self.cells.weeks))[:, None]
        world = replace(self.outlook, baseline=self.outlook.baseline * factor)
        counts = [min(AT_ONCE, quarters - first) for first in range(0, quarters, AT_ONCE)]
        parts = [self._counted(world.paths(caused, rng, count)) for count in counts]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def _counted(self, kpi: np.ndarray) -> dict[str, np.ndarray]:
        return {name: kpi @ counted for name, counted in self.sums.items()}


def _demand_on(team: str) -> str:
    return f"demand on {team}"
