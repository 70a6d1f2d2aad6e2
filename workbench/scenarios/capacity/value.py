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
from typing import TYPE_CHECKING, Protocol, Self

import numpy as np

from workbench.config.capacity import Queue
from workbench.errors import SpecError
from workbench.scenarios.capacity.calendar import Team
from workbench.scenarios.capacity.queue import Service, serve
from workbench.scenarios.problem import Limits, MediaValue, Tangent

if TYPE_CHECKING:
    from workbench.mmm.posterior.outlook import Outlook
    from workbench.scenarios.response import ResponseValue
    from workbench.scenarios.response.weekly import Caused

# Points on the way from no effect to all of it at which the price of room is looked at to say what each channel keeps.
ON_THE_WAY = 3
NOTHING = 1e-12


class WeeklyValue(MediaValue, Protocol):
    """A `MediaValue` that tells weeks and markets apart; T weeks are those of the plan and of the carry-over after it."""

    def weekly(self, spend: np.ndarray, *, enveloped: bool = False) -> np.ndarray:
        """Currency over spending nothing, shape (D, T, M)."""
        ...

    def caused(self, spend: np.ndarray, *, enveloped: bool = False) -> Caused:
        """`weekly`, and the gradient of a weighted sum of it."""
        ...

    def in_units(self, value_per_kpi: np.ndarray) -> Self:
        """The same in KPI units, M values of which in currency are given."""
        ...


