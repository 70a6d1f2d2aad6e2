"""The log-density that is sampled, and its gradient, compiled once and kept on disk.

`model` states the same density in PyMC; a test holds the two together. Here the gradient is written by hand, which makes
every evaluation several times cheaper and spares each fit the compilation of a graph.

With S the saturated exposure of one channel in one market and q its mean over weeks, the channel's part of the KPI is
(contribution / q) · S. S depends on three scalars only, its shape: log half-life, log half-saturation and log slope. So
each evaluation carries S together with its three derivatives, and the gradient is a handful of sums over weeks.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from workbench.mmm.design import Design
from workbench.mmm.lift import LiftTests
from workbench.mmm.likelihood import Rotation
from workbench.mmm.parameters import Layout, channel_priors
from workbench.mmm.priors import Priors
from workbench.mmm.saturation import LOG_3

FORMS = {"hill": 0, "logistic": 1, "none": 2}
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
    log_roas, log_half, log_slope, log_half_life = _log_values(position, data)
    markets, channels = log_roas.shape
    noise = np.exp(position[4 * channels : 4 * channels + markets])
    shape = _shape_values(log_half, log_slope, log_half_life)
    weights = _lag_weights(log_half_life, data)
    response, level = _responses(weights, shape, data)
    contribution = np.exp(log_roas) * data.money_scale

    kpi_part, by_media, by_log_noise = _kpi_density(_media(response, level, contribution), noise, data)
    by_contribution, by_shape = _through_media(by_media, response, level, contribution)
    lift_part = _add_lift(by_contribution, by_shape, weights, shape, level, contribution, data)
    prior_part, gradient = _prior(position, data)
    _pull_back(gradient, position, by_contribution, by_shape, by_log_noise, data)
    return kpi_part + lift_part + prior_part, gradient


@compiled
def _log_values(position: np.ndarray, data: DensityData) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Log return and log half-saturation by market and channel; log slope and log half-life by channel."""
    markets, channels = data.money_scale.shape
    log = data.prior_mu + data.prior_sigma * position[: 4 * channels].reshape(4, channels)
    log_roas, log_half = np.empty((markets, channels)), np.empty((markets, channels))
    log_roas[:], log_half[:] = log[0], log[1]
    if markets > 1:
        spread = np.exp(position[4 * channels + markets : 6 * channels + markets]).reshape(2, channels)
        offset = position[6 * channels + markets :].reshape(2, markets, channels)
        log_roas += spread[0] * offset[0]
        log_half += spread[1] * offset[1]
    return log_roas, log_half, log[2], log[3]


@compiled
def _shape_values(log_half: np.ndarray, log_slope: np.ndarray, log_half_life: np.ndarray) -> np.ndarray:
    """Log half-life, log half-saturation and log slope of each market and channel, shape (M, C, 3)."""
    shape = np.empty((*log_half.shape, 3))
    shape[:, :, 0] = log_half_life
    shape[:, :, 1] = log_half
    shape[:, :, 2] = log_slope
    return shape


@compiled
def _lag_weights(log_half_life: np.ndarray, data: DensityData) -> np.ndarray:
    """Share of the effect by lag and its derivative by log half-life, shape (C, 2, L + 1)."""
    lags = data.exposure.shape[2] - data.kpi.shape[1] + 1
    weights = np.empty((len(log_half_life), 2, lags))
    lag = np.arange(lags)
    for c in range(len(log_half_life)):
        decay = LOG_2 * np.exp(-log_half_life[c])
        weight = np.exp(-decay * lag)
        weight /= weight.sum()
        weights[c, 0] = weight
        weights[c, 1] = decay * weight * (lag - (weight * lag).sum())
    return weights


