"""Factors on bids by market: more where the next unit of money returns more than the channel does on average."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from workbench.mmm import ResponseModel
from workbench.scenarios.problem.cells import Cells

LOWEST, HIGHEST = 0.5, 2.0
LEVEL = 0.9
NEXT_STEP = 0.01


def marginal_returns(response: ResponseModel, cells: Cells, spend: np.ndarray) -> np.ndarray:
    """Revenue per unit of currency that 1% more of a channel in a market brings, carry-over after the plan included.

    Args:
        response: The fitted response.
        cells: Weeks, markets and channels of the plan.
        spend: Of the plan, shape (H, M, C).

    Returns:
        Shape (D, M, C); 0 where nothing is spent.
    """
    after = np.broadcast_to(cells.after, (response.carry_over_weeks, *spend.shape[1:]))
    plans = [np.concatenate([factor * spend / cells.price, after]) for factor in (1, 1 + NEXT_STEP)]
    by_market = []
    for market in range(len(cells.markets)):
        one = response.of_market(market)
        now, more = (one.contribution(plan[:, market : market + 1]).sum(axis=(1, 2)) for plan in plans)
        by_market.append(more - now)
    added = NEXT_STEP * spend.sum(axis=0)
    gained = np.stack(by_market, axis=1)
    return np.divide(gained, added, out=np.zeros_like(gained), where=added > 0)


def bid_modifiers(
    marginal: np.ndarray,
    spend: np.ndarray,
    *,
    markets: Sequence[str],
    channels: Sequence[str],
    weeks: pd.DatetimeIndex,
    forced: bool = False,
) -> pd.DataFrame:
    """One row a market and channel that spends in it.

    The factor is the square root of the marginal return against the channel's mean one, weighted by spend, within 0.5 and 2:
    the root goes half of the way, as the return falls with what a higher bid buys.

    Columns `market`, `channel`, `modifier` (of the mean return), `modifier_lower`, `modifier_upper` (90% of the draws),
    `marginal_return`, `channel_marginal_return`, `valid_from`, `valid_to` (days), `forced`.

    Args:
        marginal: Revenue that the next unit of currency brings, by draw, shape (D, M, C).
        spend: Of the plan, shape (M, C).
        markets: Length M.
        channels: Length C.
        weeks: Of the plan.
        forced: Whether the media mix failed a check and was used all the same.
    """
    positive = np.maximum(marginal, 0.0)
    mean, factor = positive.mean(axis=0), _factor(positive, spend)
    tail = (1 - LEVEL) / 2
    lower, upper = np.quantile(factor, [tail, 1 - tail], axis=0)
    columns = {
        "modifier": _factor(mean[None], spend)[0],
        "modifier_lower": lower,
        "modifier_upper": upper,
        "marginal_return": mean,
        "channel_marginal_return": np.broadcast_to(_channel_mean(mean[None], spend)[0], mean.shape),
    }
    rows = pd.MultiIndex.from_product([markets, channels], names=["market", "channel"])
    frame = pd.DataFrame({name: values.ravel() for name, values in columns.items()}, index=rows).reset_index()
    return frame[spend.ravel() > 0].assign(
        valid_from=weeks[0], valid_to=weeks[-1] + pd.Timedelta(days=6), forced=forced
    )


def _factor(marginal: np.ndarray, spend: np.ndarray) -> np.ndarray:
    mean = _channel_mean(marginal, spend)
    ratio = np.divide(marginal, mean, out=np.ones_like(marginal), where=mean > 0)
    return np.clip(np.sqrt(ratio), LOWEST, HIGHEST)


def _channel_mean(marginal: np.ndarray, spend: np.ndarray) -> np.ndarray:
    """Over markets, weighted by spend, shape (draw, 1, C); 0 for a channel without spend."""
    total = spend.sum(axis=0)
    weight = np.divide(spend, total, out=np.zeros_like(spend), where=total > 0)
    return (marginal * weight).sum(axis=1, keepdims=True)
