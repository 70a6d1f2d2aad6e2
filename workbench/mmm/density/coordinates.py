"""The coordinates that the sampler moves in, and the way from them to the parameters of the layout.

Three changes make the posterior rounder; none changes the model:

- Each coordinate is centred and scaled to what is known before sampling.
- The data know how much a channel's contribution swings over weeks, better than its mean level: a flatter curve with a higher
  level swings alike. So the channel's score is counted from where log(mean S / sd S) puts it, S being its saturated exposure.
- One market's swing may be larger than another's because its return is, or because it is less saturated: with offsets o and h
  from the channel's mean, spreads s and z, and the swing growing by f when log half-saturation grows by one, the data know
  s·o + f·z·h alone. Turned by the angle φ with tan φ = f z / s, offsets stay standard scores, and the data know the first of
  them times r = √(s² + f² z²) while they know nothing of the second; and log r and log(s / z) replace the logarithms of s and z.

The changes are shifts and turns that keep volumes, so that they need no Jacobian.
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
def turned_back(position: np.ndarray, data: DensityData) -> np.ndarray:
    """The layout's vector, but for the scores of the returns, which `swings_to_returns` moves."""
    markets, channels = data.money_scale.shape
    x = np.empty(len(position))
    for i in range(len(position)):
        x[i] = data.centre[i] + data.scale[i] * position[i]
    if markets > 1:
        for c in range(channels):
            spread, half_spread = data.starts[ROAS_SPREAD] + c, data.starts[HALF_SPREAD] + c
            cosine, sine = _turn(x[half_spread])
            log_ratio = x[half_spread]
            x[spread] += math.log(cosine)
            x[half_spread] = x[spread] - log_ratio
            for m in range(markets):
                offset, half_offset = (
                    data.starts[ROAS_OFFSET] + m * channels + c,
                    data.starts[HALF_OFFSET] + m * channels + c,
                )
                known, free = x[offset], x[half_offset]
                x[offset] = cosine * known - sine * free
                x[half_offset] = sine * known + cosine * free
    return x


@compiled
def turn_gradient(gradient: np.ndarray, x: np.ndarray, data: DensityData) -> None:
    """Turn derivatives by the layout's vector `x` into those by the sampler's position, in place."""
    markets, channels = data.money_scale.shape
    if markets > 1:
        for c in range(channels):
            spread, half_spread = data.starts[ROAS_SPREAD] + c, data.starts[HALF_SPREAD] + c
            cosine, sine = _turn(x[spread] - x[half_spread])
            by_angle = 0.0
            for m in range(markets):
                offset, half_offset = (
                    data.starts[ROAS_OFFSET] + m * channels + c,
                    data.starts[HALF_OFFSET] + m * channels + c,
                )
                by_offset, by_half_offset = gradient[offset], gradient[half_offset]
                by_angle += x[offset] * by_half_offset - x[half_offset] * by_offset
                gradient[offset] = cosine * by_offset + sine * by_half_offset
                gradient[half_offset] = cosine * by_half_offset - sine * by_offset
            by_spread, by_half_spread = gradient[spread], gradient[half_spread]
            gradient[spread] = by_spread + by_half_spread
            gradient[half_spread] = sine**2 * by_spread - cosine**2 * by_half_spread - sine * cosine * by_angle
    for i in range(len(gradient)):
        gradient[i] *= data.scale[i]


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
