"""A media mix as its app asks it: the numbers of a saved result for what a visitor chose, looked up rather than computed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd

from workbench.apps.amount import Amount, amount_of
from workbench.apps.media_mix_curves import Curve, curve_of_channel, curve_of_mix
from workbench.mmm.posterior.recent import EVERYWHERE, Recent, recent_returns
from workbench.mmm.result import MediaMixResult

ALL = ""
QUARTER = 13
FIRST_WINDOW = 4
USUAL_WINDOW = 52
MOST_STACKED = 7
OTHERS = "Other channels"


@dataclass(frozen=True)
class Question:
    """What a visitor chose.

    Attributes:
        market: `ALL` or one market.
        channel: `ALL` or one channel.
        weeks: How many last weeks.
        share: Whether amounts are told as shares of revenue.
    """

    market: str = ALL
    channel: str = ALL
    weeks: int = USUAL_WINDOW
    share: bool = False


@dataclass(frozen=True, eq=False)
class MediaMixView:
    """A media mix, summed up for every place and number of weeks that can be chosen."""

    result: MediaMixResult
    recent: Recent

    @property
    def currency(self) -> str:
        return self.result.currency

    @property
    def channels(self) -> tuple[str, ...]:
        return self.result.response.channels

    @property
    def weeks(self) -> pd.DatetimeIndex:
        return self.result.weeks

    @cached_property
    def weekly(self) -> dict[str, np.ndarray]:
        """What each channel brought in each week by place: mean, lower and upper end, currency, shape (3, C, T)."""
        media = self.result.contributions[self.result.contributions["kind"] == "media"]
        totals = self.result.totals[self.result.totals["kind"] == "media"]
        markets = {str(market): rows for market, rows in media.groupby("market")}
        return {place: _stacked(markets[place] if place else totals, self.channels) for place in self.recent.places}

    @cached_property
    def revenue(self) -> dict[str, np.ndarray]:
        """What was sold in each week by place, currency."""
        actual = self.result.fit.pivot(index="week", columns="market", values="actual")
        of_markets = {place: actual[place].to_numpy() for place in self.recent.places if place}
        return {EVERYWHERE: actual.sum(axis=1).to_numpy(), **of_markets}

    def amount(self, asked: Question) -> Amount:
        """What the channel, or all of them, brought in the window."""
        p, w = self.recent.at(asked.market, asked.weeks)
        numbers = self.recent.contribution[:, p, w, self._column(asked.channel)]
        return self._amount(numbers, self.recent.revenue[p, w], asked.share)

    def spend(self, asked: Question) -> float:
        p, w = self.recent.at(asked.market, asked.weeks)
        return float(self.recent.spend[p, w, self._column(asked.channel)])

    def returned(self, asked: Question) -> tuple[Amount, Amount]:
        """Return on all spend of the window, and on the next unit of it."""
        column = self._column(asked.channel)
        roas, marginal = self.recent.returns(asked.market, asked.weeks)
        return amount_of(roas[:, column], self.currency), amount_of(marginal[:, column], self.currency)

    def course(self, asked: Question) -> np.ndarray:
        """What the channel, or all of them, brought in each week of the window: mean, lower and upper end, shape (3, week)."""
        found = (
            self.weekly[asked.market][:, self.channels.index(asked.channel)]
            if asked.channel
            else self.recent.weekly[:, self.recent.places.index(asked.market)]
        )
        return self._in_unit(found, asked)[:, -asked.weeks :]

    def layers(self, asked: Question) -> np.ndarray:
        """What each of `stacked` brought in each week of the window, shape (layer, week)."""
        by_channel = self._in_unit(self.weekly[asked.market][0], asked)[:, -asked.weeks :]
        return np.stack([by_channel[members].sum(axis=0) for members in self.stacked.values()])

    @cached_property
    def stacked(self) -> dict[str, list[int]]:
        """Layers of the picture by label, the largest first: seven channels at most, and the others as one."""
        order = [self.channels.index(name) for name in self.result.by_contribution]
        if len(order) <= MOST_STACKED + 1:
            return {self.result.label(self.channels[c]): [c] for c in order}
        largest, others = order[:MOST_STACKED], order[MOST_STACKED:]
        return {self.result.label(self.channels[c]): [c] for c in largest} | {OTHERS: others}

    def place(self, market: str) -> str:
        return self.result.market_label(market) if market else "all markets"

    def media(self, channel: str) -> str:
        return self.result.label(channel) if channel else "all media"

    def since(self, weeks: int) -> str:
        return f"{self.weeks[-weeks]:%-d %b %Y}"

    @lru_cache(maxsize=512)  # noqa: B019 (a view lives as long as its app)
    def curve(self, market: str, channel: str) -> Curve:
        """Response of a channel, or of the whole mix in today's proportions, in a market or in all of them."""
        return curve_of_channel(self.result, market, channel) if channel else curve_of_mix(self.result, market)

    def _column(self, channel: str) -> int:
        return self.channels.index(channel) if channel else len(self.channels)

    def _in_unit(self, amounts: np.ndarray, asked: Question) -> np.ndarray:
        return amounts / self.revenue[asked.market] if asked.share else amounts

    def _amount(self, numbers: np.ndarray, revenue: float, share: bool) -> Amount:
        return amount_of(numbers / revenue, "%") if share else amount_of(numbers, self.currency)


def media_mix_view(result: MediaMixResult) -> MediaMixView:
    """Sum a result up: about a tenth of a second of computing for each market."""
    fitted = len(result.weeks)
    quarters = range(QUARTER, fitted, QUARTER)
    windows = {min(FIRST_WINDOW, fitted), *quarters, fitted}
    return MediaMixView(result, recent_returns(result, sorted(windows)))


def _stacked(rows: pd.DataFrame, channels: tuple[str, ...]) -> np.ndarray:
    """Mean, lower and upper end, shape (3, C, T)."""
    ends = [rows.pivot(index="component", columns="week", values=end) for end in ("estimate", "lower", "upper")]
    return np.stack([end.loc[list(channels)].to_numpy() for end in ends])
