"""Surprises that last: what nobody explained in one week is partly still there in the next.

A market's surprises have unit variance and correlate by ρ^k over k weeks (an autoregression of the first order). `whiten`
turns them into independent ones of unit variance,

    w_1 = r_1        w_t = (r_t − ρ r_(t−1)) / √(1 − ρ²),

so that everything which holds for independent weeks holds for whitened ones. ρ is called the persistence.

References:
    Prais and Winsten (1954), Trend Estimators and Serial Correlation.
"""

from __future__ import annotations

import numpy as np


def whiten(series: np.ndarray, persistence: float) -> np.ndarray:
    """Series over weeks along the last axis, whitened."""
    white = np.array(series, dtype=float)
    if persistence:
        white[..., 1:] = (series[..., 1:] - persistence * series[..., :-1]) / np.sqrt(1 - persistence**2)
    return white


def unwhiten(white: np.ndarray, persistence: float) -> np.ndarray:
    """The inverse of `whiten`: independent surprises become lasting ones."""
    series = np.array(white, dtype=float)
    if persistence:
        share = np.sqrt(1 - persistence**2)
        for week in range(1, series.shape[-1]):
            series[..., week] = persistence * series[..., week - 1] + share * series[..., week]
    return series


def week_ahead(series: np.ndarray, white: np.ndarray, persistence: float) -> np.ndarray:
    """Surprises that may come instead of those of `series`, each given the one of the week before, from independent ones."""
    ahead = np.array(white, dtype=float)
    ahead[..., 1:] = persistence * series[..., :-1] + np.sqrt(1 - persistence**2) * white[..., 1:]
    return ahead


def log_volume(weeks: int, persistence: float) -> float:
    """Logarithm of the determinant of `whiten` over so many weeks."""
    return -0.5 * (weeks - 1) * float(np.log1p(-(persistence**2)))
