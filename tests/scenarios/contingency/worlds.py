"""Worlds whose best plans are known: every cell returns `k √spend`, or `k · spend`, in every draw."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from workbench.scenarios.contingency.states import State
from workbench.scenarios.contingency.worlds import Worlds
from workbench.scenarios.problem.cells import Cells
from workbench.scenarios.problem.rows import Limits
from workbench.scenarios.problem.value import Tangent
from workbench.scenarios.solve import solve

TINY = 1e-9


@dataclass(frozen=True)
class PowerValue:
    """`MediaValue` of concave powers of spend; `returns` has the shape (D, H, M, C)."""

    returns: np.ndarray
    power: float

    @property
    def draws(self) -> int:
        return len(self.returns)

    def worth(self, spend):
        return (self.returns * np.maximum(spend, 0.0) ** self.power).sum(axis=(1, 2, 3))

    def gradient(self, spend, weights):
        mean = np.tensordot(weights, self.returns, 1)
        slope = mean * self.power * np.maximum(spend, TINY) ** (self.power - 1)
        return float(weights @ self.worth(spend)), slope

    def tangent(self, spend, weights):
        value, slope = self.gradient(np.maximum(spend, TINY), weights)
        return Tangent(constant=value - float(np.vdot(slope, np.maximum(spend, TINY))), slope=slope)

    def within(self, limits):
        return self

    def thinned(self, draws):
        return replace(self, returns=self.returns[:: max(1, self.draws // draws)])


def cells_of(weeks: int, channels: tuple[str, ...], markets: tuple[str, ...] = ("all",)) -> Cells:
    shape = (weeks, len(markets), len(channels))
    return Cells(
        weeks=pd.date_range("2026-01-05", periods=weeks, freq="7D"),
        markets=markets,
        channels=channels,
        reference=np.ones(shape),
        observed=np.full(shape[1:], np.inf),
        observed_total=np.full(shape[2:], np.inf),
        price=np.ones(shape),
        locked=np.zeros(shape),
        after=np.ones(shape[1:]),
    )


def worlds_of(
    returns: np.ndarray, *, power: float = 0.5, upper: np.ndarray | None = None, spread: np.ndarray | None = None
) -> Worlds:
    """Worlds of `returns`, shape (H, C), times `spread`, shape (D,); states change them by their factors."""
    weeks, channels = returns.shape
    cells = cells_of(weeks, tuple("abcdefgh"[:channels]))
    most = np.full(returns.shape, 1e6) if upper is None else upper
    draws = np.ones(1) if spread is None else spread

    def value(state: State) -> PowerValue:
        changed = returns * state.response_of(cells.channels, weeks)
        return PowerValue(draws[:, None, None, None] * changed[None, :, None, :], power)

    limits = Limits(lower=np.zeros((weeks, 1, channels)), upper=most[:, None, :])
    return Worlds(
        cells=cells, limits=limits, value=value, solve=lambda v, rules, starts: solve(v, rules, starts=starts)
    )
