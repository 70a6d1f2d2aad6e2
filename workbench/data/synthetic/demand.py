"""Revenue that would come without media: trend, season, price, promotions and public holidays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.data.calendar import holidays_in_weeks
from workbench.data.synthetic.business import MARKET_NAMES, SIZES, channel_values, week_starts

PRICE_EFFECT = -1.1
PROMOTION_EFFECT = 0.9
HOLIDAY_EFFECT = -0.03
WEEKS_PER_YEAR = 365.25 / 7


@dataclass(frozen=True, kw_only=True)
class Controls:
    """What moves demand besides media, shape (week, market) each.

    Attributes:
        price: Price index, 1 at the start.
        promotion: Share of the assortment on promotion, in [0, 1].
        holidays: Public holidays in the week, days.
    """

    price: np.ndarray
    promotion: np.ndarray
    holidays: np.ndarray


def draw_controls(weeks: int, rng: np.random.Generator) -> Controls:
    return Controls(
        price=_draw_price(weeks, rng), promotion=_draw_promotion(weeks, rng), holidays=count_holidays(weeks)
    )


def baseline_components(revenue: float, controls: Controls) -> dict[str, np.ndarray]:
    """Expected revenue without media by component, euros, shape (week, market) each; their sum is the baseline.

    Args:
        revenue: Usual weekly revenue of the company, media included.
        controls: What moves demand.
    """
    weeks = len(controls.price)
    level = revenue * (1.0 - channel_values("share").sum()) * SIZES
    components = {
        "trend": np.repeat(trend(weeks)[:, None], len(SIZES), axis=1),
        "season": season(weeks),
        "price": PRICE_EFFECT * (controls.price - 1.0),
        "promotion": PROMOTION_EFFECT * controls.promotion,
        "holidays": HOLIDAY_EFFECT * controls.holidays,
    }
    return {name: level * component for name, component in components.items()}


def trend(weeks: int) -> np.ndarray:
    """A young company's growth, relative to its usual revenue: fast at first, slower later; shape (week,)."""
    week = np.arange(weeks)
    return 0.5 + 0.6 * (1.0 - np.exp(-week / 60.0)) + 0.0008 * week


def season(weeks: int) -> np.ndarray:
    """The year's course relative to usual revenue, shape (week, market): a peak before Christmas, a dip in summer."""
    angle = 2.0 * np.pi * np.arange(weeks)[:, None] / WEEKS_PER_YEAR
    lag = np.linspace(-0.15, 0.15, len(SIZES))
    amplitude = np.linspace(0.15, 0.11, len(SIZES))
    return amplitude * np.cos(angle + 0.35 + lag) + 0.05 * np.cos(2.0 * angle + 0.9 + lag)


def count_holidays(weeks: int) -> np.ndarray:
    """Public holidays by week and market, shape (week, market)."""
    countries = {name: name for name in MARKET_NAMES}
    counts, _ = holidays_in_weeks(pd.DatetimeIndex(week_starts(weeks)), countries, MARKET_NAMES)
    return counts.sum(axis=-1)


def _draw_price(weeks: int, rng: np.random.Generator) -> np.ndarray:
    """A list price per market that is revised every quarter."""
    quarters = weeks // 13 + 1
    revisions = rng.normal(0.0, 0.025, (quarters, len(MARKET_NAMES)))
    revisions[0] = 0.0
    steps = np.exp(np.cumsum(revisions, axis=0))
    return np.round(np.repeat(steps, 13, axis=0)[:weeks], 4)


def _draw_promotion(weeks: int, rng: np.random.Generator) -> np.ndarray:
    """Sales in January, in summer and around Black Friday in all markets, and some of each market's own."""
    week_of_year = np.floor(np.arange(weeks) % WEEKS_PER_YEAR).astype(int)
    common = np.select(
        [week_of_year < 3, (week_of_year > 25) & (week_of_year < 29), week_of_year == 47], [0.2, 0.15, 0.3]
    )
    own = rng.binomial(1, 0.09, (weeks, len(MARKET_NAMES))) * 0.15
    depth = rng.uniform(0.7, 1.3, (weeks, len(MARKET_NAMES)))
    return np.round((common[:, None] + own) * depth, 3)
