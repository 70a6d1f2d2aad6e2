"""The coordinates that the sampler moves in, and the way from them to the parameters of the layout.

Three changes make the posterior rounder; none changes the model:

- Each coordinate is centred and scaled to what is known before sampling.
- The data know how much a channel's contribution swings over weeks, better than its mean level: a flatter curve with a higher
  level swings alike. So the channel's score is counted from where log(mean S / sd S) puts it, S being its saturated exposure.
- One market's swing may be larger than another's because its return is, or because it is less saturated: with offsets o and h
  from the channel's mean, spreads s and z, and the swing growing by f when log half-saturation grows by one, the data know
  s·o + f·z·h alone. Turned by the angle φ with tan φ = f z / s, offsets stay standard scores, and the data know the first of
  them times r = √(s² + f² z²) while they know nothing of the second; log r and log(s / z) replace the logarithms of s and z. The
  known offsets' differences from their mean are counted in units of 1 / √(1 + r² / v²), their standard deviation where the
  data know a difference of swings up to v: else they would be wide for a small r, and far too narrow for a large one.
"""

from __future__ import annotations

import math

import numpy as np

from workbench.mmm.density.compiled import compiled
from workbench.mmm.density.packing import DensityData
from workbench.mmm.density.parameters import BLOCKS

ROAS = BLOCKS.index("roas")
ROAS_SPREAD, HALF_SPREAD = BLOCKS.index("roas_spread"), BLOCKS.index("half_saturation_spread")
ROAS_OFFSET, HALF_OFFSET = BLOCKS.index("roas_offset"), BLOCKS.index("half_saturation_offset")
SWING_PER_HALF_SATURATION = 0.4
# A channel that is always on would have no swing at all.
LEAST_VARIATION = 0.01


@compiled
def turned_back(x: np.ndarray, position: np.ndarray, data: DensityData) -> float:
    """Log Jacobian; fills the layout's vector, but for the scores of the returns, which `swings_to_returns` moves."""
    markets, channels = data.money_scale.shape
    log_jacobian = 0.0
    for i in range(len(position)):
        x[i] = data.centre[i] + data.scale[i] * position[i]
    if markets > 1:
        for c in range(channels):
            spread, half_spread = data.starts[ROAS_SPREAD] + c, data.starts[HALF_SPREAD] + c
            log_total, log_ratio = x[spread], x[half_spread]
            cosine, sine = _turn(log_ratio)
            unit, _ = _unit(log_total, data.doubt[c])
            log_jacobian += (markets - 1) * math.log(unit)
            _turn_offsets_back(x, c, cosine, sine, unit, data)
            x[spread] = log_total + math.log(cosine)
            x[half_spread] = x[spread] - log_ratio
    return log_jacobian


@compiled
def _turn_offsets_back(x: np.ndarray, c: int, cosine: float, sine: float, unit: float, data: DensityData) -> None:
    markets, channels = data.money_scale.shape
    first, half_first, mean = data.starts[ROAS_OFFSET] + c, data.starts[HALF_OFFSET] + c, 0.0
    for m in range(markets):
        mean += x[first + m * channels] / markets
    for m in range(markets):
        known = mean + unit * (x[first + m * channels] - mean)
        free = x[half_first + m * channels]
        x[first + m * channels] = cosine * known - sine * free
        x[half_first + m * channels] = sine * known + cosine * free


@compiled
def turn_gradient(gradient: np.ndarray, x: np.ndarray, data: DensityData) -> None:
    """Turn derivatives by the layout's vector `x` into those by the sampler's position, in place."""
    markets, channels = data.money_scale.shape
    if markets > 1:
        for c in range(channels):
            spread, half_spread = data.starts[ROAS_SPREAD] + c, data.starts[HALF_SPREAD] + c
            cosine, sine = _turn(x[spread] - x[half_spread])
            unit, shrinkage = _unit(x[spread] - math.log(cosine), data.doubt[c])
            by_angle, by_log_unit = _turn_offsets(gradient, x, c, cosine, sine, unit, data)
            by_spread, by_half_spread = gradient[spread], gradient[half_spread]
            gradient[spread] = by_spread + by_half_spread - shrinkage * (by_log_unit + markets - 1)
            gradient[half_spread] = sine**2 * by_spread - cosine**2 * by_half_spread - sine * cosine * by_angle
    for i in range(len(gradient)):
        gradient[i] *= data.scale[i]


