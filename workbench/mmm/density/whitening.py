"""`shapes.surprises.whiten` in place and compiled, and the way back of derivatives through it."""

from __future__ import annotations

import math

import numpy as np

from workbench.mmm.density.compiled import compiled


@compiled
def whiten(residual: np.ndarray, persistence: float) -> None:
    """Lasting surprises, (M, T), become independent ones."""
    unit = 1.0 / math.sqrt(1.0 - persistence * persistence)
    for m in range(len(residual)):
        before = residual[m, 0]
        for t in range(1, residual.shape[1]):
            now = residual[m, t]
            residual[m, t] = unit * (now - persistence * before)
            before = now


@compiled
def pull_back_whitened(by_white: np.ndarray, persistence: float) -> None:
    """Derivatives by the whitened series, (M, T), become those by the series."""
    unit = 1.0 / math.sqrt(1.0 - persistence * persistence)
    for m in range(len(by_white)):
        for t in range(by_white.shape[1]):
            mine = by_white[m, t] if t == 0 else unit * by_white[m, t]
            later = unit * by_white[m, t + 1] if t + 1 < by_white.shape[1] else 0.0
            by_white[m, t] = mine - persistence * later
