"""The channel values of each market from the flat vector, and derivatives back to it; `parameters.natural` says it in numpy."""

from __future__ import annotations

import math

import numpy as np

from workbench.mmm.density.compiled import compiled
from workbench.mmm.density.packing import DensityData
from workbench.mmm.density.parameters import BLOCKS, CHANNEL_BLOCKS

# Not plain integers, for each of which numba would compile the functions below anew.
ROAS, HALF_SATURATION, SLOPE, HALF_LIFE, SHAPE = np.arange(len(CHANNEL_BLOCKS))
SPREAD = BLOCKS.index("roas_spread")
OFFSET = BLOCKS.index("roas_offset")


@compiled
def log_value(log: np.ndarray, x: np.ndarray, block: int, data: DensityData) -> None:
    """Logarithm of a quantity that has one value a channel, into `log`, (C,); zeros where the block is absent."""
    start = data.starts[block]
    for c in range(len(log)):
        log[c] = data.prior_mu[block, c] + data.prior_sigma[block, c] * x[start + c] if start >= 0 else 0.0


@compiled
def pull_back_value(gradient: np.ndarray, block: int, by_log: np.ndarray, data: DensityData) -> None:
    """Add derivatives by that logarithm, (C,), to the gradient."""
    start = data.starts[block]
    if start >= 0:
        for c in range(len(by_log)):
            gradient[start + c] += data.prior_sigma[block, c] * by_log[c]


@compiled
def pooled_log_value(log: np.ndarray, x: np.ndarray, block: int, data: DensityData) -> None:
    """Logarithm of the return or the half-saturation point of each market, into `log`, (M, C)."""
    markets, channels = log.shape
    for c in range(channels):
        spread, mean_offset = _spread_and_mean_offset(x, block, c, data)
        for m in range(markets):
            log[m, c] = data.prior_mu[block, c] + data.prior_sigma[block, c] * x[data.starts[block] + c]
            if markets > 1:
                log[m, c] += spread * (x[data.starts[OFFSET + block] + m * channels + c] - mean_offset)


@compiled
def pull_back_pooled(gradient: np.ndarray, x: np.ndarray, block: int, by_log: np.ndarray, data: DensityData) -> None:
    """Add derivatives by that logarithm, (M, C), to the gradient."""
    markets, channels = by_log.shape
    for c in range(channels):
        spread, mean_offset = _spread_and_mean_offset(x, block, c, data)
        total, by_spread = 0.0, 0.0
        for m in range(markets):
            total += by_log[m, c]
        gradient[data.starts[block] + c] += data.prior_sigma[block, c] * total
        if markets > 1:
            for m in range(markets):
                cell = data.starts[OFFSET + block] + m * channels + c
                by_spread += by_log[m, c] * (x[cell] - mean_offset)
                gradient[cell] += spread * (by_log[m, c] - total / markets)
            gradient[data.starts[SPREAD + block] + c] += by_spread * spread


@compiled
def _spread_and_mean_offset(x: np.ndarray, block: int, c: int, data: DensityData) -> tuple[float, float]:
    markets, channels = data.money_scale.shape
    if markets == 1:
        return 0.0, 0.0
    mean_offset = 0.0
    for m in range(markets):
        mean_offset += x[data.starts[OFFSET + block] + m * channels + c] / markets
    return math.exp(x[data.starts[SPREAD + block] + c]), mean_offset
