"""Saturated exposure of a market's channels and its derivatives, the part of the density that takes the most time.

With w the lag weights, x the exposure, h the half-saturation point and s the slope:

    acting exposure   a_t = Σ_l w_l x_(t−l),   w_l ∝ 2^(−l / half-life)
    Hill              S = 1 / (1 + e^(−z)),    z = s (ln a − ln h),   S' = S (1 − S)
    logistic          S = tanh(z),             z = ½ ln 3 · a / h,    S' = 1 − S²
    straight line     S = a

S depends on three scalars only, its shape, so that each evaluation carries S with its three derivatives: by log half-life,
log half-saturation and log slope.
"""

from __future__ import annotations

import math

import numpy as np

from workbench.mmm.density.compiled import compiled, inlined
from workbench.mmm.density.elementary import exp, log, tanh
from workbench.mmm.density.packing import DensityData
from workbench.mmm.shapes.saturation import LOG_3

HILL, LOGISTIC, LINEAR = 0, 1, 2
FORMS = {"hill": HILL, "logistic": LOGISTIC, "none": LINEAR}
LOG_2 = math.log(2.0)
HALF_LOG_3 = LOG_3 / 2
VECTOR = 8


@compiled
def lag_weights(shape: np.ndarray, data: DensityData) -> np.ndarray:
    """Share of the effect by lag and its derivative by log half-life, shape (C, 2, L)."""
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
def market_responses(
    level: np.ndarray, m: int, weights: np.ndarray, shape: np.ndarray, data: DensityData
) -> np.ndarray:
    """Saturated exposure and its three derivatives in one market, (C, 4, T or more); their means over weeks into (C, 4)."""
    channels, weeks = data.money_scale.shape[1], data.kpi.shape[1]
    # A whole number of vectors: weeks that don't fill one would be computed one by one.
    padded = -(-weeks // VECTOR) * VECTOR
    response = np.empty((channels, 4, padded))
    acting, by_half_life = np.zeros(padded), np.zeros(padded)
    for c in range(channels):
        _carry_over(acting[:weeks], weights[c, 0], data.exposure[m, c])
        _carry_over(by_half_life[:weeks], weights[c, 1], data.exposure[m, c])
        _saturate(response[c], acting, by_half_life, shape[m, c, 1], shape[m, c, 2], data.form[c])
        for i in range(4):
            level[c, i] = dot(data.value_weight[m], response[c, i, :weeks])
    return response


@compiled
def _carry_over(acting: np.ndarray, weights: np.ndarray, exposure: np.ndarray) -> None:
    """Exposure summed over lags with these weights, into `acting`, (T,)."""
    weeks, lags = len(acting), len(weights)
    for t in range(weeks):
        acting[t] = 0.0
    # Four lags a pass over the weeks: fewer loads and stores of what has been summed so far.
    whole = lags - lags % 4
    for lag in range(0, whole, 4):
        w0, w1, w2, w3 = weights[lag], weights[lag + 1], weights[lag + 2], weights[lag + 3]
        lagged = exposure[lags - 4 - lag : lags - 1 - lag + weeks]
        for t in range(weeks):
            acting[t] += (w0 * lagged[t + 3] + w1 * lagged[t + 2]) + (w2 * lagged[t + 1] + w3 * lagged[t])
    for lag in range(whole, lags):
        add_scaled(acting, weights[lag], exposure[lags - 1 - lag : lags - 1 - lag + weeks])


@compiled
def saturated(
    acting: float, by_half_life: float, log_half: float, slope: float, form: int
) -> tuple[float, float, float, float]:
    """Saturated exposure and its derivatives by log half-life, log half-saturation and log slope."""
    if form == HILL:
        return _hill(acting, by_half_life, log_half, slope)
    if form == LOGISTIC:
        return _logistic(acting, by_half_life, log_half)
    return acting, by_half_life, 0.0, 0.0


@compiled
def _saturate(
    response: np.ndarray, acting: np.ndarray, by_half_life: np.ndarray, log_half: float, slope: float, form: int
) -> None:
    """The same for all weeks, into `response`, (4, T)."""
    if form == HILL:
        for t in range(len(acting)):
            point = _hill(acting[t], by_half_life[t], log_half, slope)
            response[0, t], response[1, t], response[2, t], response[3, t] = point
    elif form == LOGISTIC:
        for t in range(len(acting)):
            point = _logistic(acting[t], by_half_life[t], log_half)
            response[0, t], response[1, t], response[2, t], response[3, t] = point
    else:
        for t in range(len(acting)):
            response[0, t], response[1, t], response[2, t], response[3, t] = acting[t], by_half_life[t], 0.0, 0.0


@inlined
def _hill(acting: float, by_half_life: float, log_half: float, slope: float) -> tuple[float, float, float, float]:
    exposed = 1.0 if acting > 0.0 else 0.0
    positive = acting if acting > 0.0 else 1.0
    steps = log(positive) - log_half
    odds_against = exp(-slope * steps)
    share = exposed / (1.0 + odds_against)
    growth = slope * (odds_against * share) * share
    return share, growth * by_half_life / positive, -growth, growth * steps


@inlined
def _logistic(acting: float, by_half_life: float, log_half: float) -> tuple[float, float, float, float]:
    positive = acting if acting > 0.0 else 1.0
    scaled = HALF_LOG_3 * acting * exp(-log_half)
    share = tanh(scaled)
    growth = scaled * (1.0 - share * share)
    return share, growth * by_half_life / positive, -growth, 0.0


@inlined
def dot(left: np.ndarray, right: np.ndarray) -> float:
    total = 0.0
    for t in range(len(left)):
        total += left[t] * right[t]
    return total


@inlined
def add_scaled(total: np.ndarray, factor: float, values: np.ndarray) -> None:
    for t in range(len(total)):
        total[t] += factor * values[t]
