"""Carry-over: this week's effect is a weighted mean of this and earlier weeks' exposure."""

from __future__ import annotations

import numpy as np


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


def geometric_weights(retention: np.ndarray, carry_over_weeks: int) -> np.ndarray:
    """Share of the effect that comes each week after the exposure.

    Args:
        retention: What is left from one week to the next, any shape, in [0, 1).
        carry_over_weeks: Longest lag L.

    Returns:
        Shape (*retention.shape, L + 1), each summing to one.
    """
    weights = np.asarray(retention, dtype=float)[..., None] ** np.arange(carry_over_weeks + 1)
    return weights / weights.sum(axis=-1, keepdims=True)


def geometric_adstock(exposure: np.ndarray, retention: np.ndarray, carry_over_weeks: int) -> np.ndarray:
    """Exposure as it acts, spread geometrically over the following weeks.

    The weights sum to one: a constant exposure acts as itself.

    Args:
        exposure: Shape (L + week, market), its first L = `carry_over_weeks` weeks being history.
        retention: Shape (draw,), in [0, 1).
        carry_over_weeks: Longest lag L.

    Returns:
        Shape (draw, week, market).

    References:
        Jin et al. (2017), Bayesian Methods for Media Mix Modeling with Carryover and Shape Effects.
    """
    lags = lag_matrix(exposure, carry_over_weeks)
    weights = geometric_weights(retention, carry_over_weeks)
    return np.moveaxis(lags @ weights.T, -1, 0)


def half_life_weeks(retention: np.ndarray) -> np.ndarray:
    """Weeks, that of the exposure included, in which half of an untruncated effect has come."""
    return np.log(0.5) / np.log(retention)


def retention_of(half_life: np.ndarray) -> np.ndarray:
    """Weekly retention with which half of the effect has come after `half_life` weeks."""
    return 0.5 ** (1.0 / np.asarray(half_life, dtype=float))
