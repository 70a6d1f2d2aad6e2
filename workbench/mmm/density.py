"""The log-density that is sampled, and its gradient, compiled once and kept on disk.

`model` states the same density in PyMC; a test holds the two together. Here the gradient is written by hand, which makes
every evaluation several times cheaper and spares each fit the compilation of a graph.

With S the saturated exposure of one channel in one market and q its mean over weeks, the channel's part of the KPI is
(contribution / q) · S. S depends on three scalars only, its shape: log half-life, log half-saturation and log slope. So
each evaluation carries S together with its three derivatives, and the gradient is a handful of sums over weeks.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numba
import numpy as np

from workbench.mmm.design import Design
from workbench.mmm.lift import LiftTests
from workbench.mmm.likelihood import Rotation
from workbench.mmm.parameters import Layout, channel_priors
from workbench.mmm.priors import Priors
from workbench.mmm.saturation import LOG_3

HILL, LOGISTIC, LINEAR = 0, 1, 2
FORMS = {"hill": HILL, "logistic": LOGISTIC, "none": LINEAR}
LOG_2 = float(np.log(2.0))
HALF_LOG_3 = LOG_3 / 2
compiled = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract", "arcp", "nsz"})


class DensityData(NamedTuple):
    """Constants of the density, as contiguous arrays: market first, week last."""

    kpi: np.ndarray
    exposure: np.ndarray
    form: np.ndarray
    money_scale: np.ndarray
    value_weight: np.ndarray
    left: np.ndarray
    singular: np.ndarray
    prior_mu: np.ndarray
    prior_sigma: np.ndarray
    noise_scale: float
    spread_scale: np.ndarray
    lift: np.ndarray
    lift_se: np.ndarray
    cell_test: np.ndarray
    cell_market: np.ndarray
    cell_channel: np.ndarray
    cell_scale: np.ndarray
    cell_lags: np.ndarray


def density_data(design: Design, priors: Priors, rotation: Rotation, tests: LiftTests) -> DensityData:
    mu, sigma = channel_priors(priors, design.shape[2])
    return DensityData(
        kpi=np.ascontiguousarray(design.kpi.T),
        exposure=np.ascontiguousarray(design.exposure.transpose(1, 2, 0)),
        form=np.array([FORMS[form] for form in design.saturation]),
        money_scale=np.ascontiguousarray(design.money_scale),
        value_weight=np.ascontiguousarray(design.value_weight.T),
        left=np.ascontiguousarray(rotation.left.transpose(0, 2, 1)),
        singular=np.ascontiguousarray(rotation.singular),
        prior_mu=mu,
        prior_sigma=sigma,
        noise_scale=priors.noise_scale,
        spread_scale=np.array([priors.roas_spread_scale, priors.half_saturation_spread_scale]),
        lift=tests.lift,
        lift_se=tests.standard_error,
        cell_test=tests.membership.argmax(axis=0) if len(tests) else np.zeros(0, dtype=np.int64),
        cell_market=tests.market,
        cell_channel=tests.channel,
        cell_scale=design.kpi_scale[tests.market],
        cell_lags=np.ascontiguousarray(np.stack([tests.lags, tests.lags_without])),
    )


def density_layout(design: Design) -> Layout:
    return Layout(markets=design.shape[1], channels=design.shape[2])


@compiled
def log_density(position: np.ndarray, data: DensityData) -> tuple[float, np.ndarray]:
    """Log-density of the unconstrained vector and its gradient, up to a constant."""
    contribution, shape = _channel_values(position, data)
    weights = _lag_weights(shape, data)
    response, level = _responses(weights, shape, data)
    media = _media(response, level, contribution)
    kpi_part, by_media, by_log_noise = _kpi_density(media, position, data)
    by_contribution, by_shape = _through_media(by_media, response, level, contribution)
    lift_part = _add_lift(by_contribution, by_shape, weights, shape, level, contribution, data)
    prior_part, gradient = _prior(position, data)
    _pull_back(gradient, position, by_contribution, by_shape, by_log_noise, data)
    return kpi_part + lift_part + prior_part, gradient


# Plain loops below: they compile in a fraction of the time that array expressions take, and run as fast.


@compiled
def _channel_values(position: np.ndarray, data: DensityData) -> tuple[np.ndarray, np.ndarray]:
    """Each channel's contribution, (M, C), and its shape: log half-life, log half-saturation, slope, (M, C, 3)."""
    markets, channels = data.money_scale.shape
    contribution, shape = np.empty((markets, channels)), np.empty((markets, channels, 3))
    log_roas, log_half = _pooled(position, 0, data), _pooled(position, 1, data)
    for m in range(markets):
        for c in range(channels):
            contribution[m, c] = math.exp(log_roas[m, c]) * data.money_scale[m, c]
            shape[m, c, 0] = data.prior_mu[3, c] + data.prior_sigma[3, c] * position[3 * channels + c]
            shape[m, c, 1] = log_half[m, c]
            shape[m, c, 2] = math.exp(data.prior_mu[2, c] + data.prior_sigma[2, c] * position[2 * channels + c])
    return contribution, shape


