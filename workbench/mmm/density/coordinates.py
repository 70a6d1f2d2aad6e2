"""The coordinates that the sampler moves in, and the way from them to the parameters of the layout.

Two changes make the posterior rounder; neither changes the model:

- Each coordinate is centred and scaled to what is known before sampling.
- With well-known differences between markets, d_m = spread · offset_m holds the product but neither factor, a ridge that takes
  long to walk along; with unknown ones it holds nothing. So spread is replaced by spread · s(offset), where s is the root mean
  square of the offsets' differences from their mean, smoothed near zero: the data know this product as they know d, and
  the offsets' own size stays as free as its prior. The change is a shift of log spread, so it needs no Jacobian.
"""

from __future__ import annotations

import math

import numpy as np

from workbench.mmm.density.compiled import compiled
from workbench.mmm.density.packing import DensityData
from workbench.mmm.density.parameters import BLOCKS, POOLED_BLOCKS, Layout

SPREADS = tuple(BLOCKS.index(f"{name}_spread") for name in POOLED_BLOCKS)
OFFSETS = tuple(BLOCKS.index(f"{name}_offset") for name in POOLED_BLOCKS)
# Offsets near zero would make the root mean square a sharp edge; with few markets they often are.
SMOOTHING = 4.0


@compiled
def to_parameters(position: np.ndarray, data: DensityData) -> np.ndarray:
    """The layout's vector at this position of the sampler."""
    markets, channels = data.money_scale.shape
    x = np.empty(len(position))
    for i in range(len(position)):
        x[i] = data.centre[i] + data.scale[i] * position[i]
    if markets > 1:
        for block in range(len(SPREADS)):
            for c in range(channels):
                _, squared = _mean_and_squares(x, data.starts[OFFSETS[block]] + c, markets, channels)
                x[data.starts[SPREADS[block]] + c] -= _log_size(squared, markets)
    return x


@compiled
def pull_back_coordinates(gradient: np.ndarray, x: np.ndarray, data: DensityData) -> None:
    """Turn the gradient by the layout's vector `x` into that by the sampler's position."""
    markets, channels = data.money_scale.shape
    if markets > 1:
        for block in range(len(SPREADS)):
            for c in range(channels):
                first = data.starts[OFFSETS[block]] + c
                mean, squared = _mean_and_squares(x, first, markets, channels)
                by_spread = gradient[data.starts[SPREADS[block]] + c]
                for m in range(markets):
                    gradient[first + m * channels] -= (
                        by_spread * (x[first + m * channels] - mean) / (squared + SMOOTHING)
                    )
    for i in range(len(gradient)):
        gradient[i] *= data.scale[i]


def parameters_of(position: np.ndarray, data: DensityData, layout: Layout) -> np.ndarray:
    """`to_parameters` for positions of shape (..., size)."""
    x = data.centre + data.scale * position
    blocks = layout.split(x)
    for name in POOLED_BLOCKS:
        if f"{name}_offset" in blocks:
            offset = blocks[f"{name}_offset"]
            squared = ((offset - offset.mean(axis=-2, keepdims=True)) ** 2).sum(axis=-2)
            start = layout.starts[BLOCKS.index(f"{name}_spread")]
            x[..., start : start + layout.channels] -= 0.5 * np.log(
                (squared + SMOOTHING) / (layout.markets - 1 + SMOOTHING)
            )
    return x


@compiled
def _mean_and_squares(x: np.ndarray, first: int, markets: int, channels: int) -> tuple[float, float]:
    """Mean of one channel's offsets and sum of squared differences from it."""
    mean, squared = 0.0, 0.0
    for m in range(markets):
        mean += x[first + m * channels] / markets
    for m in range(markets):
        squared += (x[first + m * channels] - mean) ** 2
    return mean, squared


@compiled
def _log_size(squared: float, markets: int) -> float:
    return 0.5 * math.log((squared + SMOOTHING) / (markets - 1 + SMOOTHING))
