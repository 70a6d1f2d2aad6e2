"""What a plan is worth to a company whose teams can take so much a week and no more.

With Q the worth of all that is served, D what comes without the plan (by draw, with all chance of single weeks) and f the weekly
effect of media,

    worth = Q(D + f(x)) - Q(D),    d worth / dx = Σ_t q_t df_t / dx,    q = dQ/dD.

Q of the best order is concave and never falls, so with the concave envelope f^ of the effects Q(D + f^(x)) is concave too, lies above
the worth everywhere, and its tangents prove plans. Served in the order of arrival is never better than in the best order.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol, Self

import numpy as np

from workbench.config.capacity import Queue
from workbench.errors import SpecError
from workbench.mmm.posterior.outlook import Outlook
from workbench.scenarios.capacity.calendar import Team
from workbench.scenarios.capacity.queue import Service, serve
from workbench.scenarios.problem import Limits, MediaValue, Tangent


class WeeklyValue(MediaValue, Protocol):
    """A `MediaValue` that tells weeks and markets apart; T weeks are those of the plan and of the carry-over after it."""

    def weekly(self, spend: np.ndarray, *, enveloped: bool = False) -> np.ndarray:
        """Currency over spending nothing, shape (D, T, M)."""
        ...

    def pull_back(
        self, spend: np.ndarray, sensitivity: np.ndarray, *, enveloped: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        """`weekly`, and the gradient of `Σ sensitivity · weekly`, shape (H, M, C)."""
        ...


@dataclass(frozen=True, eq=False)
class CapacityValue:
    """`MediaValue` of what is served.

    Attributes:
        media: What media cause.
        demand: Currency that comes without the plan, shape (D, T, M), at least 0.
        teams: Who must handle it; markets without a team have room for all.
    """

    media: WeeklyValue
    demand: np.ndarray
    teams: tuple[Team, ...]

    @property
    def draws(self) -> int:
        return self.media.draws

    def worth(self, spend: np.ndarray) -> np.ndarray:
        return self._served(self.media.weekly(spend))[0] - self._anyway

    def gradient(self, spend: np.ndarray, weights: np.ndarray) -> tuple[float, np.ndarray]:
        served, price = self._served(self.media.weekly(spend))
        _, slope = self.media.pull_back(spend, weights[:, None, None] * price)
        return float(weights @ (served - self._anyway)), slope

    def tangent(self, spend: np.ndarray, weights: np.ndarray) -> Tangent:
        served, price = self._served(self.media.weekly(spend, enveloped=True), best_order=True)
        _, slope = self.media.pull_back(spend, weights[:, None, None] * price, enveloped=True)
        return Tangent(constant=float(weights @ (served - self._anyway)) - float(np.vdot(slope, spend)), slope=slope)

    def within(self, limits: Limits) -> Self:
        return replace(self, media=self.media.within(limits))

    def thinned(self, draws: int) -> Self:
        kept = np.unique(np.linspace(0, self.draws - 1, min(draws, self.draws)).astype(int))
        return replace(self, media=self.media.thinned(draws), demand=self.demand[kept])

    def with_teams(self, teams: tuple[Team, ...]) -> Self:
        return replace(self, teams=teams)

    def service(self, team: Team, spend: np.ndarray) -> tuple[np.ndarray, Service]:
        """What comes to a team under a plan, units by draw, week and market, and how it is served."""
        return self._come(team, self.media.weekly(spend))

    def anyway_within(self, weeks: int) -> np.ndarray:
        """Currency served in the first so many weeks without the plan, shape (D,)."""
        teams = tuple(team.with_room(team.room[:weeks]) for team in self.teams)
        first = replace(self, demand=self.demand[:, :weeks], teams=teams)
        return first._anyway

    def _come(self, team: Team, effect: np.ndarray, queue: Queue | None = None) -> tuple[np.ndarray, Service]:
        own = list(team.markets)
        came = (self.demand[..., own] + effect[..., own]) * team.load
        return came, serve(came, team.room, 1.0 / team.load, team.retention, queue or team.queue)

    def _served(self, effect: np.ndarray, *, best_order: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """Currency served by draw, shape (D,), and what one more unit of currency of each week and market brings, (D, T, M)."""
        price = np.ones_like(effect)
        free = np.ones(effect.shape[2], dtype=bool)
        free[[market for team in self.teams for market in team.markets]] = False
        worth = (self.demand + effect)[..., free].sum(axis=(1, 2))
        for team in self.teams:
            _, service = self._come(team, effect, "freshest" if best_order else None)
            worth = worth + service.worth
            price[..., list(team.markets)] = service.price * team.load
        return worth, price

    @cached_property
    def _anyway(self) -> np.ndarray:
        """Currency served without the plan, shape (D,)."""
        return self._served(np.zeros_like(self.demand))[0]


def capacity_value(media: WeeklyValue, outlook: Outlook, teams: tuple[Team, ...], *, seed: int) -> CapacityValue:
    """What media are worth under the teams' capacity.

    Args:
        media: The value of media alone.
        outlook: What comes without the plan, over the weeks of the plan and of the carry-over after it.
        teams: See `teams_of`.
        seed: Of the chance of single weeks: each draw has one course of it, because what is lost to a full week depends on how
            far weeks scatter.

    Raises:
        SpecError: If media and outlook rest on different draws.
    """
    if outlook.draws != media.draws:
        raise SpecError(
            f"the outlook has {outlook.draws} draws and the value of media {media.draws}; make both from the same media mix"
        )
    noise = outlook.noise_paths(np.random.default_rng(seed), outlook.draws)
    demand = (outlook.baseline + outlook.carried + noise) * outlook.value_per_kpi
    return CapacityValue(media=media, demand=np.maximum(demand, 0.0), teams=teams)
