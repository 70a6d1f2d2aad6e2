"""What media caused in the weeks that were fitted, one market at a time."""

from __future__ import annotations

import numpy as np

from workbench.mmm.response import ResponseModel
from workbench.mmm.shapes.adstock import adstock, with_history

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


def acting_spend(response: ResponseModel) -> np.ndarray:
    """Spend of all markets as it acted, spread by the mean carry-over, in the fitted weeks whose history is known: (week, C).

    A curve is known where spend has acted: a week of high spend between weeks without any never did so in full.
    """
    fitted = slice(-response.fitted_weeks, None)
    total = response.spend_history.sum(axis=1)
    full = with_history(total[fitted], total[: len(total) - response.fitted_weeks], response.carry_over_weeks)
    weights = response.lag_weights.mean(axis=1)
    acted = np.stack([adstock(full[:, [c]], weights[[c]])[0, :, 0] for c in range(full.shape[1])], axis=-1)
    unknown = response.carry_over_weeks - (len(total) - response.fitted_weeks)
    return acted[int(np.clip(unknown, 0, len(acted) - 1)) :]
