"""The cells of a plan: one amount a week, market and channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Labels:
    """How reports call the channels, levers, markets and teams of a plan; what has no label keeps its name.

    Attributes:
        channels: By name, levers included.
        markets: By name.
        teams: By name.
    """

    channels: Mapping[str, str] = field(default_factory=dict)
    markets: Mapping[str, str] = field(default_factory=dict)
    teams: Mapping[str, str] = field(default_factory=dict)

    def channel(self, name: str) -> str:
        return self.channels.get(name) or name

    def market(self, name: str) -> str:
        return self.markets.get(name) or name

    def team(self, name: str) -> str:
        return self.teams.get(name) or name


@dataclass(frozen=True, kw_only=True)
class Cells:
    """The weeks to plan, and what is known of each cell before.

    Attributes:
        weeks: First day of each week of the plan, length H.
        markets: Length M.
        channels: Length C.
        reference: Currency of a week of the reference period, shape (H, M, C).
        observed: The most that ever acted in a week, as currency at today's prices, shape (H, M, C): of levers it differs by week.
        observed_total: The most ever spent on a channel in H weeks in a row, shape (C,).
        price: Price of exposure as a factor on today's, shape (H, M, C).
        locked: Currency that is committed and stays as it is at least, shape (H, M, C).
        after: Currency a week that is taken to go on being spent when the plan is over, shape (M, C).
        labels: How reports call channels and markets, those that have another name there.
    """

    weeks: pd.DatetimeIndex
    markets: tuple[str, ...]
    channels: tuple[str, ...]
    reference: np.ndarray
    observed: np.ndarray
    observed_total: np.ndarray
    price: np.ndarray
    locked: np.ndarray
    after: np.ndarray
    labels: Labels = Labels()

    @property
    def shape(self) -> tuple[int, int, int]:
        return (len(self.weeks), len(self.markets), len(self.channels))
