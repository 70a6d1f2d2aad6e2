"""What came in the weeks of a plan: spend, exposure, KPI, and what teams handled."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from workbench.errors import DataError, SpecError
from workbench.mmm import ResponseModel


@dataclass(frozen=True, kw_only=True)
class Actuals:
    """The h weeks of a plan that are over, M markets, C channels.

    Attributes:
        weeks: First days, length h.
        spend: Currency, shape (h, M, C).
        exposure: In the unit of the media mix, shape (h, M, C).
        kpi: KPI units, shape (h, M).
        value: Currency per KPI unit, shape (h, M).
        handled: Units that each team handled, by its name, shape (h,).
        arrived: Units that came to it, likewise.
    """

    weeks: pd.DatetimeIndex
    spend: np.ndarray
    exposure: np.ndarray
    kpi: np.ndarray
    value: np.ndarray
    handled: Mapping[str, np.ndarray] = field(default_factory=dict)
    arrived: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def revenue(self) -> np.ndarray:
        """Currency, shape (h, M)."""
        return self.kpi * self.value

    def first(self, weeks: int) -> Actuals:
        """The same as it was known after so many weeks."""
        return Actuals(
            weeks=self.weeks[:weeks],
            spend=self.spend[:weeks],
            exposure=self.exposure[:weeks],
            kpi=self.kpi[:weeks],
            value=self.value[:weeks],
            handled={name: units[:weeks] for name, units in self.handled.items()},
            arrived={name: units[:weeks] for name, units in self.arrived.items()},
        )


def actuals_of(
    weeks: pd.DatetimeIndex,
    response: ResponseModel,
    media: pd.DataFrame,
    kpi: pd.DataFrame,
    deliveries: pd.DataFrame | None = None,
) -> Actuals:
    """Lay canonical tables onto the weeks of a plan, as far as they go.

    Args:
        weeks: The plan's weeks.
        response: The media mix's, whose markets, channels and exposure count.
        media: Canonical `media` rows; a channel without a row in a week was not bought.
        kpi: Canonical `kpi` rows.
        deliveries: Canonical `deliveries` rows.

    Raises:
        SpecError: If no week of the plan is over.
        DataError: If a week lacks a market or all of its media, or a channel is unknown.
    """
    seen = _weeks_seen(weeks, kpi, response.markets)
    media = media[media["week"].isin(seen) & media["market"].isin(response.markets)]
    _refuse_holes(seen, media, response.channels)
    spend = _grid(media, "spend", seen, response)
    counted = (
        "impressions" in media and not (response.exposure_history == response.spend_history).all()
    )  # a media mix of spend ignores impressions
    rows = kpi.set_index(["week", "market"])
    cells = pd.MultiIndex.from_product([seen, response.markets])
    shape = (len(seen), len(response.markets))
    value = rows["value_per_conversion"].reindex(cells).to_numpy(dtype=float) if "value_per_conversion" in rows else 1.0
    return Actuals(
        weeks=seen,
        spend=spend,
        exposure=_grid(media, "impressions", seen, response) if counted else spend,
        kpi=rows["kpi"].reindex(cells).to_numpy(dtype=float).reshape(shape),
        value=np.broadcast_to(value, shape[0] * shape[1]).reshape(shape),
        handled=_units(deliveries, "handled", seen),
        arrived=_units(deliveries, "arrived", seen),
    )


def _weeks_seen(weeks: pd.DatetimeIndex, kpi: pd.DataFrame, markets: tuple[str, ...]) -> pd.DatetimeIndex:
    """The plan's weeks that are over, from its first on."""
    inside = kpi[kpi["week"].isin(weeks) & kpi["market"].isin(markets)]
    known = inside.groupby("week")["market"].nunique().reindex(weeks, fill_value=0).to_numpy()
    seen = int((known > 0).sum())
    if not seen:
        raise SpecError(
            f"no week of the plan is over: kpi has no row from {weeks[0]:%Y-%m-%d} on; review the plan when its first week is booked"
        )
    if (known[:seen] < len(markets)).any():
        hole = weeks[:seen][known[:seen] < len(markets)][0]
        raise DataError(f"kpi lacks a market in the week of {hole:%Y-%m-%d}; add its rows, or the weeks before it")
    return weeks[:seen]


def _refuse_holes(seen: pd.DatetimeIndex, media: pd.DataFrame, channels: tuple[str, ...]) -> None:
    if missing := [week for week in seen if week not in set(media["week"])]:
        raise DataError(
            f"media has no row in the week of {missing[0]:%Y-%m-%d}, whose KPI is known; add what was spent"
        )
    if unknown := sorted(set(media["channel"]) - set(channels)):
        raise DataError(
            f"media holds the channel {unknown[0]}, which the plan's media mix doesn't know; fit the media mix with it and plan again"
        )


def _grid(media: pd.DataFrame, column: str, weeks: pd.DatetimeIndex, response: ResponseModel) -> np.ndarray:
    grid = pd.MultiIndex.from_product([weeks, response.markets, response.channels])
    values = media.set_index(["week", "market", "channel"])[column].reindex(grid).fillna(0.0)
    return values.to_numpy(dtype=float).reshape(len(weeks), len(response.markets), len(response.channels))


def refuse_unknown_teams(deliveries: pd.DataFrame | None, teams: Collection[str]) -> None:
    """What teams handled counts only for those whose capacity is known.

    Raises:
        DataError: If a team has none.
    """
    unknown = [] if deliveries is None else sorted(set(deliveries["team"]) - set(teams))
    if unknown:
        raise DataError(
            f"deliveries names the team {unknown[0]}, which is none of [planning.capacity]: {', '.join(teams) or 'there are none'}; "
            f"add [planning.capacity.{unknown[0]}] or leave its rows out"
        )


def _units(deliveries: pd.DataFrame | None, column: str, weeks: pd.DatetimeIndex) -> dict[str, np.ndarray]:
    """By team over all markets, and by team and market as `capacity` calls those; only where every week is known."""
    if deliveries is None or column not in deliveries:
        return {}
    crews = deliveries["team"] + ", " + deliveries["market"]
    rows = pd.concat([deliveries.assign(crew=deliveries["team"]), deliveries.assign(crew=crews)])
    by_crew = rows.pivot_table(index="week", columns="crew", values=column, aggfunc="sum").reindex(weeks)
    return {str(crew): units.to_numpy(dtype=float) for crew, units in by_crew.items() if not units.isna().any()}
