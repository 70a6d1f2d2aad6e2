"""What media caused in the weeks that were fitted, one market at a time."""

from __future__ import annotations

import numpy as np

from workbench.mmm.response import ResponseModel

ALL_WEEKS = slice(None)


def media_of_market(response: ResponseModel, market: int, weeks: slice = ALL_WEEKS) -> np.ndarray:
    """KPI units by channel in some of the fitted weeks, shape (D, week, C)."""
    one = response.of_market(market)
    return one.kpi_of_exposure(*exposure_of(one, weeks))[:, :, 0] * response.path[:, weeks]


def growth_of_market(response: ResponseModel, market: int, weeks: slice = ALL_WEEKS) -> np.ndarray:
    """Derivative of `media_of_market` for growth of all exposure in proportion, that of earlier weeks included."""
    one = response.of_market(market)
    return one.kpi_growth_of_exposure(*exposure_of(one, weeks))[:, :, 0] * response.path[:, weeks]


def exposure_of(response: ResponseModel, weeks: slice = ALL_WEEKS) -> tuple[np.ndarray, np.ndarray]:
    """Exposure in some of the fitted weeks, and in all weeks before them, each of shape (week, M, C)."""
    before = len(response.exposure_history) - response.fitted_weeks
    start, stop, _ = weeks.indices(response.fitted_weeks)
    return response.exposure_history[before + start : before + stop], response.exposure_history[: before + start]
