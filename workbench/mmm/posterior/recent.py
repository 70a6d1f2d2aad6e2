"""What media brought in the last weeks, for several numbers of weeks at once: apps only look it up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.mmm.posterior.media import growth_of_market, media_of_market
from workbench.mmm.posterior.summaries import summarise
from workbench.mmm.posterior.windows import values_of

if TYPE_CHECKING:
    from workbench.mmm.result import MediaMixResult

EVERYWHERE = ""


@dataclass(frozen=True, kw_only=True)
class Recent:
    """P places, which are all markets together and each of them; C channels and, last, all of them together; W numbers of weeks.

    Attributes:
        places: `EVERYWHERE`, then the markets, length P; of one market only `EVERYWHERE`.
        weeks: How many last weeks, ascending, length W.
        contribution: Mean, lower and upper end, currency, shape (3, P, W, C + 1).
        growth: The same of its derivative for growth of all exposure in proportion: over spend it is the marginal return.
        spend: Currency, shape (P, W, C + 1).
        revenue: What was sold, currency, shape (P, W).
        weekly: What all channels brought in each week, currency, shape (3, P, T).
    """

    places: tuple[str, ...]
    weeks: tuple[int, ...]
    contribution: np.ndarray
    growth: np.ndarray
    spend: np.ndarray
    revenue: np.ndarray
    weekly: np.ndarray

    def returns(self, place: str, weeks: int) -> tuple[np.ndarray, np.ndarray]:
        """Return and marginal return per unit of spend, each of shape (3, C + 1); NaN where nothing was spent."""
        p, w = self.at(place, weeks)
        spend = np.where(self.spend[p, w] > 0, self.spend[p, w], np.nan)
        return self.contribution[:, p, w] / spend, self.growth[:, p, w] / spend

    def at(self, place: str, weeks: int) -> tuple[int, int]:
        return self.places.index(place), self.weeks.index(weeks)


def recent_returns(result: MediaMixResult, weeks: Sequence[int]) -> Recent:
    """Summaries over the last weeks, market by market: all draws of many markets at once may not fit into memory.

    Args:
        result: A fitted media mix.
        weeks: How many last weeks, each at least 1 and at most as many as were fitted.
    """
    response = result.response
    lengths = tuple(sorted(set(weeks)))
    totals: list[np.ndarray] = []
    markets = []
    for m in range(len(response.markets)):
        draws = _draws(result, m, lengths)
        totals = [np.add(total, part) for total, part in zip(totals, draws, strict=True)] if totals else list(draws)
        markets.append([np.stack(summarise(part)) for part in draws])
    several = len(markets) > 1
    contribution, growth, weekly = (
        np.stack([np.stack(summarise(total)), *([market[i] for market in markets] if several else [])], axis=1)
        for i, total in enumerate(totals)
    )
    fitted = slice(-response.fitted_weeks, None)
    revenue = result.posterior["kpi"].to_numpy() * values_of(result.posterior)
    return Recent(
        places=(EVERYWHERE, *(response.markets if several else ())),
        weeks=lengths,
        contribution=contribution,
        growth=growth,
        spend=_by_place(_with_total(response.spend_history[fitted]), lengths),
        revenue=_by_place(revenue, lengths),
        weekly=weekly,
    )


def _draws(result: MediaMixResult, market: int, lengths: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One market's contribution and its growth, (D, W, C + 1), and what media brought in each week, (D, T); currency."""
    value = values_of(result.posterior)[:, market, None]
    media = media_of_market(result.response, market) * value
    growth = growth_of_market(result.response, market) * value
    last_media, last_growth = (
        _with_total(np.stack([part[:, -length:].sum(axis=1) for length in lengths], axis=1)) for part in (media, growth)
    )
    return last_media, last_growth, media.sum(axis=-1)


def _with_total(by_channel: np.ndarray) -> np.ndarray:
    return np.concatenate([by_channel, by_channel.sum(axis=-1, keepdims=True)], axis=-1)


def _by_place(weekly: np.ndarray, lengths: tuple[int, ...]) -> np.ndarray:
    """Sums over the last weeks, everywhere and by market: (T, M, ...) becomes (P, W, ...)."""
    sums = np.stack([weekly[-length:].sum(axis=0) for length in lengths], axis=1)
    everywhere = sums.sum(axis=0, keepdims=True)
    return np.concatenate([everywhere, sums]) if len(sums) > 1 else everywhere
