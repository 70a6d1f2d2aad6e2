"""Carry-over: this week's effect is a weighted mean of this and earlier weeks' exposure.

The weights sum to one, so that a constant exposure acts as itself. With h the half-life in weeks, lag l weighs

    geometric   2^(−l/h)
    delayed     2^(−((l − θ)/h)²)                     around a peak θ weeks after the exposure
    weibull     2^(−(l/h)^k) − 2^(−((l + 1)/h)^k)     half of it within h weeks, with a peak where k > 1; k = 1 is geometric

before they are divided by their sum.

References:
    Jin et al. (2017), Bayesian Methods for Media Mix Modeling with Carryover and Shape Effects.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

type AdstockForm = Literal["geometric", "delayed", "weibull"]


def lag_matrix(exposure: np.ndarray, carry_over_weeks: int) -> np.ndarray:
    """Each week's exposure beside that of the weeks before it.

    Args:
        exposure: Shape (L + week, ...), its first L = `carry_over_weeks` weeks being history.
        carry_over_weeks: Longest lag.

    Returns:
        A view of shape (week, ..., lag), lag 0 first, with L + 1 lags.
    """
    windows = np.lib.stride_tricks.sliding_window_view(exposure, carry_over_weeks + 1, axis=0)
    return windows[..., ::-1]


def with_history(exposure: np.ndarray, history: np.ndarray, carry_over_weeks: int) -> np.ndarray:
    """Put the last `carry_over_weeks` of `history` before `exposure`; weeks that nobody recorded count as zero."""
    known = history[max(0, len(history) - carry_over_weeks) :]
    unknown = np.zeros((carry_over_weeks - len(known), *exposure.shape[1:]))
    return np.concatenate([unknown, known, exposure])


def lag_weights(half_life: np.ndarray, shape: np.ndarray, form: AdstockForm, carry_over_weeks: int) -> np.ndarray:
    """Share of the effect that comes each week after the exposure.

    Args:
        half_life: Weeks, above 0, any shape.
        shape: Weeks to the peak (`delayed`) or exponent (`weibull`), above 0, of the same shape; ignored by `geometric`.
        form: Which curve.
        carry_over_weeks: Longest lag L.

    Returns:
        Shape (*half_life.shape, L + 1), each summing to one.
    """
    lag = np.arange(carry_over_weeks + 1)
    h, k = np.asarray(half_life, dtype=float)[..., None], np.asarray(shape, dtype=float)[..., None]
    match form:
        case "geometric":
            weights = 0.5 ** (lag / h)
        case "delayed":
            # Relative to the largest: a short half-life far from a whole week would leave nothing but zeros.
            halvings = ((lag - k) / h) ** 2
            weights = 0.5 ** (halvings - halvings.min(axis=-1, keepdims=True))
        case "weibull":
            weights = 0.5 ** ((lag / h) ** k) - 0.5 ** (((lag + 1) / h) ** k)
    return weights / weights.sum(axis=-1, keepdims=True)


def adstock(exposure: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Exposure as it acts, spread over the following weeks.

    Args:
        exposure: Shape (L + week, market), its first L weeks being history.
        weights: Shape (draw, L + 1).

    Returns:
        Shape (draw, week, market).
    """
    return np.moveaxis(lag_matrix(exposure, weights.shape[-1] - 1) @ weights.T, -1, 0)


def weeks_to_half(half_life: np.ndarray, shape: np.ndarray, form: AdstockForm, carry_over_weeks: int) -> np.ndarray:
    """Weeks, that of the exposure included, in which half of the effect has come, shaped as `half_life`."""
    if form != "delayed":
        return np.asarray(half_life, dtype=float)
    come = lag_weights(half_life, shape, form, carry_over_weeks).cumsum(axis=-1)
    reached = (come >= 0.5).argmax(axis=-1)[..., None]
    before = np.where(reached > 0, np.take_along_axis(come, np.maximum(reached - 1, 0), axis=-1), 0.0)
    within = (0.5 - before) / (np.take_along_axis(come, reached, axis=-1) - before)
    return (reached + within)[..., 0]
