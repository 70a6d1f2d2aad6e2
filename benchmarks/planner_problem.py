"""A planning problem that every planner is given: a history of spend, and draws of what channels return (numpy alone)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import numpy as np

LAGS = 9
HISTORY = 104
LAST_DAY = "2025-12-29"
CHANGE = 0.5


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One market, weekly; a channel's effect is `largest · a^slope / (half^slope + a^slope)` of its carried-over spend `a`.

    Attributes:
        weeks: To plan.
        history: Currency, shape (week, C).
        decay: Of the geometric carry-over over `LAGS` weeks, whose weights sum to 1, shape (D, C).
        half: Currency a week, shape (D, C).
        slope: Shape (D, C).
        largest: Currency a week, shape (D, C).
    """

    weeks: int
    history: np.ndarray
    decay: np.ndarray
    half: np.ndarray
    slope: np.ndarray
    largest: np.ndarray

    @property
    def channels(self) -> tuple[str, ...]:
        return tuple(f"channel_{number:02}" for number in range(self.history.shape[1]))

    @property
    def weekly_budget(self) -> float:
        """What the last weeks cost, as many as are planned."""
        return float(self.recent.sum() / self.weeks)

    @property
    def recent(self) -> np.ndarray:
        """The last weeks, as many as are planned, shape (H, C)."""
        return self.history[-self.weeks :]

    @property
    def even(self) -> np.ndarray:
        """The same money, the same every week."""
        return np.tile(self.recent.mean(axis=0), (self.weeks, 1))

    @property
    def bounds(self) -> np.ndarray:
        """Least and most a week of each channel: half as much or half as much again as in the last weeks, shape (2, C)."""
        return np.stack([(1 - CHANGE) * self.even[0], (1 + CHANGE) * self.even[0]])

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, **asdict(self))

    @classmethod
    def load(cls, path: Path) -> Self:
        with np.load(path) as arrays:
            return cls(weeks=int(arrays["weeks"]), **{name: arrays[name] for name in arrays if name != "weeks"})


def random_problem(*, channels: int, weeks: int, draws: int, slope: float, seed: int) -> Problem:
    """Draws as a posterior has them: channels differ, draws vary about each, slopes about `slope`."""
    rng = np.random.default_rng(seed)
    usual = rng.lognormal(9.0, 0.6, channels)
    history = usual * rng.lognormal(0.0, 0.35, (HISTORY, channels))
    spread = (draws, channels)
    half = usual * rng.uniform(0.5, 2.5, channels) * rng.lognormal(0.0, 0.25, spread)
    roas = rng.uniform(0.8, 4.0, channels) * rng.lognormal(0.0, 0.3, spread)
    steepness = slope * rng.uniform(0.75, 1.35, channels) * rng.lognormal(0.0, 0.08, spread)
    share = usual**steepness / (usual**steepness + half**steepness)
    return Problem(
        weeks=weeks,
        history=history,
        decay=rng.beta(12, rng.uniform(8, 30, channels), spread),
        half=half,
        slope=steepness,
        largest=roas * usual / share,
    )
