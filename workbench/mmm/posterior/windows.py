"""What channels returned in any window of weeks and any markets, from the saved posterior with numpy alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.mmm.posterior.media import growth_of_market, media_of_market
from workbench.mmm.posterior.returns import Returns
from workbench.mmm.posterior.selection import chosen, weeks_within
from workbench.mmm.posterior.summaries import LEVEL

if TYPE_CHECKING:
    import xarray as xr

    from workbench.mmm.response import ResponseModel
    from workbench.mmm.result import MediaMixResult


def returns_in_window(
    result: MediaMixResult,
    start: date | str,
    end: date | str,
    *,
    markets: Sequence[str] | None = None,
    channels: Sequence[str] | None = None,
    by_market: bool = False,
) -> pd.DataFrame:
    """What was caused in a window, by spend of the window and of the weeks before it, for what was spent in it.

    Args:
        result: A fitted media mix.
        start: The first week is the first that starts on this day or later.
        end: The last week is the last that starts on this day or earlier.
        markets: Which, None for all.
        channels: Which, None for all.
        by_market: Whether each market has rows of its own, instead of one total.

    Returns:
        One row a (market,) channel and quantity: `contribution`, `spend`, `roas`, `marginal_roas`, and `cost_per_kpi` where
        the KPI is counted in units; `estimate`, `lower`, `upper`, `unit`, `level`. A return on nothing spent is NaN.

    Raises:
        SpecError: If the window isn't within the data, or a market or channel is unknown.
    """
    weeks = weeks_within(result.weeks, start, end)
    rows = chosen(markets, result.response.markets, "market")
    columns = chosen(channels, result.response.channels, "channel")
    found = window_returns(result, weeks, rows)
    kept = replace(
        found,
        contribution=found.contribution[..., columns],
        growth=found.growth[..., columns],
        units=None if found.units is None else found.units[..., columns],
        spend=found.spend[..., columns],
    )
    names = [result.response.channels[c] for c in columns]
    if not by_market:
        return _frame(kept.over_markets(), result.currency, pd.DataFrame({"channel": names}))
    cells = pd.MultiIndex.from_product([[result.response.markets[m] for m in rows], names], names=["market", "channel"])
    return _frame(kept, result.currency, cells.to_frame(index=False))


def window_returns(result: MediaMixResult, weeks: slice, markets: Sequence[int]) -> Returns:
    """Draws of what all channels caused in some weeks in each of some markets."""
    response, value = result.response, values_of(result.posterior)
    sums = [_sums(response, m, weeks, value[weeks, m]) for m in markets]
    contribution, growth, units = (np.stack(parts, axis=1) for parts in zip(*sums, strict=True))
    spend = response.spend_history[-response.fitted_weeks :]
    return Returns(
        contribution=contribution,
        growth=growth,
        units=None if (value == 1).all() else units,
        spend=spend[weeks][:, list(markets)].sum(axis=0),
    )


def _sums(
    response: ResponseModel, market: int, weeks: slice, value: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Contribution, its growth, and the contribution in KPI units, each of shape (D, C)."""
    media = media_of_market(response, market, weeks)
    growth = growth_of_market(response, market, weeks)
    return np.einsum("dtc,t->dc", media, value), np.einsum("dtc,t->dc", growth, value), media.sum(axis=1)


def values_of(posterior: xr.Dataset) -> np.ndarray:
    """Currency per KPI unit, shape (T, M)."""
    return np.asarray(posterior["value"].to_numpy(), dtype=float)


def _frame(returns: Returns, currency: str, keys: pd.DataFrame) -> pd.DataFrame:
    """One row an entity and quantity; `keys` names the entities in the order of the arrays."""
    frames = []
    for quantity, (unit, summary) in returns.summaries(currency).items():
        estimate, lower, upper = summary.reshape(3, -1)
        frames.append(
            keys.assign(
                quantity=quantity,
                estimate=estimate,
                lower=lower,
                upper=upper,
                unit=unit,
                level=np.where(np.isnan(lower), np.nan, LEVEL),
            )
        )
    return pd.concat(frames, ignore_index=True)
