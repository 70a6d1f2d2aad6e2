"""The forecast that any model has to beat: the same week of last year, off by as much as it has been before."""

from __future__ import annotations

import numpy as np

SEASON_WEEKS = 52


def seasonal_naive(series: np.ndarray, horizon: int) -> np.ndarray:
    """Samples of the weeks that follow a series: last year's week plus each error that this forecast made before.

    The errors keep their mean, so that yearly growth is part of the forecast.

    Args:
        series: Shape (T, ...), T above a year.
        horizon: Weeks, at most a year.

    Returns:
        Shape (T − 52, horizon, ...).
    """
    errors = series[SEASON_WEEKS:] - series[:-SEASON_WEEKS]
    last_year = series[len(series) - SEASON_WEEKS :][:horizon]
    return last_year + errors[:, None]