@dataclass(frozen=True, eq=False)
class CapacityValue:
    """`MediaValue` of what is served.

    Attributes:
        media: What media cause.
        demand: Currency that comes without the plan, by past spending and by what is spent after it too, shape (D, T, M), at least 0.
        teams: Who must handle it; markets without a team have room for all.
        counted: First weeks, all of which is served in them counts and nothing afterwards; unset for all T.
    """

    media: WeeklyValue
    demand: np.ndarray
    teams: tuple[Team, ...]
    counted: int | None = None

    @property
    def draws(self) -> int:
        return self.media.draws

    def worth(self, spend: np.ndarray) -> np.ndarray:
        return self._worth_of(self.media.weekly(spend)) - self.anyway

    def gradient(self, spend: np.ndarray, weights: np.ndarray) -> tuple[float, np.ndarray]:
        caused = self.media.caused(spend)
        served, price = self._served(caused.weekly)
        return float(weights @ (served - self.anyway)), caused.pull_back(weights[:, None, None] * price)

    def tangent(self, spend: np.ndarray, weights: np.ndarray) -> Tangent:
        caused = self.media.caused(spend, enveloped=True)
        served, price = self._served(caused.weekly, best_order=True)
        slope = caused.pull_back(weights[:, None, None] * price)
        return Tangent(constant=float(weights @ (served - self.anyway)) - float(np.vdot(slope, spend)), slope=slope)

    def within(self, limits: Limits) -> Self:
        return replace(self, media=self.media.within(limits))

    def thinned(self, draws: int) -> Self:
        kept = np.unique(np.linspace(0, self.draws - 1, min(draws, self.draws)).astype(int))
        return replace(self, media=self.media.thinned(draws), demand=self.demand[kept])

    def with_teams(self, teams: tuple[Team, ...]) -> Self:
        return replace(self, teams=teams)

    def with_team(self, changed: Team) -> Self:
        """The same with another team in the place of the one of its name."""
        return self.with_teams(tuple(changed if team.name == changed.name else team for team in self.teams))

    def with_media(self, media: WeeklyValue) -> Self:
        return replace(self, media=media)

    def going_on(self, before: ResponseValue, media: ResponseValue) -> Self:
        """The same media with other spending after the plan, which teams must handle too."""
        return replace(
            self, media=media, demand=np.maximum(self.demand + media.without_plan - before.without_plan, 0.0)
        )

    def until(self, weeks: int) -> Self:
        """What is served in the first so many weeks: what counts for a goal with a date."""
        return replace(self, counted=weeks)

    def price(self, spend: np.ndarray) -> np.ndarray:
        """What is left of one more unit of currency that media cause in each week and market under a plan, shape (D, T, M)."""
        return self._served(self.media.weekly(spend))[1]

    def kept(self, spend: np.ndarray) -> np.ndarray:
        """What is left of each unit of currency that media cause, shape (D, T, M), in sum the worth of the plan.

        Room that is short is shared between all that media cause in a week (Aumann and Shapley's prices): the mean of `price` while their
        effect grows from nothing to what it is.
        """
        effect = self.media.weekly(spend)
        shares = (np.arange(ON_THE_WAY) + 0.5) / ON_THE_WAY
        price = np.mean([self._served(share * effect)[1] for share in shares], axis=0)
        worth, priced = self._served(effect)[0] - self.anyway, (price * effect).sum(axis=(1, 2))
        total = effect.sum(axis=(1, 2))
        seen = np.abs(priced) > NOTHING * np.abs(total)
        # Where room ends before the first look, what is served is shared in proportion to what media cause.
        exact = np.divide(worth, np.where(seen, priced, total), out=np.ones_like(worth), where=seen | (total != 0))
        return np.where(seen[:, None, None], price, 1.0) * exact[:, None, None]

    def in_units(self, value_per_kpi: np.ndarray) -> Self:
        """The same in KPI units, M values of which in currency are given: what is lost doesn't count, what waits counts by the share of its
        worth that is left, and units of all markets are worth alike to their team."""
        return replace(
            self,
            media=self.media.in_units(value_per_kpi),
            demand=self.demand / value_per_kpi,
            teams=tuple(replace(team, load=team.load * value_per_kpi[list(team.markets)]) for team in self.teams),
        )

    def service(self, team: Team, spend: np.ndarray) -> tuple[np.ndarray, Service]:
        """What comes to a team under a plan, units by draw, week and market, and how it is served."""
        came = self._comes(team, self.demand + self.media.weekly(spend))
        return came, _serve(team, came, team.queue)

    def _comes(self, team: Team, wanted: np.ndarray) -> np.ndarray:
        return np.asarray(wanted[..., list(team.markets)] * team.load)

    def _wanted(self, effect: np.ndarray) -> np.ndarray:
        """Currency that customers want to spend while it counts, shape (D, T, M), laid out by market as effects are."""
        return np.asarray((self._by_market + effect.swapaxes(1, 2)).swapaxes(1, 2)[:, : self.counted])

    @cached_property
    def _by_market(self) -> np.ndarray:
        return np.ascontiguousarray(self.demand.swapaxes(1, 2))

    @cached_property
    def _free(self) -> list[int]:
        """Markets without a team."""
        served = {market for team in self.teams for market in team.markets}
        return [market for market in range(self.demand.shape[2]) if market not in served]

    def _worth_of(self, effect: np.ndarray) -> np.ndarray:
        """Currency served by draw, shape (D,)."""
        wanted = self._wanted(effect)
        worth = wanted[..., self._free].sum(axis=(1, 2))
        served = (_serve(team, self._comes(team, wanted), team.queue, priced=False) for team in self.teams)
        return sum((service.worth for service in served), start=worth)

    def _served(self, effect: np.ndarray, *, best_order: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """Currency served by draw, shape (D,), and what one more unit of currency of each week and market brings, (D, T, M)."""
        wanted = self._wanted(effect)
        price = np.zeros((effect.shape[0], effect.shape[2], effect.shape[1])).swapaxes(1, 2)
        counted = price[:, : self.counted]
        counted[..., self._free] = 1.0
        worth = wanted[..., self._free].sum(axis=(1, 2))
        for team in self.teams:
            service = _serve(team, self._comes(team, wanted), "freshest" if best_order else team.queue)
            worth = worth + service.worth
            counted[..., list(team.markets)] = service.price * team.load
        return worth, price

    @cached_property
    def anyway(self) -> np.ndarray:
        """Currency served without the plan, shape (D,)."""
        return self._worth_of(np.zeros_like(self.demand))


def _serve(team: Team, came: np.ndarray, queue: Queue, *, priced: bool = True) -> Service:
    return serve(came, team.room[: came.shape[1]], 1.0 / team.load, team.retention, queue, priced=priced)


def capacity_value(media: ResponseValue, outlook: Outlook, teams: tuple[Team, ...], *, seed: int) -> CapacityValue:
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
    demand = (outlook.baseline + noise) * outlook.value_per_kpi + media.without_plan
    return CapacityValue(media=media, demand=np.maximum(demand, 0.0), teams=teams)
