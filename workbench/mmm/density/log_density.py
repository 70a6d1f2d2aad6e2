"""The log-density that is sampled, and its gradient, compiled once and kept on disk.

`model` states the same density in PyMC; a test holds the two together. Here the gradient is written by hand, which makes
every evaluation many times cheaper and spares each fit the compilation of a graph.

With S the saturated exposure of one channel in one market (`responses`), e its effectiveness over weeks, v the weights of the
weeks, the channel's part of the KPI is (contribution / q) · e S with q = Σ_t v_t e_t S_t. Backward, with g_t the derivative by
media in week t and D = Σ_t g_t e_t S_t, the derivative by S_t is

    (contribution / q) e_t (g_t − v_t D / q),

and everything that shapes S follows from it by the chain rule. Lift tests add their own terms to D and to the shapes.
"""

from __future__ import annotations

import math

import numpy as np

from workbench.mmm.density.compiled import compiled, once
from workbench.mmm.density.coordinates import LEAST_VARIATION, by_log_swing, turn_gradient
from workbench.mmm.density.forward import EFFECTIVENESS, EFFECTIVENESS_SPREAD, LEVEL, LOG_HALF, VARIANCE, forward
from workbench.mmm.density.kpi_density import kpi_density, shared_density
from workbench.mmm.density.lift_density import BY_HALF, BY_SLOPE, CAUSED, lift_density
from workbench.mmm.density.packing import DensityData
from workbench.mmm.density.parameters import BLOCKS, LEAST_NOISE
from workbench.mmm.density.pooling import (
    HALF_LIFE,
    HALF_SATURATION,
    ROAS,
    SHAPE,
    SLOPE,
    pooled_log_value,
    pull_back_pooled,
    pull_back_value,
)
from workbench.mmm.density.responses import (
    GROWTH,
    HILL,
    LINEAR,
    REACTION,
    SHARE,
    STEPS,
    add_scaled,
    by_weights,
    dot,
)
from workbench.mmm.density.whitening import pull_back_whitened, whiten

NOISE = BLOCKS.index("noise")
WEEK_SPREAD = BLOCKS.index("week_spread")
OWN = BLOCKS.index("own")


@once
def log_density(position: np.ndarray, data: DensityData) -> tuple[float, np.ndarray]:
    """Log-density at a position of the sampler and its gradient, up to a constant."""
    log_jacobian, (x, slope, cells, path, weights, response) = forward(position, data)
    density, gradient = _prior(x, data)
    density += log_jacobian

    coefficient = np.zeros(data.money_scale.shape)
    residual = _residual(response, cells[LEVEL], coefficient, x, data)
    by_media = np.empty(data.kpi.shape)
    density += _kpi_part(residual, x, by_media, gradient, data)
    lift_part, lift_parts, by_acting = lift_density(coefficient, cells[LOG_HALF], slope, weights, path, data)
    density += lift_part

    _pull_back_own(gradient, x, by_media, data)
    lifts = (lift_parts, by_acting)
    _pull_back_media(gradient, x, by_media, response, cells, coefficient, weights, lifts, data)
    turn_gradient(gradient, x, data)
    return density, gradient


# Plain loops below: they compile in a fraction of the time that array expressions take, and run as fast.


@once
def _prior(x: np.ndarray, data: DensityData) -> tuple[float, np.ndarray]:
    """Log-density of the priors and its gradient: standard scores, and half-normals on the log scale."""
    total, gradient = 0.0, np.empty(len(x))
    for i in range(len(x)):
        if data.half_normal[i] > 0.0:
            squared = (math.exp(x[i]) / data.half_normal[i]) ** 2
            total += x[i] - 0.5 * squared
            gradient[i] = 1.0 - squared
        else:
            total -= 0.5 * x[i] * x[i]
            gradient[i] = -x[i]
    return total, gradient


