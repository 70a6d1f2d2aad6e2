"""The teams and what comes to them, as a result keeps them for other plans to be valued by."""

from __future__ import annotations

import numpy as np
import xarray as xr

from workbench.scenarios.capacity.calendar import Team
from workbench.scenarios.capacity.value import CapacityValue, WeeklyValue

OF_TEAM = ("unit", "retention", "queue", "step", "step_name", "step_cost", "section", "label")
PREFIX = "team_"


def to_dataset(value: CapacityValue) -> xr.Dataset:
    """All but the media."""
    load = np.full((len(value.teams), value.demand.shape[2]), np.nan)
    for row, team in zip(load, value.teams, strict=True):
        row[list(team.markets)] = team.load
    room = np.stack([team.room for team in value.teams]) if value.teams else np.empty((0, value.demand.shape[1]))
    kept = {f"{PREFIX}{name}": ("team", _column([getattr(team, name) for team in value.teams])) for name in OF_TEAM}
    return xr.Dataset(
        {
            "demand": (("draw", "acting_week", "market"), value.demand),
            f"{PREFIX}room": (("team", "acting_week"), room),
            f"{PREFIX}load": (("team", "market"), load),
            **kept,
        },
        coords={"team": np.array([team.name for team in value.teams], dtype=object)},
    )


def from_dataset(dataset: xr.Dataset, media: WeeklyValue) -> CapacityValue:
    teams = []
    for row, name in enumerate(dataset["team"].to_numpy()):
        load = dataset[f"{PREFIX}load"].to_numpy()[row]
        markets = np.flatnonzero(~np.isnan(load))
        teams.append(
            Team(
                name=str(name),
                markets=tuple(int(market) for market in markets),
                load=load[markets],
                room=dataset[f"{PREFIX}room"].to_numpy()[row],
                **{key: dataset[f"{PREFIX}{key}"].to_numpy().tolist()[row] for key in OF_TEAM},
            )
        )
    return CapacityValue(media=media, demand=dataset["demand"].to_numpy(), teams=tuple(teams))


def _column(values: list[str] | list[float]) -> np.ndarray:
    return np.array(values, dtype=object if values and isinstance(values[0], str) else float)
