"""Quarters as they may be measured, in any state of the world, while the plan is followed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from workbench.mmm import ResponseModel
from workbench.scenarios.capacity.calendar import Team
from workbench.scenarios.capacity.served import served_weekly
from workbench.scenarios.contingency.changed_value import media_kpi
from workbench.scenarios.contingency.states import State
from workbench.scenarios.problem.cells import Cells, Labels

if TYPE_CHECKING:
    from workbench.config.contingency import Watch
    from workbench.mmm.posterior.outlook import Outlook

REVENUE = "revenue"
AT_ONCE = 4_000


@dataclass(frozen=True, kw_only=True)
class Quarters:
    """Predictive draws of what is watched: revenue of what teams handle, and demand on them whether or not they have room.

    Attributes:
        outlook: Of the weeks of the plan.
        response: The fitted response.
        cells: Weeks, markets and channels of the plan.
        planned: Spend, shape (H, M, C).
        watch: What is watched.
        teams: Who handles what comes; markets without a team have room for all.
    """

    outlook: Outlook
    response: ResponseModel
    cells: Cells
    planned: np.ndarray
    watch: tuple[Watch, ...]
    teams: tuple[Team, ...] = ()

    def units(self, currency: str) -> dict[str, str]:
        """The unit of each quantity."""
        worked = {demand_on(team.name): team.unit for team in self.teams}
        revenue = revenue_watched(np.zeros(len(self.outlook.markets)), self.outlook.markets)
        return dict.fromkeys(revenue, currency) | worked

    def __call__(self, rng: np.random.Generator, quarters: int, state: State) -> dict[str, np.ndarray]:
        """By quantity, what each week of `quarters` quarters brings, shape (quarters, H)."""
        caused = media_kpi(self.response, self.cells, self.planned, state)
        factor = state.baseline_of(len(self.cells.weeks))[:, None]
        world = replace(self.outlook, baseline=self.outlook.baseline * factor)
        teams = tuple(team.scaled(state.capacity.get(team.section, 1.0), state.from_week) for team in self.teams)
        counts = [min(AT_ONCE, quarters - first) for first in range(0, quarters, AT_ONCE)]
        parts = [self._watched(world.paths(caused, rng, count) * world.value_per_kpi, teams) for count in counts]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def _watched(self, wanted: np.ndarray, teams: Sequence[Team]) -> dict[str, np.ndarray]:
        everything = revenue_watched(served_weekly(wanted, teams), self.outlook.markets)
        of = {
            "revenue": {REVENUE: everything[REVENUE]},
            "markets": {name: brought for name, brought in everything.items() if name != REVENUE},
            "demand": demand_watched(wanted, teams),
        }
        return {name: brought for kind in self.watch for name, brought in of[kind].items()} or of["revenue"]


def revenue_watched(revenue: np.ndarray, markets: Sequence[str]) -> dict[str, np.ndarray]:
    """Of all markets, and of each where there are several; `revenue` has the shape (..., M)."""
    by_market = {name: revenue[..., m] for m, name in enumerate(markets)} if len(markets) > 1 else {}
    return {REVENUE: revenue.sum(axis=-1), **by_market}


def demand_watched(wanted: np.ndarray, teams: Sequence[Team]) -> dict[str, np.ndarray]:
    """Units of work that revenue which customers want, shape (..., M), brings each team."""
    return {demand_on(team.name): wanted[..., list(team.markets)] @ team.load for team in teams}


def demand_on(team: str) -> str:
    """The quantity's name."""
    return f"demand on {team}"


def watched_label(watch: str, labels: Labels) -> str:
    """The quantity's name with the labels of market or team.

    >>> watched_label("DE", Labels(markets={"DE": "Germany"}))
    'Germany'
    """
    kind, team = watch[: len(demand_on(""))], watch[len(demand_on("")) :]
    return demand_on(labels.team(team)) if kind == demand_on("") else labels.market(watch)


def watched_in_words(watch: str) -> str:
    """A watched quantity as sentences call it: a market's is its revenue.

    >>> watched_in_words("Germany"), watched_in_words("revenue"), watched_in_words("demand on sales")
    ('revenue in Germany', 'revenue', 'demand on sales')
    """
    return watch if watch == REVENUE or watch.startswith(demand_on("")) else f"revenue in {watch}"
