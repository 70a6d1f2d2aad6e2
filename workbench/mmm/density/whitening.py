"""`shapes.surprises.whiten` in place and compiled, and the way back of derivatives through it."""

from __future__ import annotations

import math

import numpy as np

from workbench.mmm.density.compiled import compiled


@compiled
def whiten(residual: np.ndarray, persistence: float) -> None:
    """Lasting surprises, (M, T), become independent ones."""
    if persistence > 0.0:
        unit = 1.0 / math.sqrt(1.0 - persistence * persistence)
        for m in range(len(residual)):
            series = residual[m]
            for t in range(len(series) - 1, 0, -1):
                series[t] = unit * (series[t] - persistence * series[t - 1])


@compiled
def pull_back_whitened(by_white: np.ndarray, persistence: float) -> None:
    """Derivatives by the whitened series, (M, T), become those by the series."""
    if persistence > 0.0:
        unit = 1.0 / math.sqrt(1.0 - persistence * persistence)
        for m in range(len(by_white)):
            series = by_white[m]
            first, last = series[0], len(series) - 1
            for t in range(last):
                series[t] = unit * (series[t] - persistence * series[t + 1])
            series[last] *= unit
            # The first week's surprise is white as it is.
            series[0] += (1.0 - unit) * first
