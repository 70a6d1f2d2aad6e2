"""The cells of a plan: its weeks, what the same cells cost in the reference period, and what is known of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from workbench.config.planning import Planning, PriceWindow
from workbench.errors import SpecError
from workbench.mmm import ResponseModel
from workbench.mmm.shapes.adstock import adstock, with_history
from workbench.scenarios.problem.cells import Cells, Labels
from workbench.scenarios.problem.windows import share_of_days

WEEKS_A_YEAR = 52


def planned_weeks(last_week: pd.Timestamp, horizon_weeks: int) -> pd.DatetimeIndex:
    """The weeks of a plan.

    Raises:
        SpecError: If there are none.
    """
    if horizon_weeks < 1:
        raise SpecError(f"horizon_weeks is {horizon_weeks}; a plan needs at least 1 week")
    return pd.date_range(last_week + pd.Timedelta(weeks=1), periods=horizon_weeks, freq="7D")


def cells_of(
    response: ResponseModel, weeks: pd.DatetimeIndex, planning: Planning, locked: np.ndarray, labels: Labels
) -> Cells:
    """Lay out the weeks after the history of a response.

    Raises:
        SpecError: If nothing was spent in the reference period.
    """
    reference = reference_weeks(response.spend_history, len(weeks), last_year=planning.reference == "last_year")
    if not reference.sum() > 0:
        raise SpecError(
            f"nothing was spent in the reference period (planning.reference is {planning.reference}, {len(weeks)} weeks); "
            "a plan needs one with spend"
        )
    return Cells(
        weeks=weeks,
        markets=response.markets,
        channels=response.channels,
        reference=reference,
        observed=np.repeat(acted_at_most(response)[None], len(weeks), axis=0),
        observed_total=np.maximum(largest_total(response.spend_history, len(weeks)), reference.sum(axis=(0, 1))),
        price=price_factors(planning.price, weeks, response.markets, response.channels),
        locked=locked,
        after=reference.mean(axis=0),
        labels=labels,
    )


def reference_weeks(history: np.ndarray, weeks: int, *, last_year: bool) -> np.ndarray:
    """Currency of like-for-like weeks, shape (H, M, C).

    The last H weeks, or the H weeks that begin 52 weeks before the plan; where the history doesn't hold them all, every week
    is the mean of those that it holds. Zeros where it holds none.
    """
    first = len(history) - (WEEKS_A_YEAR if last_year else weeks)
    held = history[max(first, 0) : max(first + weeks, 0)]
    if len(held) == weeks:
        return held.copy()
    mean = held.mean(axis=0) if len(held) else np.zeros(history.shape[1:])
    return np.repeat(mean[None], weeks, axis=0)


def acted_at_most(response: ResponseModel) -> np.ndarray:
    """The most that ever acted in a week after carry-over, as currency at today's prices: shape (M, C)."""
    exposure = response.exposure_history
    full = with_history(exposure, exposure[:0], response.carry_over_weeks)
    mean = response.lag_weights.mean(axis=1)
    most = np.stack([adstock(full[..., c], mean[[c]])[0].max(axis=0) for c in range(exposure.shape[2])], axis=-1)
    bought = response.exposure_per_spend
    return np.divide(most, bought, out=np.zeros_like(most), where=bought > 0)


def largest_total(history: np.ndarray, weeks: int) -> np.ndarray:
    """The most spent on each channel in H weeks in a row, shape (C,)."""
    by_week = history.sum(axis=1)
    totals = np.cumsum(np.concatenate([np.zeros((1, by_week.shape[1])), by_week]), axis=0)
    width = min(weeks, len(by_week))
    return (totals[width:] - totals[:-width]).max(axis=0)


def price_factors(
    price: Mapping[str, float | tuple[PriceWindow, ...]],
    weeks: pd.DatetimeIndex,
    markets: tuple[str, ...],
    channels: tuple[str, ...],
) -> np.ndarray:
    """Price of exposure against today's, shape (H, M, C); a window counts in a week by its days."""
    factors = np.ones((len(weeks), len(markets), len(channels)))
    for channel, stated in price.items():
        c = channels.index(channel)
        if not isinstance(stated, tuple):
            factors[:, :, c] = stated
            continue
        for window in stated:
            here = slice(None) if not window.market else slice(m := markets.index(window.market), m + 1)
            factors[:, here, c] += share_of_days(weeks, window.start, window.end)[:, None] * (window.factor - 1)
    return factors
