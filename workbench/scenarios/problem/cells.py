"""The cells of a plan: one amount a week, market and channel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd


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

    @property
    def shape(self) -> tuple[int, int, int]:
        return (len(self.weeks), len(self.markets), len(self.channels))