@compiled
def _pooled(position: np.ndarray, block: int, data: DensityData) -> np.ndarray:
    """Logarithm of the return (block 0) or the half-saturation point (block 1), (M, C); see `parameters.natural`."""
    markets, channels = data.money_scale.shape
    log = np.empty((markets, channels))
    for c in range(channels):
        level, spread, mean_offset = _level_spread_offset(position, block, c, data)
        for m in range(markets):
            log[m, c] = data.prior_mu[block, c] + level * position[block * channels + c]
            if markets > 1:
                log[m, c] += spread * (position[_cell(block, m, c, markets, channels)] - mean_offset)
    return log


@compiled
def _level_spread_offset(position: np.ndarray, block: int, c: int, data: DensityData) -> tuple[float, float, float]:
    """Prior sd of the mean over markets, spread between markets, and mean offset of one channel."""
    markets, channels = data.money_scale.shape
    sigma = data.prior_sigma[block, c]
    if markets == 1:
        return sigma, 0.0, 0.0
    spread = math.exp(position[4 * channels + markets + block * channels + c])
    mean_offset = 0.0
    for m in range(markets):
        mean_offset += position[_cell(block, m, c, markets, channels)] / markets
    return math.sqrt(sigma**2 + spread**2 / markets), spread, mean_offset


@compiled
def _cell(block: int, m: int, c: int, markets: int, channels: int) -> int:
    """Place of one market's offset in the flat vector."""
    return 6 * channels + markets + (block * markets + m) * channels + c


@compiled
def _lag_weights(shape: np.ndarray, data: DensityData) -> np.ndarray:
    """Share of the effect by lag and its derivative by log half-life, shape (C, 2, L + 1)."""
    channels = shape.shape[1]
    lags = data.exposure.shape[2] - data.kpi.shape[1] + 1
    weights = np.empty((channels, 2, lags))
    for c in range(channels):
        decay = LOG_2 * math.exp(-shape[0, c, 0])
        total, mean_lag = 0.0, 0.0
        for lag in range(lags):
            weights[c, 0, lag] = math.exp(-decay * lag)
            total += weights[c, 0, lag]
            mean_lag += lag * weights[c, 0, lag]
        for lag in range(lags):
            weights[c, 0, lag] /= total
            weights[c, 1, lag] = decay * weights[c, 0, lag] * (lag - mean_lag / total)
    return weights


@compiled
def _saturated(
    acting: float, by_half_life: float, log_half: float, slope: float, form: int
) -> tuple[float, float, float, float]:
    """Saturated exposure and its derivatives by log half-life, log half-saturation and log slope."""
    if acting <= 0.0:
        return 0.0, 0.0, 0.0, 0.0
    if form == HILL:
        steps = math.log(acting) - log_half
        share = 1.0 / (1.0 + math.exp(-slope * steps))
        growth = slope * share * (1.0 - share)
        return share, growth * by_half_life / acting, -growth, growth * steps
    if form == LOGISTIC:
        scaled = HALF_LOG_3 * acting * math.exp(-log_half)
        share = math.tanh(scaled)
        growth = scaled * (1.0 - share * share)
        return share, growth * by_half_life / acting, -growth, 0.0
    return acting, by_half_life, 0.0, 0.0


@compiled
def _add_scaled(total: np.ndarray, factor: float, values: np.ndarray) -> None:
    for t in range(len(total)):
        total[t] += factor * values[t]