@compiled
def _saturated(
    acting: float, by_half_life: float, log_half: float, log_slope: float, form: int
) -> tuple[float, float, float, float]:
    """Saturated exposure and its derivatives by log half-life, log half-saturation and log slope."""
    if acting <= 0.0:
        return 0.0, 0.0, 0.0, 0.0
    if form == 0:
        slope = np.exp(log_slope)
        steps = np.log(acting) - log_half
        share = 1.0 / (1.0 + np.exp(-slope * steps))
        growth = slope * share * (1.0 - share)
        return share, growth * by_half_life / acting, -growth, growth * steps
    if form == 1:
        scaled = HALF_LOG_3 * acting * np.exp(-log_half)
        share = np.tanh(scaled)
        growth = scaled * (1.0 - share * share)
        return share, growth * by_half_life / acting, -growth, 0.0
    return acting, by_half_life, 0.0, 0.0


@compiled
def _responses(weights: np.ndarray, shape: np.ndarray, data: DensityData) -> tuple[np.ndarray, np.ndarray]:
    """Saturated exposure and its three derivatives, (M, C, 4, T), and their means over weeks, (M, C, 4)."""
    markets, channels = data.money_scale.shape
    weeks, lags = data.kpi.shape[1], weights.shape[2]
    response = np.empty((markets, channels, 4, weeks))
    level = np.zeros((markets, channels, 4))
    for m in range(markets):
        for c in range(channels):
            acting, by_half_life = np.zeros(weeks), np.zeros(weeks)
            for lag in range(lags):
                start = lags - 1 - lag
                for t in range(weeks):
                    acting[t] += weights[c, 0, lag] * data.exposure[m, c, start + t]
                    by_half_life[t] += weights[c, 1, lag] * data.exposure[m, c, start + t]
            for t in range(weeks):
                point = _saturated(acting[t], by_half_life[t], shape[m, c, 1], shape[m, c, 2], data.form[c])
                for i in range(4):
                    response[m, c, i, t] = point[i]
                    level[m, c, i] += data.value_weight[m, t] * point[i]
    return response, level


@compiled
def _media(response: np.ndarray, level: np.ndarray, contribution: np.ndarray) -> np.ndarray:
    """All channels' part of the KPI, shape (M, T)."""
    markets, channels, _, weeks = response.shape
    media = np.zeros((markets, weeks))
    for m in range(markets):
        for c in range(channels):
            if level[m, c, 0] > 0.0:
                media[m] += contribution[m, c] / level[m, c, 0] * response[m, c, 0]
    return media


@compiled
def _kpi_density(media: np.ndarray, noise: np.ndarray, data: DensityData) -> tuple[float, np.ndarray, np.ndarray]:
    """Integrated log-density of the KPI and its derivatives by media (M, T) and log noise (M,)."""
    markets, weeks = data.kpi.shape
    columns = data.singular.shape[1]
    total, by_media, by_log_noise = 0.0, np.empty((markets, weeks)), np.empty(markets)
    for m in range(markets):
        residual = data.kpi[m] - media[m]
        variance = noise[m] ** 2
        rotated = data.left[m] @ residual
        explained = data.singular[m] ** 2 + variance
        left_over = (residual**2).sum() - (rotated**2).sum()
        total -= 0.5 * ((rotated**2 / explained + np.log(explained)).sum() + left_over / variance)
        total -= 0.5 * (weeks - columns) * np.log(variance)
        by_media[m] = (rotated * (1.0 / explained - 1.0 / variance)) @ data.left[m] + residual / variance
        by_variance = 0.5 * ((rotated / explained) ** 2 - 1.0 / explained).sum()
        by_variance += 0.5 * (left_over / variance - (weeks - columns)) / variance
        by_log_noise[m] = 2.0 * variance * by_variance
    return total, by_media, by_log_noise


