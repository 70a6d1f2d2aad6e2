"""Saturated exposure of one market's channels, forward and backward: the part of the density that takes the most time.

With w the lag weights, x the exposure, h the half-saturation point and s the slope:

    acting exposure   a_t = Σ_l w_l x_(t−l)
    Hill              S = 1 / (1 + e^(−z)),    z = s (ln a − ln h),   a S' = s S (1 − S)
    logistic          S = tanh(z),             z = ½ ln 3 · a / h,    a S' = z (1 − S²)
    straight line     S = a,                                          a S' = a

Forward computes S and what its derivatives need. Backward takes the derivative of the density by each S_t and returns those
by log half-saturation, −Σ a S', by log slope, Σ a S' (ln a − ln h), and by each lag's weight, Σ_t S'_t x_(t−l).
"""

from __future__ import annotations

import numpy as np

from workbench.mmm.density.compiled import compiled
from workbench.mmm.density.elementary import exp, log, tanh
from workbench.mmm.shapes.saturation import LOG_3

HILL, LOGISTIC, LINEAR, MICHAELIS_MENTEN = 0, 1, 2, 3
FORMS = {"hill": HILL, "logistic": LOGISTIC, "none": LINEAR, "michaelis_menten": MICHAELIS_MENTEN}
HALF_LOG_3 = LOG_3 / 2
VECTOR = 8
SHARE, GROWTH, STEPS, REACTION = 0, 1, 2, 3


@compiled
def padded(weeks: int) -> int:
    """A whole number of vectors: weeks that don't fill one would be computed one by one."""
    return -(-weeks // VECTOR) * VECTOR


@compiled
def respond(
    response: np.ndarray,
    acting: np.ndarray,
    weights: np.ndarray,
    exposure: np.ndarray,
    log_half: float,
    slope: float,
    form: int,
) -> None:
    """One channel's S, growth a S', steps ln a − ln h and reaction S' over weeks, into `response`, (4, T or more).

    `acting`, (T or more), is room to work in; `exposure` starts L − 1 weeks earlier.
    """
    carry_over(acting, weights, exposure)
    if form == HILL:
        for t in range(len(acting)):
            point = _hill(acting[t], log_half, slope)
            response[0, t], response[1, t], response[2, t], response[3, t] = point
    elif form == LOGISTIC:
        for t in range(len(acting)):
            point = _logistic(acting[t], log_half)
            response[0, t], response[1, t], response[2, t], response[3, t] = point
    elif form == LINEAR:
        for t in range(len(acting)):
            response[0, t], response[1, t], response[2, t], response[3, t] = acting[t], acting[t], 0.0, 1.0
    else:
        for t in range(len(acting)):
            point = _hill(acting[t], log_half, 1.0)
            response[0, t], response[1, t], response[2, t], response[3, t] = point


@compiled
def respond_once(acting: float, log_half: float, slope: float, form: int) -> tuple[float, float, float, float]:
    """The same for one week."""
    if form == HILL:
        return _hill(acting, log_half, slope)
    if form == LOGISTIC:
        return _logistic(acting, log_half)
    if form == LINEAR:
        return acting, acting, 0.0, 1.0
    return _hill(acting, log_half, 1.0)


@compiled
def carry_over(acting: np.ndarray, weights: np.ndarray, exposure: np.ndarray) -> None:
    """Exposure summed over lags with these weights, into the first weeks of `acting`."""
    lags = len(weights)
    weeks = len(exposure) - lags + 1
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
        add_scaled(acting[:weeks], weights[lag], exposure[lags - 1 - lag : lags - 1 - lag + weeks])


@compiled
def by_weights(by_acting: np.ndarray, exposure: np.ndarray, out: np.ndarray) -> None:
    """Add the derivatives by each lag's weight to `out`, (L,), given those by the acting exposure of each week, (T,)."""
    weeks, lags = len(by_acting), len(out)
    whole = lags - lags % 4
    for lag in range(0, whole, 4):
        lagged = exposure[lags - 4 - lag : lags - 1 - lag + weeks]
        d0, d1, d2, d3 = 0.0, 0.0, 0.0, 0.0
        for t in range(weeks):
            d0 += by_acting[t] * lagged[t + 3]
            d1 += by_acting[t] * lagged[t + 2]
            d2 += by_acting[t] * lagged[t + 1]
            d3 += by_acting[t] * lagged[t]
        out[lag] += d0
        out[lag + 1] += d1
        out[lag + 2] += d2
        out[lag + 3] += d3
    for lag in range(whole, lags):
        out[lag] += dot(by_acting, exposure[lags - 1 - lag : lags - 1 - lag + weeks])


@compiled
def _hill(acting: float, log_half: float, slope: float) -> tuple[float, float, float, float]:
    exposed = 1.0 if acting > 0.0 else 0.0
    positive = acting if acting > 0.0 else 1.0
    steps = log(positive) - log_half
    odds_against = exp(-slope * steps)
    share = exposed / (1.0 + odds_against)
    growth = slope * (odds_against * share) * share
    return share, growth, steps, growth / positive


@compiled
def _logistic(acting: float, log_half: float) -> tuple[float, float, float, float]:
    positive = acting if acting > 0.0 else 1.0
    scaled = HALF_LOG_3 * acting * exp(-log_half)
    share = tanh(scaled)
    growth = scaled * (1.0 - share * share)
    return share, growth, 0.0, growth / positive


@compiled
def dot(left: np.ndarray, right: np.ndarray) -> float:
    total = 0.0
    for t in range(len(left)):
        total += left[t] * right[t]
    return total


@compiled
def add_scaled(total: np.ndarray, factor: float, values: np.ndarray) -> None:
    for t in range(len(total)):
        total[t] += factor * values[t]
