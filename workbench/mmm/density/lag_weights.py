"""Share of the effect by lag, and its derivatives; `shapes.adstock` says it in numpy."""

from __future__ import annotations

import math

import numpy as np

from workbench.mmm.density.compiled import compiled

GEOMETRIC, DELAYED, WEIBULL = 0, 1, 2
ADSTOCK_FORMS = {"geometric": GEOMETRIC, "delayed": DELAYED, "weibull": WEIBULL}
LOG_2 = math.log(2.0)


@compiled
def lag_weights(weights: np.ndarray, log_half_life: np.ndarray, log_shape: np.ndarray, form: np.ndarray) -> None:
    """Weights of the lags and their derivatives by log half-life and by log shape, into `weights`, (C, 3, L)."""
    for c in range(len(form)):
        half_life, shape = math.exp(log_half_life[c]), math.exp(log_shape[c])
        if form[c] == GEOMETRIC:
            _geometric(weights[c], half_life)
        elif form[c] == DELAYED:
            _delayed(weights[c], half_life, shape)
        else:
            _weibull(weights[c], half_life, shape)
        _normalise(weights[c])


@compiled
def _geometric(weights: np.ndarray, half_life: float) -> None:
    for lag in range(weights.shape[1]):
        halvings = lag / half_life
        weights[0, lag] = math.exp(-LOG_2 * halvings)
        weights[1, lag] = LOG_2 * halvings * weights[0, lag]
        weights[2, lag] = 0.0


@compiled
def _delayed(weights: np.ndarray, half_life: float, peak: float) -> None:
    nearest = min(max(round(peak), 0), weights.shape[1] - 1)
    # Relative to the largest weight: far from a whole week, all of them could be too small for a number.
    fewest = ((nearest - peak) / half_life) ** 2
    for lag in range(weights.shape[1]):
        distance = (lag - peak) / half_life
        weights[0, lag] = math.exp(-LOG_2 * (distance * distance - fewest))
        weights[1, lag] = 2.0 * LOG_2 * distance * distance * weights[0, lag]
        weights[2, lag] = 2.0 * LOG_2 * distance * (peak / half_life) * weights[0, lag]


@compiled
def _weibull(weights: np.ndarray, half_life: float, exponent: float) -> None:
    left, left_by_half_life, left_by_exponent = 1.0, 0.0, 0.0
    for lag in range(weights.shape[1]):
        steps = math.log((lag + 1) / half_life)
        halvings = math.exp(min(exponent * steps, 700.0))
        still = math.exp(-LOG_2 * halvings)
        pace = LOG_2 * exponent * halvings * still if still > 0.0 else 0.0
        weights[0, lag] = left - still
        weights[1, lag] = left_by_half_life - pace
        weights[2, lag] = left_by_exponent + pace * steps
        left, left_by_half_life, left_by_exponent = still, pace, -pace * steps


@compiled
def _normalise(weights: np.ndarray) -> None:
    """Divide by the sum, derivatives included."""
    total, by_half_life, by_shape = 0.0, 0.0, 0.0
    for lag in range(weights.shape[1]):
        total += weights[0, lag]
        by_half_life += weights[1, lag]
        by_shape += weights[2, lag]
    for lag in range(weights.shape[1]):
        weights[0, lag] /= total
        weights[1, lag] = (weights[1, lag] - weights[0, lag] * by_half_life) / total
        weights[2, lag] = (weights[2, lag] - weights[0, lag] * by_shape) / total