@compiled
def _responses(weights: np.ndarray, shape: np.ndarray, data: DensityData) -> tuple[np.ndarray, np.ndarray]:
    """Saturated exposure and its three derivatives, (M, C, 4, T), and their means over weeks, (M, C, 4)."""
    markets, channels = data.money_scale.shape
    weeks, lags = data.kpi.shape[1], weights.shape[2]
    response = np.empty((markets, channels, 4, weeks))
    level = np.zeros((markets, channels, 4))
    acting, by_half_life = np.empty(weeks), np.empty(weeks)
    for m in range(markets):
        for c in range(channels):
            acting[:] = 0.0
            by_half_life[:] = 0.0
            for lag in range(lags):
                exposure = data.exposure[m, c, lags - 1 - lag : lags - 1 - lag + weeks]
                _add_scaled(acting, weights[c, 0, lag], exposure)
                _add_scaled(by_half_life, weights[c, 1, lag], exposure)
            share_mean, half_life_mean, half_mean, slope_mean = 0.0, 0.0, 0.0, 0.0
            log_half, slope, form = shape[m, c, 1], shape[m, c, 2], data.form[c]
            for t in range(weeks):
                share, by_life, by_half, by_slope = _saturated(acting[t], by_half_life[t], log_half, slope, form)
                response[m, c, 0, t], response[m, c, 1, t] = share, by_life
                response[m, c, 2, t], response[m, c, 3, t] = by_half, by_slope
                weight = data.value_weight[m, t]
                share_mean += weight * share
                half_life_mean += weight * by_life
                half_mean += weight * by_half
                slope_mean += weight * by_slope
            level[m, c, 0], level[m, c, 1] = share_mean, half_life_mean
            level[m, c, 2], level[m, c, 3] = half_mean, slope_mean
    return response, level


@compiled
def _media(response: np.ndarray, level: np.ndarray, contribution: np.ndarray) -> np.ndarray:
    """All channels' part of the KPI, shape (M, T)."""
    markets, channels, _, weeks = response.shape
    media = np.zeros((markets, weeks))
    for m in range(markets):
        for c in range(channels):
            if level[m, c, 0] > 0.0:
                coefficient = contribution[m, c] / level[m, c, 0]
                for t in range(weeks):
                    media[m, t] += coefficient * response[m, c, 0, t]
    return media


@compiled
def _kpi_density(media: np.ndarray, position: np.ndarray, data: DensityData) -> tuple[float, np.ndarray, np.ndarray]:
    """Integrated log-density of the KPI and its derivatives by media, (M, T), and log noise, (M,)."""
    markets, weeks = media.shape
    columns, channels = data.singular.shape[1], data.money_scale.shape[1]
    total, by_media, by_log_noise = 0.0, np.empty((markets, weeks)), np.empty(markets)
    residual = np.empty(weeks)
    for m in range(markets):
        variance = math.exp(2.0 * position[4 * channels + m])
        left_over = 0.0
        for t in range(weeks):
            residual[t] = data.kpi[m, t] - media[m, t]
            left_over += residual[t] * residual[t]
            by_media[m, t] = residual[t] / variance
        log_determinant = (weeks - columns) * math.log(variance)
        explained_part, by_variance = 0.0, 0.0
        for k in range(columns):
            rotated = 0.0
            for t in range(weeks):
                rotated += data.left[m, k, t] * residual[t]
            explained = data.singular[m, k] ** 2 + variance
            left_over -= rotated * rotated
            log_determinant += math.log(explained)
            explained_part += rotated * rotated / explained
            by_variance += (rotated * rotated / explained - 1.0) / explained
            shrunk = rotated * (1.0 / explained - 1.0 / variance)
            for t in range(weeks):
                by_media[m, t] += shrunk * data.left[m, k, t]
        total -= 0.5 * (explained_part + left_over / variance + log_determinant)
        by_variance += (left_over / variance - (weeks - columns)) / variance
        by_log_noise[m] = variance * by_variance
    return total, by_media, by_log_noise