@once
def _kpi_part(
    residual: np.ndarray, x: np.ndarray, by_media: np.ndarray, gradient: np.ndarray, data: DensityData
) -> float:
    """Log-density of what media leave of the KPI, (M, T), which is whitened; fills the derivatives by what was taken off it, and adds
    those by noise and week spread to the gradient."""
    markets, first = len(residual), data.starts[NOISE]
    variance, by_log_noise = np.empty(markets), np.empty(markets)
    for m in range(markets):
        variance[m] = math.exp(2.0 * x[first + m]) + LEAST_NOISE**2
    whiten(residual, data.persistence[0])
    baseline = (data.left, data.singular)
    rotated = np.empty((markets, len(data.singular)))
    density = kpi_density(residual, variance, *baseline, rotated, by_media, by_log_noise)
    if data.starts[WEEK_SPREAD] >= 0:
        log_spread = x[data.starts[WEEK_SPREAD]]
        shared, by_spread = shared_density(residual, rotated, variance, log_spread, *baseline, by_media, by_log_noise)
        density += shared
        gradient[data.starts[WEEK_SPREAD]] += by_spread
    for m in range(markets):
        gradient[first + m] += by_log_noise[m] * (1.0 - LEAST_NOISE**2 / variance[m])
    pull_back_whitened(by_media, data.persistence[0])
    return density


@once
def _residual(
    response: np.ndarray, level: np.ndarray, coefficient: np.ndarray, x: np.ndarray, data: DensityData
) -> np.ndarray:
    """KPI less media and the sampled effects of the baseline, (M, T); fills `coefficient`."""
    (markets, channels), weeks = data.money_scale.shape, data.kpi.shape[1]
    residual, log_roas = np.empty((markets, weeks)), np.empty((markets, channels))
    pooled_log_value(log_roas, x, ROAS, data)
    for m in range(markets):
        for t in range(weeks):
            residual[m, t] = data.kpi[m, t]
        for c in range(channels):
            if level[m, c] > 0.0:
                coefficient[m, c] = math.exp(log_roas[m, c]) * data.money_scale[m, c] / level[m, c]
                add_scaled(residual[m], -coefficient[m, c], response[m, c, SHARE, :weeks])
        for j in range(len(data.own_sign)):
            add_scaled(residual[m], -_own_coefficient(x, m, j, data), data.own[m, j])
    return residual


@compiled
def _own_coefficient(x: np.ndarray, m: int, j: int, data: DensityData) -> float:
    value = x[data.starts[OWN] + m * len(data.own_sign) + j]
    if data.own_sign[j] != 0:
        return data.own_sign[j] * math.exp(value)
    return data.own_prior_sd[j] * value


@once
def _pull_back_own(gradient: np.ndarray, x: np.ndarray, by_media: np.ndarray, data: DensityData) -> None:
    for m in range(len(by_media)):
        for j in range(len(data.own_sign)):
            slope = _own_coefficient(x, m, j, data) if data.own_sign[j] != 0 else data.own_prior_sd[j]
            gradient[data.starts[OWN] + m * len(data.own_sign) + j] += slope * dot(by_media[m], data.own[m, j])


@once
def _pull_back_media(
    gradient: np.ndarray,
    x: np.ndarray,
    by_media: np.ndarray,
    response: np.ndarray,
    cells: np.ndarray,
    coefficient: np.ndarray,
    weights: np.ndarray,
    lifts: tuple[np.ndarray, np.ndarray],
    data: DensityData,
) -> None:
    """Add the derivatives through the channels' parts of the KPI and of the lift tests to the gradient."""
    (markets, channels), weeks = data.money_scale.shape, data.kpi.shape[1]
    by_log_roas, by_log_half = np.zeros((markets, channels)), np.zeros((markets, channels))
    by_log_slope, by_weight = np.zeros(channels), np.zeros((channels, weights.shape[2]))
    by_log_path, by_share = np.zeros((channels, weeks)), np.empty(weeks)
    _add_cells(by_log_roas, by_log_half, by_log_slope, by_weight, by_log_path, *lifts, data)
    for m in range(markets):
        for c in range(channels):
            by_log_roas[m, c] += coefficient[m, c] * dot(by_media[m], response[m, c, SHARE, :weeks])
    pull_back_pooled(gradient, x, ROAS, by_log_roas, data)
    for c in range(channels):
        # The sampler's coordinate is the swing: what shapes the response moves the return along with it.
        by_swing = by_log_swing(gradient, c, coefficient, data)
        for m in range(markets):
            if coefficient[m, c] > 0.0:
                _by_share(by_share, m, c, by_swing, by_log_roas, by_media, response, cells, coefficient, data)
                half, steep = _pull_back_response(by_share, response[m, c], data.exposure[m, c], by_weight[c])
                by_log_half[m, c] -= half if data.form[c] != LINEAR else 0.0
                by_log_slope[c] += steep if data.form[c] == HILL else 0.0
                if len(data.ramps) > 0:
                    for t in range(weeks):
                        by_log_path[c, t] += by_share[t] * response[m, c, SHARE, t]
    pull_back_pooled(gradient, x, HALF_SATURATION, by_log_half, data)
    pull_back_value(gradient, SLOPE, by_log_slope, data)
    _pull_back_carry_over(gradient, by_weight, weights, data)
    _pull_back_effectiveness(gradient, x, by_log_path, data)


