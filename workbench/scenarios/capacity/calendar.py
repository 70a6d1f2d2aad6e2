"""What each team can take in each week of a plan, and in the weeks after it in which media still act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd

from workbench.config.capacity import Capacity, Queue
from workbench.errors import DataError, SpecError

ALL = "all"
DAYS = 7


@dataclass(frozen=True, kw_only=True)
class Team:
    """Who must handle what marketing brings.

    Attributes:
        name: With the market, where each market has people of its own.
        unit: What it handles, in the plural.
        markets: Indices of those that it serves, length M'.
        load: Units of work that a unit of currency brings, shape (M',).
        room: Most units a week, shape (T,), over the plan and the carry-over after it; may be infinite.
        retention: Share of a unit's worth that is left after a week of waiting, in [0, 1]; 0 if nothing waits.
        queue: Who goes first.
        step: Units that one more of `step_name` handles in a week.
        step_name: What it grows by.
        step_cost: Currency that this costs for a week.
        section: Of `[planning.capacity]`, where its name is another.
        label: How reports call it, where that is another.
    """

    name: str
    unit: str
    markets: tuple[int, ...]
    load: np.ndarray
    room: np.ndarray
    retention: float
    queue: Queue
    step: float
    step_name: str
    step_cost: float
    section: str = ""
    label: str = ""

    @property
    def called(self) -> str:
        """How reports call it."""
        return self.label or self.name

    def with_room(self, room: np.ndarray) -> Self:
        return replace(self, room=room)

    def scaled(self, factor: float, from_week: int = 0) -> Self:
        """The same team with so many times its room from a week on."""
        return self.with_room(np.where(np.arange(len(self.room)) >= from_week, factor * self.room, self.room))


def teams_of(
    capacities: Mapping[str, Capacity],
    calendar: pd.DataFrame | None,
    weeks: pd.DatetimeIndex,
    *,
    tail: int,
    markets: Sequence[str],
    value_per_kpi: np.ndarray,
    market_labels: Mapping[str, str] | None = None,
) -> tuple[Team, ...]:
    """Lay the table `capacity` onto the weeks of a plan.

    Weeks without a row take the team's `weekly`; after the plan, what is known last goes on.

    Args:
        capacities: `[planning.capacity]`, by team.
        calendar: The table `capacity`, if there is one.
        weeks: First days of the plan's weeks, length H.
        tail: Weeks after the plan in which media still act.
        markets: Length M.
        value_per_kpi: Currency per KPI unit, shape (M,).
        market_labels: How reports call markets, those that have another name there.

    Raises:
        SpecError: If a team serves an unknown market, a market has two teams, or the table holds a team nobody configured.
        DataError: If a week of the plan has neither a row nor a `weekly`, or a week begins on another day.
    """
    if not capacities and calendar is None:
        return ()
    rows = _rows(calendar, capacities, weeks)
    teams = tuple(
        _team(name, capacity, own, crew, weeks, tail, markets, value_per_kpi)
        for name, capacity in capacities.items()
        for crew, own in _crews(name, capacity, rows[rows["team"] == name], markets)
    )
    _refuse_two(teams, markets)
    return tuple(_labelled(team, capacities[team.section], markets, market_labels or {}) for team in teams)


def _labelled(team: Team, capacity: Capacity, markets: Sequence[str], called: Mapping[str, str]) -> Team:
    own = capacity.label or team.section.replace("_", " ")
    if team.name == team.section:
        return replace(team, label=own)
    market = markets[team.markets[0]]
    return replace(team, label=f"{own}, {called.get(market) or market}")


def _rows(calendar: pd.DataFrame | None, capacities: Mapping[str, Capacity], weeks: pd.DatetimeIndex) -> pd.DataFrame:
    if calendar is None:
        return pd.DataFrame({"week": pd.DatetimeIndex([]), "market": [], "team": [], "units": []})
    unknown = sorted(set(calendar["team"]) - set(capacities))
    if unknown:
        raise SpecError(
            f"capacity.team names {unknown[0]}, which is none of [planning.capacity]: {', '.join(capacities) or 'there are none'}; "
            f"add [planning.capacity.{unknown[0]}] or leave its rows out"
        )
    odd = calendar["week"][((calendar["week"] - weeks[0]).dt.days % DAYS != 0)]
    if len(odd):
        raise DataError(
            f"capacity.week holds {odd.iloc[0]:%Y-%m-%d}, a {odd.iloc[0]:%A}; the weeks of the plan begin on a {weeks[0]:%A}, "
            "give the first day of each week"
        )
    return calendar


def _crews(
    name: str, capacity: Capacity, rows: pd.DataFrame, markets: Sequence[str]
) -> list[tuple[tuple[str, ...], pd.DataFrame]]:
    """The markets that share people, with their rows: all of the team's, or each on its own where rows say so."""
    served = capacity.markets or tuple(markets)
    unknown = [market for market in served if market not in markets]
    if unknown:
        raise SpecError(
            f"planning.capacity.{name}.markets names {unknown[0]}, which the media mix doesn't know; "
            f"its markets are {', '.join(markets)}"
        )
    named = set(rows["market"])
    if named <= {ALL} or (len(served) == 1 and named <= {ALL, served[0]}):
        return [(served, rows)]
    strange = sorted(named - set(served))
    if strange:
        raise SpecError(
            f"capacity has rows of team {name} for market {strange[0]}; give it rows of {', '.join(served)}, each with "
            f"people of its own, or of {ALL}, but not of both"
        )
    return [((market,), rows[rows["market"] == market]) for market in served]


def _team(
    name: str,
    capacity: Capacity,
    rows: pd.DataFrame,
    crew: tuple[str, ...],
    weeks: pd.DatetimeIndex,
    tail: int,
    markets: Sequence[str],
    value_per_kpi: np.ndarray,
) -> Team:
    own = len(crew) == 1 and len(capacity.markets or markets) > 1
    index = tuple(list(markets).index(market) for market in crew)
    return Team(
        name=f"{name}, {crew[0]}" if own else name,
        unit=capacity.unit,
        markets=index,
        load=capacity.per_kpi / value_per_kpi[list(index)],
        room=_room(name, capacity, rows, weeks, tail),
        retention=_retention(capacity),
        queue=capacity.queue,
        step=capacity.step,
        step_name=capacity.step_name,
        step_cost=capacity.step_cost,
        section=name,
    )


def _room(name: str, capacity: Capacity, rows: pd.DataFrame, weeks: pd.DatetimeIndex, tail: int) -> np.ndarray:
    ahead = pd.date_range(weeks[0], periods=len(weeks) + tail, freq=f"{DAYS}D")
    room = rows.set_index("week")["units"].reindex(ahead).to_numpy(dtype=float)
    if capacity.weekly is not None:
        return np.where(np.isnan(room), capacity.weekly, room)
    if np.isnan(room[: len(weeks)]).any():
        raise DataError(_missing(name, np.isnan(room[: len(weeks)]), weeks))
    return pd.Series(room).ffill().to_numpy()


def _missing(name: str, missing: np.ndarray, weeks: pd.DatetimeIndex) -> str:
    first = int(np.argmax(missing))
    mend = f"or say what the team usually takes: weekly under [planning.capacity.{name}]"
    if first and missing[first:].all():
        return (
            f"capacity of team {name} ends with the week of {weeks[first - 1]:%Y-%m-%d}, the plan with that of {weeks[-1]:%Y-%m-%d}; "
            f"add its rows from the week of {weeks[first]:%Y-%m-%d} on, {mend}"
        )
    return f"capacity has no row of team {name} for the week of {weeks[first]:%Y-%m-%d}; add it, {mend}"


def _retention(capacity: Capacity) -> float:
    if capacity.queue == "lost":
        return 0.0
    return 1.0 if capacity.half_life_days is None else 2.0 ** (-DAYS / capacity.half_life_days)


def _refuse_two(teams: Sequence[Team], markets: Sequence[str]) -> None:
    served: dict[int, str] = {}
    for team in teams:
        for market in team.markets:
            if market in served:
                raise SpecError(
                    f"market {markets[market]} is served by {served[market]} and by {team.name} under [planning.capacity]; "
                    "a market has one team: keep the one that is full first, or name its markets"
                )
            served[market] = team.name