@compiled
def _through_media(
    by_media: np.ndarray, response: np.ndarray, level: np.ndarray, contribution: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Derivatives by log contribution, (M, C), and by shape, (M, C, 3)."""
    markets, channels, _, weeks = response.shape
    by_contribution, by_shape = np.zeros((markets, channels)), np.zeros((markets, channels, 3))
    for m in range(markets):
        for c in range(channels):
            if level[m, c, 0] > 0.0:
                coefficient = contribution[m, c] / level[m, c, 0]
                for i in range(4):
                    direct = 0.0
                    for t in range(weeks):
                        direct += by_media[m, t] * response[m, c, i, t]
                    if i == 0:
                        by_contribution[m, c] = coefficient * direct
                    else:
                        rescaled = by_contribution[m, c] * level[m, c, i] / level[m, c, 0]
                        by_shape[m, c, i - 1] = coefficient * direct - rescaled
    return by_contribution, by_shape


@compiled
def _add_lift(
    by_contribution: np.ndarray,
    by_shape: np.ndarray,
    weights: np.ndarray,
    shape: np.ndarray,
    level: np.ndarray,
    contribution: np.ndarray,
    data: DensityData,
) -> float:
    """Log-density of the tests' results; adds its derivatives to `by_contribution` and `by_shape`."""
    cells, lags = data.cell_lags.shape[1:]
    caused, expected = np.zeros((cells, 4)), np.zeros(len(data.lift))
    for s in range(cells):
        m, c = data.cell_market[s], data.cell_channel[s]
        for side in range(2):
            acting, by_half_life = 0.0, 0.0
            for lag in range(lags):
                acting += weights[c, 0, lag] * data.cell_lags[side, s, lag]
                by_half_life += weights[c, 1, lag] * data.cell_lags[side, s, lag]
            point = _saturated(acting, by_half_life, shape[m, c, 1], shape[m, c, 2], data.form[c])
            if level[m, c, 0] > 0.0:
                factor = (1.0 - 2.0 * side) * data.cell_scale[s] * contribution[m, c] / level[m, c, 0]
                for i in range(4):
                    caused[s, i] += factor * point[i]
        expected[data.cell_test[s]] += caused[s, 0]
    total = 0.0
    for test in range(len(data.lift)):
        total -= 0.5 * ((data.lift[test] - expected[test]) / data.lift_se[test]) ** 2
    for s in range(cells):
        m, c, test = data.cell_market[s], data.cell_channel[s], data.cell_test[s]
        if level[m, c, 0] > 0.0:
            pull = (data.lift[test] - expected[test]) / data.lift_se[test] ** 2
            by_contribution[m, c] += pull * caused[s, 0]
            for i in range(3):
                by_shape[m, c, i] += pull * (caused[s, i + 1] - caused[s, 0] * level[m, c, i + 1] / level[m, c, 0])
    return total


@compiled
def _prior(position: np.ndarray, data: DensityData) -> tuple[float, np.ndarray]:
    """Log-density of the priors and its gradient: standard scores, and half-normals on the log scale."""
    markets, channels = data.money_scale.shape
    total, gradient = 0.0, np.empty(len(position))
    noises, spreads, offsets = 4 * channels, 4 * channels + markets, 6 * channels + markets
    for i in range(len(position)):
        if noises <= i < offsets:
            scale = data.noise_scale if i < spreads else data.spread_scale[(i - spreads) // channels]
            squared = (math.exp(position[i]) / scale) ** 2
            total += position[i] - 0.5 * squared
            gradient[i] = 1.0 - squared
        else:
            total -= 0.5 * position[i] * position[i]
            gradient[i] = -position[i]
    return total, gradient


@compiled
def _pull_back(
    gradient: np.ndarray,
    position: np.ndarray,
    by_contribution: np.ndarray,
    by_shape: np.ndarray,
    by_log_noise: np.ndarray,
    data: DensityData,
) -> None:
    """Add the likelihood's derivatives to the gradient of the flat vector."""
    markets, channels = by_contribution.shape
    _pull_back_pooled(gradient, position, 0, by_contribution, data)
    _pull_back_pooled(gradient, position, 1, by_shape[:, :, 1].copy(), data)
    for m in range(markets):
        gradient[4 * channels + m] += by_log_noise[m]
        for c in range(channels):
            gradient[2 * channels + c] += data.prior_sigma[2, c] * by_shape[m, c, 2]
            gradient[3 * channels + c] += data.prior_sigma[3, c] * by_shape[m, c, 0]


@compiled
def _pull_back_pooled(
    gradient: np.ndarray, position: np.ndarray, block: int, by_log: np.ndarray, data: DensityData
) -> None:
    """The same for one pooled quantity, given the derivatives by its logarithm, (M, C)."""
    markets, channels = by_log.shape
    for c in range(channels):
        level, spread, mean_offset = _level_spread_offset(position, block, c, data)
        score, total, by_spread = position[block * channels + c], 0.0, 0.0
        for m in range(markets):
            total += by_log[m, c]
        gradient[block * channels + c] += level * total
        if markets > 1:
            for m in range(markets):
                cell = _cell(block, m, c, markets, channels)
                by_spread += by_log[m, c] * (position[cell] - mean_offset)
                gradient[cell] += spread * (by_log[m, c] - total / markets)
            by_spread += total * score * spread / (markets * level)
            gradient[4 * channels + markets + block * channels + c] += by_spread * spread
