"""Synthetic controls that leave one block of periods out, for any combination of the markets.

Of all periods but the block, only the triangular factor of the centred series is kept: a least-squares fit of any series to any
others needs no more. One factorisation a block then serves every supposed effect, every placebo and every candidate design.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.experiments.geo.ridge import ridge_operator
from workbench.experiments.geo.synthetic_control import simplex_least_squares


@dataclass(frozen=True, kw_only=True)
class LeftOutBlock:
    """What the periods outside one block say, with S series.

    Attributes:
        factor: R of the centred series' QR decomposition, shape (at most S, S).
        contrast: Mean of each series in the block less its mean elsewhere, shape (S,).
    """

    factor: np.ndarray
    contrast: np.ndarray

    def correction(self, donors: np.ndarray, penalty: float | None) -> np.ndarray | None:
        """The ridge operator of these donors, None without a penalty; it serves every gap that they predict."""
        return None if penalty is None else ridge_operator(self.factor[:, donors], penalty)

    def gap(self, treated: np.ndarray, donors: np.ndarray, correction: np.ndarray | None = None) -> float:
        """Mean gap in the block between a combination of the series and what donors predict from the other periods.

        Args:
            treated: Coefficient of each series in the combination, shape (S,).
            donors: Positions of the donors.
            correction: Ridge operator of these donors, None for a plain synthetic control.
        """
        design, target = self.factor[:, donors], self.factor @ treated
        weights = simplex_least_squares(design, target)
        if correction is not None:
            weights = weights + correction @ (target - design @ weights)
        return float(self.contrast @ treated - self.contrast[donors] @ weights)


def leave_blocks_out(series: np.ndarray, length: int) -> tuple[LeftOutBlock, ...]:
    """One block for each first period, `length` periods long and wrapped around the end.

    Args:
        series: Shape (period, S).
        length: Periods in each block.
    """
    return tuple(left_out_block(series, first, length) for first in range(len(series)))


def left_out_block(series: np.ndarray, first: int, length: int) -> LeftOutBlock:
    """What the periods outside one block say.

    Args:
        series: Shape (period, S).
        first: First period of the block.
        length: Its periods, wrapped around the end.
    """
    block = np.isin(np.arange(len(series)), (first + np.arange(length)) % len(series))
    elsewhere = series[~block].mean(axis=0)
    return LeftOutBlock(
        factor=np.linalg.qr(series[~block] - elsewhere, mode="r"),
        contrast=series[block].mean(axis=0) - elsewhere,
    )
