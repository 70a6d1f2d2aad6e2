"""A value that counts spend beyond experience for less: what acts more than ever before may not return what the curve says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np

from workbench.mmm import ResponseModel
from workbench.scenarios.problem.cells import Cells
from workbench.scenarios.problem.rows import Limits
from workbench.scenarios.problem.value import MediaValue, Tangent


def doubt_of(response: ResponseModel, observed: np.ndarray, share: float) -> np.ndarray:
    """Currency that each unit of spend beyond the most that ever acted is docked, shape (M, C).

    A share of the mean return of that most; nothing for a channel without history, whose test budget limits it.
    """
    worth = response.steady_contribution(observed).mean(axis=0)
    return share * np.divide(np.maximum(worth, 0.0), observed, out=np.zeros_like(observed), where=observed > 0)


# Share of what is known over which docking sets in.
GRADUAL = 0.05


@dataclass(frozen=True)
class DoubtedValue:
    """`value - Σ docked · (spend - known)₊`, which is concave wherever the value is.

    The first spend beyond is docked gradually, in proportion to how far it goes: plans like to stand right where experience ends, and
    no plane proves anything at a kink.

    Attributes:
        value: What a plan is worth if the curves hold.
        known: Currency up to which each cell is known, shape (H, M, C).
        docked: Currency for each unit beyond, shape (H, M, C).
    """

    value: MediaValue
    known: np.ndarray
    docked: np.ndarray

    @property
    def draws(self) -> int:
        return self.value.draws

    def worth(self, spend: np.ndarray) -> np.ndarray:
        return self.value.worth(spend) - self._lost(spend)

    def gradient(self, spend: np.ndarray, weights: np.ndarray) -> tuple[float, np.ndarray]:
        height, slope = self.value.gradient(spend, weights)
        return height - self._lost(spend), slope - self._rate(spend)

    def tangent(self, spend: np.ndarray, weights: np.ndarray) -> Tangent:
        tangent, rate = self.value.tangent(spend, weights), self._rate(spend)
        forgone = (rate * spend - self._losses(spend)).sum(axis=(0, 1))
        return Tangent(
            constant=tangent.constant + float(forgone.sum()),
            slope=tangent.slope - rate,
            parts=None if tangent.parts is None else tangent.parts + forgone,
        )

    def within(self, limits: Limits) -> Self:
        return replace(self, value=self.value.within(limits))

    def thinned(self, draws: int) -> Self:
        return replace(self, value=self.value.thinned(draws))

    @cached_property
    def _gradual(self) -> np.ndarray:
        """Currency over which the docking of each cell sets in."""
        return np.maximum(GRADUAL * self.known, np.finfo(float).tiny)

    def _rate(self, spend: np.ndarray) -> np.ndarray:
        return self.docked * np.clip((spend - self.known) / self._gradual, 0.0, 1.0)

    def _losses(self, spend: np.ndarray) -> np.ndarray:
        beyond = np.maximum(spend - self.known, 0.0)
        begun = np.minimum(beyond, self._gradual)
        return self.docked * (beyond - begun + 0.5 * begun * (begun / self._gradual))

    def _lost(self, spend: np.ndarray) -> float:
        return float(self._losses(spend).sum())


def doubted(value: MediaValue, cells: Cells, doubt: np.ndarray) -> MediaValue:
    """The value with spend beyond experience docked; the value itself where nothing is."""
    return docked(value, cells.observed, cells.price, doubt)


def docked(value: MediaValue, observed: np.ndarray, price: np.ndarray, doubt: np.ndarray) -> MediaValue:
    """Likewise, from parts of `Cells`."""
    if not doubt.any():
        return value
    return DoubtedValue(value, observed * price, np.broadcast_to(doubt / price, price.shape))
