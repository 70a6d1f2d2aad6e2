"""The coordinates that the sampler moves in, and the way from them to the parameters of the layout.

Three changes make the posterior rounder; none changes the model:

- Each coordinate is centred and scaled to what is known before sampling.
- With well-known differences between markets, d_m = spread · offset_m holds the product but neither factor, a ridge that takes
  long to walk along; with unknown ones it holds nothing. So spread is replaced by spread · s(offset), where s is the root mean
  square of the offsets' differences from their mean, smoothed near zero: the data know this product as they know d, and
  the offsets' own size stays as free as its prior.
- The data know how much a channel's contribution swings over weeks, better than its mean level: a flatter curve with a higher
  level swings alike. So the return is replaced by the swing, return · sd(S) / mean(S) with S the saturated exposure.

The last two are shifts of a logarithm by a function of the other parameters, so that they need no Jacobian.
"""

from __future__ import annotations

import math

import numpy as np

from workbench.mmm.density.compiled import compiled
from workbench.mmm.density.packing import DensityData
from workbench.mmm.density.parameters import BLOCKS, POOLED_BLOCKS

ROAS = BLOCKS.index("roas")
SPREADS = tuple(BLOCKS.index(f"{name}_spread") for name in POOLED_BLOCKS)
OFFSETS = tuple(BLOCKS.index(f"{name}_offset") for name in POOLED_BLOCKS)
# Offsets near zero would make the root mean square a sharp edge; with few markets they often are.
SMOOTHING = 4.0
# A channel that is always on would have no swing at all.
LEAST_VARIATION = 0.01


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


@compiled
def shift_returns(x: np.ndarray, log_swing: np.ndarray, data: DensityData) -> None:
    """Move from the swing of the channels' contributions to their returns, in `x`."""
    for c in range(len(log_swing)):
        x[data.starts[ROAS] + c] += log_swing[c] / data.prior_sigma[ROAS, c]


@compiled
def log_swings(response: np.ndarray, path: np.ndarray, data: DensityData) -> np.ndarray:
    """Logarithm of mean over standard deviation of each channel's response over weeks, averaged over markets, (C,)."""
    markets, channels = data.money_scale.shape
    log = np.zeros(channels)
    for c in range(channels):
        seen = 0
        for m in range(markets):
            level, variance = level_and_variance(response[m, c, 0], path[c], data.value_weight[m])
            if level > 0.0:
                log[c] += math.log(level) - 0.5 * math.log(variance)
                seen += 1
        log[c] /= max(seen, 1)
    return log


@compiled
def level_and_variance(share: np.ndarray, path: np.ndarray, value_weight: np.ndarray) -> tuple[float, float]:
    """Weighted mean and, with a floor for what never varies, variance of a response over weeks."""
    level, squares = 0.0, 0.0
    for t in range(len(path)):
        moved = path[t] * share[t]
        level += value_weight[t] * moved
        squares += value_weight[t] * moved * moved
    return level, max(squares - level * level, 0.0) + LEAST_VARIATION * level * level


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
