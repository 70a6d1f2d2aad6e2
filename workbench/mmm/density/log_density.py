"""The log-density that is sampled, and its gradient, compiled once and kept on disk.

`model` states the same density in PyMC; a test holds the two together. Here the gradient is written by hand, which makes
every evaluation many times cheaper and spares each fit the compilation of a graph.

With S the saturated exposure of one channel in one market (`response_density`) and q its mean over weeks, the channel's
part of the KPI is (contribution / q) · S, and for each parameter θ of its shape

    ∂ / ∂θ = (contribution / q) (Σ_t g_t ∂S_t/∂θ − (∂q/∂θ / q) Σ_t g_t S_t)    with g_t the derivative by media in week t,

so that the gradient is a handful of sums over weeks. Markets share nothing but parameters: each is computed by itself.
"""

from __future__ import annotations

import math

import numpy as np

from workbench.mmm.density.compiled import compiled, keep
from workbench.mmm.density.likelihood import Rotation
from workbench.mmm.density.packing import DensityData
from workbench.mmm.density.parameters import Layout, channel_priors
from workbench.mmm.density.responses import FORMS, add_scaled, dot, lag_weights, market_responses, saturated
from workbench.mmm.inputs.design import Design
from workbench.mmm.inputs.lift_tests import LiftTests
from workbench.mmm.inputs.priors import Priors


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
        noise_scale=np.array([priors.noise_scale]),
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


@keep
@compiled
def log_density(position: np.ndarray, data: DensityData) -> tuple[float, np.ndarray]:
    """Log-density of the unconstrained vector and its gradient, up to a constant."""
    markets, channels = data.money_scale.shape
    contribution, shape = _channel_values(position, data)
    weights = lag_weights(shape, data)
    level = np.empty((markets, channels, 4))
    by_contribution, by_shape = np.zeros((markets, channels)), np.zeros((markets, channels, 3))
    density, gradient = _prior(position, data)
    for m in range(markets):
        response = market_responses(level[m], m, weights, shape, data)
        media = _media(response, level[m], contribution[m], data.kpi.shape[1])
        kpi_part, by_media, by_log_noise = _kpi_density(m, media, position[4 * channels + m], data)
        density += kpi_part
        gradient[4 * channels + m] += by_log_noise
        _through_media(by_contribution[m], by_shape[m], by_media, response, level[m], contribution[m])
    density += _add_lift(by_contribution, by_shape, weights, shape, level, contribution, data)
    _pull_back(gradient, position, by_contribution, by_shape, data)
    return density, gradient


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
def _media(response: np.ndarray, level: np.ndarray, contribution: np.ndarray, weeks: int) -> np.ndarray:
    """All channels' part of one market's KPI, shape (T,)."""
    media = np.zeros(weeks)
    for c in range(len(contribution)):
        if level[c, 0] > 0.0:
            add_scaled(media, contribution[c] / level[c, 0], response[c, 0, :weeks])
    return media


@compiled
def _kpi_density(m: int, media: np.ndarray, log_noise: float, data: DensityData) -> tuple[float, np.ndarray, float]:
    """Integrated log-density of one market's KPI and its derivatives by media, (T,), and log noise."""
    weeks, columns = len(media), data.singular.shape[1]
    residual, by_media = np.empty(weeks), np.empty(weeks)
    variance = math.exp(2.0 * log_noise)
    for t in range(weeks):
        residual[t] = data.kpi[m, t] - media[t]
        by_media[t] = residual[t] / variance
    left_over = dot(residual, residual)
    log_determinant = (weeks - columns) * math.log(variance)
    explained_part, by_variance = 0.0, 0.0
    for k in range(columns):
        rotated = dot(data.left[m, k], residual)
        explained = data.singular[m, k] ** 2 + variance
        left_over -= rotated * rotated
        log_determinant += math.log(explained)
        explained_part += rotated * rotated / explained
        by_variance += (rotated * rotated / explained - 1.0) / explained
        add_scaled(by_media, rotated * (1.0 / explained - 1.0 / variance), data.left[m, k])
    by_variance += (left_over / variance - (weeks - columns)) / variance
    total = -0.5 * (explained_part + left_over / variance + log_determinant)
    return total, by_media, variance * by_variance


@compiled
def _through_media(
    by_contribution: np.ndarray,
    by_shape: np.ndarray,
    by_media: np.ndarray,
    response: np.ndarray,
    level: np.ndarray,
    contribution: np.ndarray,
) -> None:
    """One market's derivatives by log contribution, into (C,), and by shape, into (C, 3)."""
    weeks = len(by_media)
    for c in range(len(contribution)):
        if level[c, 0] > 0.0:
            coefficient = contribution[c] / level[c, 0]
            by_contribution[c] = coefficient * dot(by_media, response[c, 0, :weeks])
            for i in range(3):
                rescaled = by_contribution[c] * level[c, i + 1] / level[c, 0]
                by_shape[c, i] = coefficient * dot(by_media, response[c, i + 1, :weeks]) - rescaled


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
            point = saturated(acting, by_half_life, shape[m, c, 1], shape[m, c, 2], data.form[c])
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
            scale = data.noise_scale[0] if i < spreads else data.spread_scale[(i - spreads) // channels]
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
    data: DensityData,
) -> None:
    """Add the likelihood's derivatives to the gradient of the flat vector."""
    markets, channels = by_contribution.shape
    _pull_back_pooled(gradient, position, 0, by_contribution, data)
    _pull_back_pooled(gradient, position, 1, by_shape[:, :, 1].copy(), data)
    for m in range(markets):
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
