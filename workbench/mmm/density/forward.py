"""The first half of the density: from a position of the sampler to every channel's response over weeks.

It is a C function of its own, which the second half calls by its address: so both can compile at the same time.
"""

from __future__ import annotations

import math

import numba
import numpy as np

from workbench.mmm.density.compiled import compiled, once
from workbench.mmm.density.coordinates import level_and_variance, swings_to_returns, turned_back
from workbench.mmm.density.crossing import address_of, call
from workbench.mmm.density.lag_weights import lag_weights
from workbench.mmm.density.packing import DensityData, packed_data
from workbench.mmm.density.parameters import BLOCKS
from workbench.mmm.density.pooling import HALF_LIFE, HALF_SATURATION, SHAPE, SLOPE, log_value, pooled_log_value
from workbench.mmm.density.responses import GROWTH, REACTION, SHARE, add_scaled, padded, respond

EFFECTIVENESS_SPREAD = BLOCKS.index("effectiveness_spread")
EFFECTIVENESS = BLOCKS.index("effectiveness")
# Of each market's channels: mean and variance of the response over weeks, logarithm of the half-saturation point.
LEVEL, VARIANCE, LOG_HALF = 0, 1, 2

type Responses = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]


@once
def forward(position: np.ndarray, data: DensityData) -> tuple[float, Responses]:
    """Log Jacobian and `responses` at a position of the sampler."""
    room = np.empty(_size(data))
    log_jacobian = call(data.forward[0], position.ctypes.data, address_of(data), room.ctypes.data)
    return log_jacobian, responses(room, data)


def fill(position, packed, room):  # type: ignore[no-untyped-def]
    """The C function: fills what `responses` are views of."""
    data = packed_data(packed)
    x, slope, cells, path, weights, response = responses(numba.carray(room, (_size(data),)), data)
    return _respond_all(numba.carray(position, data.centre.shape), x, slope, cells, path, weights, response, data)


@once
def responses(room: np.ndarray, data: DensityData) -> Responses:
    """Views of it: the layout's vector (P,), slope (C,), level, variance and log half-saturation (3, M, C), effectiveness (C, T), lag
    weights (C, 3, L), and each week's response and what its derivatives need, effectiveness included, (M, C, 4, T or more)."""
    (markets, channels), weeks, lags = data.money_scale.shape, data.kpi.shape[1], _lags(data)
    slope = len(data.centre)
    cells = slope + channels
    path = cells + 3 * markets * channels
    weights = path + channels * weeks
    response = weights + channels * 3 * lags
    return (
        room[:slope],
        room[slope:cells],
        room[cells:path].reshape((3, markets, channels)),
        room[path:weights].reshape((channels, weeks)),
        room[weights:response].reshape((channels, 3, lags)),
        room[response:].reshape((markets, channels, 4, padded(weeks))),
    )


@compiled
def _size(data: DensityData) -> int:
    (markets, channels), weeks = data.money_scale.shape, data.kpi.shape[1]
    of_channel = 1 + 3 * markets + weeks + 3 * _lags(data) + markets * 4 * padded(weeks)
    return len(data.centre) + channels * of_channel


@compiled
def _lags(data: DensityData) -> int:
    return data.exposure.shape[2] - data.kpi.shape[1] + 1


@once
def _respond_all(
    position: np.ndarray,
    x: np.ndarray,
    slope: np.ndarray,
    cells: np.ndarray,
    path: np.ndarray,
    weights: np.ndarray,
    response: np.ndarray,
    data: DensityData,
) -> float:
    """Fill them, and return the log Jacobian."""
    markets, channels = data.money_scale.shape
    level, variance, log_half = cells[LEVEL], cells[VARIANCE], cells[LOG_HALF]
    log_jacobian = turned_back(x, position, data)
    pooled_log_value(log_half, x, HALF_SATURATION, data)
    log_value(slope, x, SLOPE, data)
    for c in range(channels):
        slope[c] = math.exp(slope[c])
    log_half_life, log_shape = np.empty(channels), np.empty(channels)
    log_value(log_half_life, x, HALF_LIFE, data)
    log_value(log_shape, x, SHAPE, data)
    lag_weights(weights, log_half_life, log_shape, data.adstock)
    _effectiveness(path, x, data)
    acting = np.zeros(response.shape[3])
    for m in range(markets):
        for c in range(channels):
            respond(response[m, c], acting, weights[c, 0], data.exposure[m, c], log_half[m, c], slope[c], data.form[c])
            if len(data.ramps) > 0:
                _follow_path(response[m, c], path[c])
            level[m, c], variance[m, c] = level_and_variance(response[m, c, SHARE], data.value_weight[m])
    swings_to_returns(x, level, variance, data)
    return log_jacobian


@compiled
def _effectiveness(path: np.ndarray, x: np.ndarray, data: DensityData) -> None:
    """Each channel's effectiveness by week, (C, T), relative to its start."""
    channels, weeks = path.shape
    knots = len(data.ramps)
    for c in range(channels):
        path[c] = 0.0
        if knots > 0:
            spread = math.exp(x[data.starts[EFFECTIVENESS_SPREAD] + c])
            for k in range(knots):
                add_scaled(path[c], spread * x[data.starts[EFFECTIVENESS] + c * knots + k], data.ramps[k])
        for t in range(weeks):
            path[c, t] = math.exp(path[c, t])


@compiled
def _follow_path(response: np.ndarray, path: np.ndarray) -> None:
    """Multiply the response and its derivatives with the channel's effectiveness."""
    for t in range(len(path)):
        response[SHARE, t] *= path[t]
        response[GROWTH, t] *= path[t]
        response[REACTION, t] *= path[t]