@once
def _by_share(
    by_share: np.ndarray,
    m: int,
    c: int,
    by_swing: float,
    by_log_roas: np.ndarray,
    by_media: np.ndarray,
    response: np.ndarray,
    cells: np.ndarray,
    coefficient: np.ndarray,
    data: DensityData,
) -> None:
    """Derivatives by one channel's response in one market, into `by_share`, (T,)."""
    level, variance, share = cells[LEVEL, m, c], cells[VARIANCE, m, c], response[m, c, SHARE]
    per_unit = by_swing / variance
    fixed = (by_swing - by_log_roas[m, c]) / level + per_unit * level * (1.0 - LEAST_VARIATION)
    for t in range(len(by_share)):
        by_share[t] = coefficient[m, c] * by_media[m, t] + data.value_weight[m, t] * (fixed - per_unit * share[t])


@compiled
def _pull_back_response(
    by_share: np.ndarray, response: np.ndarray, exposure: np.ndarray, by_weight: np.ndarray
) -> tuple[float, float]:
    """Sums of the derivatives with growth and with growth times steps; adds to `by_weight`."""
    by_acting, half, steep = np.empty(len(by_share)), 0.0, 0.0
    for t in range(len(by_share)):
        grown = by_share[t] * response[GROWTH, t]
        half += grown
        steep += grown * response[STEPS, t]
        by_acting[t] = by_share[t] * response[REACTION, t]
    by_weights(by_acting, exposure, by_weight)
    return half, steep


@compiled
def _add_cells(
    by_log_roas: np.ndarray,
    by_log_half: np.ndarray,
    by_log_slope: np.ndarray,
    by_weight: np.ndarray,
    by_log_path: np.ndarray,
    cell_parts: np.ndarray,
    cell_by_acting: np.ndarray,
    data: DensityData,
) -> None:
    for s in range(len(cell_parts)):
        m, c = data.cell_market[s], data.cell_channel[s]
        by_log_roas[m, c] += cell_parts[s, CAUSED]
        by_log_half[m, c] += cell_parts[s, BY_HALF]
        by_log_slope[c] += cell_parts[s, BY_SLOPE]
        by_log_path[c, data.cell_week[s]] += cell_parts[s, CAUSED]
        for side in range(2):
            add_scaled(by_weight[c], cell_by_acting[s, side], data.cell_lags[side, s])


@once
def _pull_back_carry_over(gradient: np.ndarray, by_weight: np.ndarray, weights: np.ndarray, data: DensityData) -> None:
    channels = len(by_weight)
    by_log_half_life, by_log_shape = np.empty(channels), np.empty(channels)
    for c in range(channels):
        by_log_half_life[c] = dot(by_weight[c], weights[c, 1])
        by_log_shape[c] = dot(by_weight[c], weights[c, 2])
    pull_back_value(gradient, HALF_LIFE, by_log_half_life, data)
    pull_back_value(gradient, SHAPE, by_log_shape, data)


@once
def _pull_back_effectiveness(gradient: np.ndarray, x: np.ndarray, by_log_path: np.ndarray, data: DensityData) -> None:
    knots = len(data.ramps)
    for c in range(len(by_log_path)):
        for k in range(knots):
            place = data.starts[EFFECTIVENESS] + c * knots + k
            spread_place = data.starts[EFFECTIVENESS_SPREAD] + c
            spread, along = math.exp(x[spread_place]), dot(by_log_path[c], data.ramps[k])
            gradient[place] += spread * along
            gradient[spread_place] += spread * x[place] * along