@compiled
def _through_media(
    by_media: np.ndarray, response: np.ndarray, level: np.ndarray, contribution: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Derivatives by log contribution, (M, C), and by shape, (M, C, 3)."""
    markets, channels = contribution.shape
    by_contribution, by_shape = np.zeros((markets, channels)), np.zeros((markets, channels, 3))
    for m in range(markets):
        for c in range(channels):
            if level[m, c, 0] > 0.0:
                coefficient = contribution[m, c] / level[m, c, 0]
                by_contribution[m, c] = coefficient * (by_media[m] * response[m, c, 0]).sum()
                for i in range(3):
                    direct = coefficient * (by_media[m] * response[m, c, i + 1]).sum()
                    by_shape[m, c, i] = direct - by_contribution[m, c] * level[m, c, i + 1] / level[m, c, 0]
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
    cells = len(data.cell_test)
    caused = np.zeros((cells, 4))
    expected = np.zeros(len(data.lift))
    for s in range(cells):
        m, c = data.cell_market[s], data.cell_channel[s]
        if level[m, c, 0] > 0.0:
            factor = data.cell_scale[s] * contribution[m, c] / level[m, c, 0]
            for side in range(2):
                acting = (weights[c, 0] * data.cell_lags[side, s]).sum()
                by_half_life = (weights[c, 1] * data.cell_lags[side, s]).sum()
                point = _saturated(acting, by_half_life, shape[m, c, 1], shape[m, c, 2], data.form[c])
                for i in range(4):
                    caused[s, i] += (1.0 - 2.0 * side) * factor * point[i]
            expected[data.cell_test[s]] += caused[s, 0]
    error = (data.lift - expected) / data.lift_se
    for s in range(cells):
        m, c, test = data.cell_market[s], data.cell_channel[s], data.cell_test[s]
        if level[m, c, 0] > 0.0:
            pull = error[test] / data.lift_se[test]
            by_contribution[m, c] += pull * caused[s, 0]
            for i in range(3):
                by_shape[m, c, i] += pull * (caused[s, i + 1] - caused[s, 0] * level[m, c, i + 1] / level[m, c, 0])
    return -0.5 * (error**2).sum()


@compiled
def _prior(position: np.ndarray, data: DensityData) -> tuple[float, np.ndarray]:
    """Log-density of the priors and its gradient: standard scores, and half-normals on the log scale."""
    markets, channels = data.money_scale.shape
    total, gradient = 0.0, np.empty(len(position))
    spreads_start, spreads_stop = 4 * channels + markets, 6 * channels + markets
    for i in range(len(position)):
        value = position[i]
        scale = 0.0
        if 4 * channels <= i < spreads_start:
            scale = data.noise_scale
        elif spreads_start <= i < spreads_stop:
            scale = data.spread_scale[(i - spreads_start) // channels]
        if scale > 0.0:
            squared = (np.exp(value) / scale) ** 2
            total += value - 0.5 * squared
            gradient[i] = 1.0 - squared
        else:
            total -= 0.5 * value * value
            gradient[i] = -value
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
    sigma = data.prior_sigma
    gradient[0:channels] += sigma[0] * by_contribution.sum(axis=0)
    gradient[channels : 2 * channels] += sigma[1] * by_shape[:, :, 1].sum(axis=0)
    gradient[2 * channels : 3 * channels] += sigma[2] * by_shape[:, :, 2].sum(axis=0)
    gradient[3 * channels : 4 * channels] += sigma[3] * by_shape[:, :, 0].sum(axis=0)
    gradient[4 * channels : 4 * channels + markets] += by_log_noise
    if markets > 1:
        first = 4 * channels + markets
        spread = np.exp(position[first : first + 2 * channels]).reshape(2, channels)
        offset = position[first + 2 * channels :].reshape(2, markets, channels)
        for block in range(2):
            by_log = by_contribution if block == 0 else by_shape[:, :, 1].copy()
            start = first + block * channels
            gradient[start : start + channels] += (by_log * offset[block]).sum(axis=0) * spread[block]
            start = first + 2 * channels + block * markets * channels
            gradient[start : start + markets * channels] += (by_log * spread[block]).ravel()
