"""A sum of one effect per feature's bin, fitted by ridge regression from sums over folds: no row is read twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

ROWS_AT_ONCE = 100_000


@dataclass(frozen=True, kw_only=True)
class Additive:
    """level + one effect a feature.

    Attributes:
        level: Where every feature is at its average.
        effects: By bin of each feature, their average over training rows zero; concatenated, shape (bins,).
        starts: Where each feature's bins begin in `effects`, shape (feature,).
    """

    level: float
    effects: np.ndarray
    starts: np.ndarray

    def predict(self, codes: np.ndarray) -> np.ndarray:
        """Shape (row,)."""
        return self.level + self.parts(codes).sum(axis=1)

    def parts(self, codes: np.ndarray) -> np.ndarray:
        """What each feature adds, shape (row, feature)."""
        return self.effects[codes + self.starts]


@dataclass(frozen=True, kw_only=True)
class Moments:
    """Weighted sums of one part of the rows, over the bins' flags and a constant that stands first."""

    cross: np.ndarray
    target: np.ndarray

    def __add__(self, other: Moments) -> Moments:
        return Moments(cross=self.cross + other.cross, target=self.target + other.target)

    def __sub__(self, other: Moments) -> Moments:
        return Moments(cross=self.cross - other.cross, target=self.target - other.target)


def moments(codes: np.ndarray, sizes: Sequence[int], target: np.ndarray) -> Moments:
    """Sums over rows, a part of them in memory as flags at a time.

    Args:
        codes: Bins, shape (row, feature).
        sizes: How many bins each feature has.
        target: Shape (row,).
    """
    width = 1 + sum(sizes)
    cross, along = np.zeros((width, width)), np.zeros(width)
    starts = starts_of(sizes)
    for first in range(0, len(codes), ROWS_AT_ONCE):
        here = slice(first, first + ROWS_AT_ONCE)
        flags = np.zeros((len(codes[here]), width), dtype=np.float32)
        flags[:, 0] = 1
        np.put_along_axis(flags, 1 + codes[here] + starts, 1, axis=1)
        cross += flags.T @ flags
        along += flags.T @ target[here]
    return Moments(cross=cross, target=along)


def fit_additive(sums: Moments, sizes: Sequence[int], penalty: float) -> Additive:
    """Ridge regression; the level isn't penalised.

    Args:
        sums: Of the training rows.
        sizes: How many bins each feature has.
        penalty: Rows' worth of evidence that a bin has no effect of its own.
    """
    rows = max(sums.cross[0, 0], 1.0)
    share, mean = sums.cross[0, 1:] / rows, sums.target[0] / rows
    spread = sums.cross[1:, 1:] - rows * np.outer(share, share)
    along = sums.target[1:] - rows * share * mean
    effects = np.linalg.solve(spread + penalty * np.eye(len(share)), along)
    starts = starts_of(sizes)
    centres = np.add.reduceat(effects * share, starts)
    return Additive(level=float(mean), effects=effects - np.repeat(centres, sizes), starts=starts)


def average(models: Sequence[Additive]) -> Additive:
    """The model that predicts the mean of all predictions."""
    return Additive(
        level=float(np.mean([model.level for model in models])),
        effects=np.mean([model.effects for model in models], axis=0),
        starts=models[0].starts,
    )


def starts_of(sizes: Sequence[int]) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(int)
