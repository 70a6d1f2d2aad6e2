"""The course of a plan: what was foreseen of each week, and what is foreseen of it now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from workbench.mmm import ResponseModel
from workbench.mmm.posterior.outlook import Outlook
from workbench.scenarios.capacity import Team
from workbench.scenarios.capacity.served import served_weekly, worth_weekly
from workbench.scenarios.pacing.actuals import Actuals
from workbench.scenarios.pacing.conditioning import Seen

PATHS = 4_000


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A plan of H weeks as it was made, M markets, C channels.

    Attributes:
        response: What media do.
        outlook: Of the plan's weeks, controls as they were assumed.
        spend: Currency, shape (H, M, C).
        price: Of exposure, as a factor on the media mix's, shape (H, M, C).
        teams: Who handles what comes; none where nothing is known of them.
    """

    response: ResponseModel
    outlook: Outlook
    spend: np.ndarray
    price: np.ndarray
    teams: tuple[Team, ...] = ()

    @property
    def exposure(self) -> np.ndarray:
        return self.spend * self.response.exposure_per_spend / self.price

    def media(self, exposure: np.ndarray) -> np.ndarray:
        """KPI units by draw, week and market, all channels together, what is carried in included; shape (D, H, M)."""
        markets = range(len(self.response.markets))
        return np.concatenate(
            [self.response.of_market(m).kpi_of_exposure(exposure[:, [m]]).sum(axis=-1) for m in markets], axis=-1
        )

    def revenue_paths(self, rng: np.random.Generator, paths: int = PATHS) -> np.ndarray:
        """What was foreseen when the plan was made, currency, shape (paths, H, M)."""
        wanted = self.outlook.paths(self.media(self.exposure), rng, paths) * self.outlook.value_per_kpi
        return served_weekly(wanted, self.teams)


@dataclass(frozen=True, kw_only=True)
class Course:
    """What is known now of a plan, h of whose H weeks are over.

    Attributes:
        planned: The plan as it was made.
        known: The same with the controls that came.
        actual: What came.
        seed: Of the paths.
        levers: The outlook with only what levers move as it came; None where the plan moves none.
        rooms: The teams as their calendar stands now; None for as planned.
    """

    planned: Planned
    known: Outlook
    actual: Actuals
    seed: int
    levers: Outlook | None = None
    rooms: tuple[Team, ...] | None = None

    @property
    def teams(self) -> tuple[Team, ...]:
        """With the room that they had and are now said to have."""
        return rooms_that_came(self.actual, self.planned.teams if self.rooms is None else self.rooms)

    @property
    def weeks_seen(self) -> int:
        return len(self.actual.weeks)

    @cached_property
    def exposure(self) -> np.ndarray:
        """What was bought, and then what the rest of the plan buys at the prices paid so far, shape (H, M, C)."""
        now, planned = self.exposure_per_spend, self.planned
        return np.concatenate([self.actual.exposure, planned.spend[self.weeks_seen :] * now])

    @cached_property
    def exposure_per_spend(self) -> np.ndarray:
        """Over the weeks seen; as planned where nothing was bought; shape (M, C)."""
        spend, exposure = self.actual.spend.sum(axis=0), self.actual.exposure.sum(axis=0)
        as_planned = self.planned.response.exposure_per_spend / self.planned.price[-1]
        return np.where((spend > 0) & (exposure > 0), exposure / np.where(spend > 0, spend, 1.0), as_planned)

    @cached_property
    def wanted(self) -> np.ndarray:
        """KPI units that customers wanted in the weeks seen, shape (h, M): what teams couldn't handle is put back."""
        return self.actual.kpi / handled_share(self.actual, self.planned.teams)

    @cached_property
    def seen(self) -> Seen:
        rng = np.random.default_rng(self.seed)
        known, of = self.known, self.known.draw_of_path(PATHS)
        media = self.planned.media(self.exposure)[:, : self.weeks_seen]
        expected = (known.baseline[:, : self.weeks_seen] + media)[of]
        return Seen(outlook=known, expected=expected, noise=known.noise_paths(rng, PATHS), kpi=self.wanted)

    @cached_property
    def wanted_paths(self) -> np.ndarray:
        """Currency that customers want in all weeks, those seen as they came, shape (paths, H, M)."""
        of = self.known.draw_of_path(PATHS)
        expected = self.seen.update((self.known.baseline + self.planned.media(self.exposure))[of])
        wanted = (expected + self.seen.update_noise()) * self.known.value_per_kpi
        wanted[:, : self.weeks_seen] = self.wanted * self.known.value_per_kpi
        return np.maximum(wanted, 0.0)

    @cached_property
    def revenue_paths(self) -> np.ndarray:
        """Currency of all weeks that teams handle, those seen as they came, shape (paths, H, M)."""
        revenue = served_weekly(self.wanted_paths, self.teams)
        revenue[:, : self.weeks_seen] = self.actual.revenue
        return revenue

    @cached_property
    def media_revenue_paths(self) -> np.ndarray:
        """What media cause in all weeks by what was bought and will be, given the weeks seen; currency, shape (paths, H, M)."""
        of = self.known.draw_of_path(PATHS)
        return self.seen.update(self.planned.media(self.exposure)[of]) * self.known.value_per_kpi


def handled_share(actual: Actuals, teams: Sequence[Team]) -> np.ndarray:
    """Worth of what was handled, for each unit of worth that came, by week and market, shape (h, M); ones where nobody counted.

    More than one where a team works off what waited, less what waiting has cost it.
    """
    share = np.ones(actual.kpi.shape)
    for team in teams:
        if team.name in actual.handled and team.name in actual.arrived:
            came = actual.arrived[team.name]
            worth = worth_weekly(came[None, :, None], actual.handled[team.name], np.ones(1), team)[0]
            known = (came > 0) & (worth > 0)
            share[:, list(team.markets)] = np.where(known, worth / np.where(known, came, 1.0), 1.0)[:, None]
    return share


def rooms_that_came(actual: Actuals, teams: Sequence[Team]) -> tuple[Team, ...]:
    """The teams with the room that they had: where more came than was handled, the room was what was handled."""
    return tuple(_with_room(team, actual) for team in teams)


def _with_room(team: Team, actual: Actuals) -> Team:
    if team.name not in actual.handled:
        return team
    handled = actual.handled[team.name]
    weeks = len(handled)
    came = actual.arrived.get(team.name, handled)
    waiting = np.cumsum(came - handled) > 0
    room = team.room.copy()
    room[:weeks] = np.where(waiting, handled, np.maximum(team.room[:weeks], handled))
    return team.with_room(room)
