"""Values with closed forms: roots, straight lines, summed over channels of one week and one market."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from workbench.scenarios.problem import Limits, Tangent
from workbench.scenarios.solve.frontier import Frontier

SHIFT = 100.0


@dataclass(frozen=True)
class CurveValue:
    """Σ_c k_dc · f(x_c) with f concave: its tangents are those of the value itself.

    Attributes:
        scale: k, shape (D, C).
        curve: f.
        growth: Its derivative.
    """

    scale: np.ndarray
    curve: Callable[[np.ndarray], np.ndarray]
    growth: Callable[[np.ndarray], np.ndarray]

    @property
    def draws(self) -> int:
        return len(self.scale)

    def worth(self, spend: np.ndarray) -> np.ndarray:
        return self.scale @ self.curve(spend.ravel())

    def gradient(self, spend: np.ndarray, weights: np.ndarray) -> tuple[float, np.ndarray]:
        slope = (weights @ self.scale) * self.growth(spend.ravel())
        return float(weights @ self.worth(spend)), slope.reshape(spend.shape)

    def tangent(self, spend: np.ndarray, weights: np.ndarray) -> Tangent:
        height, slope = self.gradient(spend, weights)
        return Tangent(constant=height - float(np.vdot(slope, spend)), slope=slope)

    def within(self, limits: Limits) -> Self:
        return self

    def thinned(self, draws: int) -> Self:
        kept = np.unique(np.linspace(0, self.draws - 1, min(draws, self.draws)).astype(int))
        return replace(self, scale=self.scale[kept])


def roots(*scale: float, draws: np.ndarray | None = None) -> CurveValue:
    """k·(√(x + 100) − 10)."""
    known = np.atleast_2d(scale) if draws is None else draws
    return CurveValue(known, lambda x: np.sqrt(x + SHIFT) - np.sqrt(SHIFT), lambda x: 0.5 / np.sqrt(x + SHIFT))


def filled(scale: np.ndarray, price: float) -> np.ndarray:
    """Spend at which the last unit in each channel of `roots` returns `price`, or none."""
    return np.maximum((scale / (2 * price)) ** 2 - SHIFT, 0.0)


def lines(draws: np.ndarray) -> CurveValue:
    return CurveValue(np.atleast_2d(draws), lambda x: x, np.ones_like)


def box(channels: int, most: float, least: float = 0.0) -> Limits:
    shape = (1, 1, channels)
    return Limits(lower=np.full(shape, least), upper=np.full(shape, most))


def frontier_of(value: CurveValue, limits: Limits) -> Frontier:
    return Frontier(value=value, limits=limits)
