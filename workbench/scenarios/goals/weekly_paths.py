"""Quantities week by week, as far as they are known and as they may come: what sums over a goal's days are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

DAYS = 7


@dataclass(frozen=True, kw_only=True)
class WeeklyPaths:
    """Weeks in a row, and what each of them brings in every possible course of events.

    Attributes:
        weeks: First day of each week, ascending without gaps, length T.
        markets: Length M.
        paths: By quantity, shape (N, T, M), or (1, T, M) where it is known. Path i of one quantity happens together with path i of all
            others; where they have draws of a posterior behind them, path i belongs to draw i modulo their number.
    """

    weeks: pd.DatetimeIndex
    markets: tuple[str, ...]
    paths: Mapping[str, np.ndarray]

    def covers(self, start: date, by: date) -> bool:
        """Whether every day from `start` to `by` lies in one of the weeks."""
        return round(DAYS * float(shares_of_weeks(self.weeks, start, by).sum())) == (by - start).days + 1

    def totals(self, start: date, by: date, market: str = "") -> dict[str, np.ndarray]:
        """Sum of each quantity over the days from `start` to `by`, shape (N,); a week counts by its days."""
        share = shares_of_weeks(self.weeks, start, by)
        used = np.flatnonzero(share)
        rows = [self.markets.index(market)] if market else list(range(len(self.markets)))
        return {name: paths[:, used][:, :, rows].sum(axis=2) @ share[used] for name, paths in self.paths.items()}


def shares_of_weeks(weeks: pd.DatetimeIndex, start: date, by: date) -> np.ndarray:
    """Which share of each week's days lies between two days, both included; shape (T,)."""
    first = np.maximum(weeks.to_numpy(), np.datetime64(start))
    last = np.minimum((weeks + pd.Timedelta(days=DAYS - 1)).to_numpy(), np.datetime64(by))
    days = (last - first) / np.timedelta64(1, "D") + 1
    return np.clip(days, 0, DAYS) / DAYS


def joined(past: WeeklyPaths, ahead: WeeklyPaths) -> WeeklyPaths:
    """Past and coming weeks in a row, in the markets of the coming ones; where both know a week, `ahead` counts, and only quantities
    that both know are kept.

    Raises:
        ValueError: If nothing is known of a market's past.
    """
    of_market = [past.markets.index(market) for market in ahead.markets]
    before = np.flatnonzero(past.weeks < ahead.weeks[0])
    return WeeklyPaths(
        weeks=pd.DatetimeIndex(past.weeks[before].append(ahead.weeks)),
        markets=ahead.markets,
        paths={
            name: _in_a_row(past.paths[name][:, before][:, :, of_market], coming)
            for name, coming in ahead.paths.items()
            if name in past.paths
        },
    )


def alike(quantities: Mapping[str, float | np.ndarray]) -> dict[str, float | np.ndarray]:
    """The same with as many draws of each quantity that has any, so that formulas take them draw by draw."""
    most = max((len(draws) for draws in quantities.values() if isinstance(draws, np.ndarray)), default=0)
    return {name: _repeated(each, most) if isinstance(each, np.ndarray) else each for name, each in quantities.items()}


def _in_a_row(past: np.ndarray, coming: np.ndarray) -> np.ndarray:
    paths = max(len(past), len(coming))
    return np.concatenate([_repeated(past, paths), _repeated(coming, paths)], axis=1)


def _repeated(draws: np.ndarray, paths: int) -> np.ndarray:
    """The draws over and over, shape (paths, ...)."""
    return draws[np.arange(paths) % len(draws)]