@compiled
def _turn_offsets(
    gradient: np.ndarray, x: np.ndarray, c: int, cosine: float, sine: float, unit: float, data: DensityData
) -> tuple[float, float]:
    """Turn one channel's derivatives by offsets; returns those by the angle and by the logarithm of the unit."""
    markets, channels = data.money_scale.shape
    first, half_first = data.starts[ROAS_OFFSET] + c, data.starts[HALF_OFFSET] + c
    by_angle, mean, by_mean = 0.0, 0.0, 0.0
    for m in range(markets):
        place, half_place = first + m * channels, half_first + m * channels
        by_offset, by_half_offset = gradient[place], gradient[half_place]
        by_angle += x[place] * by_half_offset - x[half_place] * by_offset
        gradient[place] = cosine * by_offset + sine * by_half_offset
        gradient[half_place] = cosine * by_half_offset - sine * by_offset
        mean += (cosine * x[place] + sine * x[half_place]) / markets
        by_mean += gradient[place] / markets
    by_log_unit = 0.0
    for m in range(markets):
        place, half_place = first + m * channels, half_first + m * channels
        by_log_unit += gradient[place] * (cosine * x[place] + sine * x[half_place] - mean)
        gradient[place] = by_mean + unit * (gradient[place] - by_mean)
    return by_angle, by_log_unit


@compiled
def _turn(log_ratio: float) -> tuple[float, float]:
    """Cosine and sine of the angle, given log(s / z)."""
    tangent = SWING_PER_HALF_SATURATION * math.exp(-log_ratio)
    if tangent > 1.0:
        sine = 1.0 / math.sqrt(1.0 + (1.0 / tangent) ** 2)
        return sine / tangent, sine
    cosine = 1.0 / math.sqrt(1.0 + tangent * tangent)
    return cosine, cosine * tangent


@compiled
def _unit(log_total: float, doubt: float) -> tuple[float, float]:
    """Standard deviation of a standard score of which r times itself is known up to `doubt`, and minus the logarithm's derivative."""
    squared = math.exp(2.0 * log_total) / doubt**2
    return 1.0 / math.sqrt(1.0 + squared), squared / (1.0 + squared)


@compiled
def swings_to_returns(x: np.ndarray, level: np.ndarray, variance: np.ndarray, data: DensityData) -> None:
    """Move the scores in `x` by the mean over markets of log(mean S / sd S)."""
    markets, channels = level.shape
    for c in range(channels):
        total, seen = 0.0, 0
        for m in range(markets):
            if level[m, c] > 0.0:
                total += math.log(level[m, c]) - 0.5 * math.log(variance[m, c])
                seen += 1
        x[data.starts[ROAS] + c] += total / max(seen, 1) / data.prior_sigma[ROAS, c]


@compiled
def level_and_variance(share: np.ndarray, value_weight: np.ndarray) -> tuple[float, float]:
    """Weighted mean and, with a floor for what never varies, variance of a response over weeks."""
    level, squares = 0.0, 0.0
    for t in range(len(value_weight)):
        weighted = value_weight[t] * share[t]
        level += weighted
        squares += weighted * share[t]
    return level, max(squares - level * level, 0.0) + LEAST_VARIATION * level * level


@compiled
def by_log_swing(gradient: np.ndarray, c: int, coefficient: np.ndarray, data: DensityData) -> float:
    """Derivative by log(mean S / sd S) in each market that saw the channel, given that by the channel's score."""
    seen = 0
    for m in range(len(coefficient)):
        seen += 1 if coefficient[m, c] > 0.0 else 0
    return gradient[data.starts[ROAS] + c] / data.prior_sigma[ROAS, c] / max(seen, 1)
