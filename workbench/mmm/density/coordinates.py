"""The coordinates that the sampler moves in, and the way from them to the parameters of the layout.

Two changes make the posterior rounder; neither changes the model:

- Each coordinate is centred and scaled to what is known before sampling.
- The data know how much a channel's contribution swings over weeks, better than its mean level: a flatter curve with a higher
  level swings alike. So returns are replaced by swings: with S the saturated exposure and F_m = log(mean S / sd S) in market m,
  the channel's score is counted from where the mean of F puts it, and the offset of each market from where F_m − mean F would
  put it if nothing else made markets differ; less so where the spread between markets is small and the prior knows better.

These are shifts by functions of the other parameters, so that they need no Jacobian.
"""

from __future__ import annotations

import math

import numpy as np

from workbench.mmm.density.compiled import compiled
from workbench.mmm.density.packing import DensityData
from workbench.mmm.density.parameters import BLOCKS, POOLED_BLOCKS

ROAS = BLOCKS.index("roas")
SPREAD = BLOCKS.index("roas_spread")
OFFSET = BLOCKS.index("roas_offset")
SPREADS = tuple(BLOCKS.index(f"{name}_spread") for name in POOLED_BLOCKS)
OFFSETS = tuple(BLOCKS.index(f"{name}_offset") for name in POOLED_BLOCKS)
# Offsets near zero would make the root mean square a sharp edge; with few markets they often are.
SMOOTHING = 4.0
# Differences between markets in log(mean / sd) that are usual.
USUAL_DIFFERENCE = 0.2
# A channel that is always on would have no swing at all.
LEAST_VARIATION = 0.01


@compiled
def centred_and_scaled(position: np.ndarray, data: DensityData) -> np.ndarray:
    x = np.empty(len(position))
    for i in range(len(position)):
        x[i] = data.centre[i] + data.scale[i] * position[i]
    return x


@compiled
def sizes_to_spreads(x: np.ndarray, data: DensityData) -> None:
    markets, channels = data.money_scale.shape
    if markets > 1:
        for block in range(len(SPREADS)):
            for c in range(channels):
                _, squared = _mean_and_squares(x, data.starts[OFFSETS[block]] + c, markets, channels)
                x[data.starts[SPREADS[block]] + c] -= 0.5 * math.log((squared + SMOOTHING) / (markets - 1 + SMOOTHING))


@compiled
def pull_back_sizes(gradient: np.ndarray, position: np.ndarray, data: DensityData) -> None:
    """Turn derivatives by spreads into those by sizes, and all into those by the sampler's position."""
    markets, channels = data.money_scale.shape
    x = centred_and_scaled(position, data)
    if markets > 1:
        for block in range(len(SPREADS)):
            for c in range(channels):
                first = data.starts[OFFSETS[block]] + c
                mean, squared = _mean_and_squares(x, first, markets, channels)
                by_spread = gradient[data.starts[SPREADS[block]] + c]
                for m in range(markets):
                    place = first + m * channels
                    gradient[place] -= by_spread * (x[place] - mean) / (squared + SMOOTHING)
    for i in range(len(gradient)):
        gradient[i] *= data.scale[i]


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
def log_swings(response: np.ndarray, path: np.ndarray, data: DensityData) -> tuple[np.ndarray, np.ndarray]:
    """Each channel's mean of F over the markets that saw it, (C,), and their differences from it, (M, C)."""
    markets, channels = data.money_scale.shape
    mean, difference = np.zeros(channels), np.zeros((markets, channels))
    for c in range(channels):
        seen = 0
        for m in range(markets):
            level, variance = level_and_variance(response[m, c, 0], path[c], data.value_weight[m])
            if level > 0.0:
                difference[m, c] = math.log(level) - 0.5 * math.log(variance)
                mean[c] += difference[m, c]
                seen += 1
        mean[c] /= max(seen, 1)
        for m in range(markets):
            if response[m, c, 0].max() > 0.0:
                difference[m, c] -= mean[c]
    return mean, difference


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
def swings_to_returns(x: np.ndarray, mean: np.ndarray, difference: np.ndarray, data: DensityData) -> None:
    """Turn the scores and offsets of the returns in `x` from the sampler's coordinates into the layout's."""
    markets, channels = difference.shape
    for c in range(channels):
        x[data.starts[ROAS] + c] += mean[c] / data.prior_sigma[ROAS, c]
        if markets > 1:
            pull, _ = _pull(x[data.starts[SPREAD] + c])
            for m in range(markets):
                x[data.starts[OFFSET] + m * channels + c] += pull * difference[m, c]


@compiled
def by_swings(
    gradient: np.ndarray, x: np.ndarray, difference: np.ndarray, coefficient: np.ndarray, data: DensityData
) -> np.ndarray:
    """Derivatives by F of each market and channel, (M, C), given those by the layout's scores and offsets; adds the part
    that goes through the spread to the gradient."""
    markets, channels = difference.shape
    by_swing = np.zeros((markets, channels))
    for c in range(channels):
        seen = 0
        for m in range(markets):
            seen += 1 if coefficient[m, c] > 0.0 else 0
        by_mean = gradient[data.starts[ROAS] + c] / data.prior_sigma[ROAS, c]
        if markets > 1:
            pull, pull_by_spread = _pull(x[data.starts[SPREAD] + c])
            by_spread = 0.0
            for m in range(markets):
                by_offset = gradient[data.starts[OFFSET] + m * channels + c]
                by_spread += by_offset * difference[m, c]
                if coefficient[m, c] > 0.0:
                    by_swing[m, c] = pull * by_offset
                    by_mean -= pull * by_offset
            gradient[data.starts[SPREAD] + c] += pull_by_spread * by_spread
        for m in range(markets):
            if coefficient[m, c] > 0.0:
                by_swing[m, c] += by_mean / seen
    return by_swing


@compiled
def _pull(log_spread: float) -> tuple[float, float]:
    """How far a difference in F moves an offset, and the derivative by log spread."""
    variance, usual = math.exp(2.0 * log_spread), USUAL_DIFFERENCE**2
    pull = math.exp(log_spread) / (variance + usual)
    return pull, pull * (usual - variance) / (variance + usual)
