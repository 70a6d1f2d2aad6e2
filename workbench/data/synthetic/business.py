"""The sample company as its inventors know it: markets, channels, customers and four tests.

A young retailer that started selling, and advertising, on the first Monday of 2023. All amounts are euros.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

START = np.datetime64("2023-01-02")
FUTURE_WEEKS = 52
CUSTOMERS = 60_000
WEEKS = 156
REGIONS_PER_MARKET = 6
REGION_SHARES = (0.26, 0.21, 0.17, 0.14, 0.12, 0.10)
ORGANIC = "organic"


@dataclass(frozen=True, kw_only=True)
class MarketTruth:
    """A market; `size` is its share of the company's revenue."""

    name: str
    size: float
    population: int

    @property
    def regions(self) -> tuple[str, ...]:
        return tuple(f"{self.name}-{number}" for number in range(1, REGIONS_PER_MARKET + 1))


@dataclass(frozen=True, kw_only=True)
class ChannelTruth:
    """How a channel works and how much of it is bought.

    Attributes:
        name: The channel.
        share: Share of the company's revenue that steady spend at the usual level would cause.
        roas: Return on that steady spend.
        retention: Share of the effect carried into the next week, in [0, 1).
        half_saturation: Weekly spend of half the possible effect, in multiples of the usual spend.
        slope: Hill slope.
        cpm: Price of a thousand impressions.
        quality: Purchase rate of the customers it brings, in multiples of the average customer's.
    """

    name: str
    share: float
    roas: float
    retention: float
    half_saturation: float
    slope: float
    cpm: float
    quality: float


@dataclass(frozen=True, kw_only=True)
class CustomerTruth:
    """Latent heterogeneity of customers: BG/NBD purchases, Gamma-Gamma order values (time in weeks, money in euros).

    Attributes:
        r: Shape of the purchase rates' gamma distribution.
        alpha: Its rate, in weeks.
        a: First parameter of the beta distribution of dropout after a repeat order.
        b: Its second parameter.
        p: Shape of a customer's order values.
        q: Shape of the gamma distribution of their rate.
        gamma: Its rate, in euros.

    References:
        Fader, Hardie, Lee (2005), "Counting your customers" the easy way; Fader, Hardie (2013), the Gamma-Gamma model.
    """

    r: float = 0.5
    alpha: float = 5.0
    a: float = 0.7
    b: float = 3.2
    p: float = 6.0
    q: float = 6.0
    gamma: float = 75.0

    @property
    def average_order(self) -> float:
        return self.p * self.gamma / (self.q - 1)


@dataclass(frozen=True, kw_only=True)
class EmailTest:
    """A randomised e-mail; each treated customer places one more order with probability `extra_orders`."""

    experiment_id: str = "winter_email"
    weeks_before_end: int = 50
    length_weeks: int = 4
    history_weeks: int = 26
    extra_orders: float = 0.03
    unsubscribed: float = 0.02

    def first_week(self, weeks: int) -> int:
        return weeks - self.weeks_before_end


@dataclass(frozen=True, kw_only=True)
class GeoTest:
    """A heavy-up of one channel in all regions of some markets; the regions of the others are its donors.

    Attributes:
        weekly_spend: Extra spend a week, by market, for a company of `CUSTOMERS` customers.
    """

    experiment_id: str = "social_uplift"
    channel: str = "social"
    weekly_spend: tuple[tuple[str, float], ...] = (("GB", 3_000.0), ("ES", 1_600.0))
    weeks_before_end: int = 34
    length_weeks: int = 12
    history_weeks: int = 52

    @property
    def markets(self) -> tuple[str, ...]:
        return tuple(market for market, _ in self.weekly_spend)

    @property
    def treated(self) -> tuple[str, ...]:
        return tuple(region for market in MARKETS if market.name in self.markets for region in market.regions)

    def first_week(self, weeks: int) -> int:
        return weeks - self.weeks_before_end

    def window(self, weeks: int) -> slice:
        first = self.first_week(weeks)
        return slice(first, first + self.length_weeks)


@dataclass(frozen=True, kw_only=True)
class HoldoutTest:
    """One channel's ads are hidden from a random half of the audience, in all markets, at the usual budget."""

    experiment_id: str = "video_holdout"
    channel: str = "video"
    weeks_before_end: int = 19
    length_weeks: int = 12

    def first_week(self, weeks: int) -> int:
        return weeks - self.weeks_before_end

    def window(self, weeks: int) -> slice:
        first = self.first_week(weeks)
        return slice(first, first + self.length_weeks)


@dataclass(frozen=True, kw_only=True)
class BannerTest:
    """A banner put together from parts at random; effects add up on the log-odds of a click.

    Attributes:
        click_rate: Of a banner without any of the effects.
        devices: Share of the visitors by device.
        factors: The parts of each factor, each shown equally often.
        parts: Effect of a part.
        pairs: Effect of two parts together, beyond their own.
        on_device: Effect of a part on one device, beyond the others.
    """

    experiment_id: str = "spring_banner"
    weeks_before_end: int = 41
    length_weeks: int = 4
    click_rate: float = 0.05
    devices: tuple[tuple[str, float], ...] = (("mobile", 0.6), ("desktop", 0.4))
    factors: tuple[tuple[str, tuple[str, ...]], ...] = (
        ("headline", ("new", "price", "quality")),
        ("image", ("people", "product")),
        ("call_to_action", ("buy", "discover")),
    )
    parts: tuple[tuple[str, float], ...] = (("quality", 0.10), ("price", -0.05), ("people", 0.05), ("discover", 0.12))
    pairs: tuple[tuple[str, str, float], ...] = (("quality", "people", 0.15),)
    on_device: tuple[tuple[str, str, float], ...] = (("desktop", "people", -0.45), ("desktop", "price", 0.25))

    def first_week(self, weeks: int) -> int:
        return weeks - self.weeks_before_end


MARKETS = (
    MarketTruth(name="DE", size=0.30, population=83_500_000),
    MarketTruth(name="FR", size=0.20, population=68_400_000),
    MarketTruth(name="GB", size=0.22, population=68_300_000),
    MarketTruth(name="ES", size=0.13, population=48_600_000),
    MarketTruth(name="IT", size=0.15, population=58_900_000),
)

CHANNELS = (
    ChannelTruth(
        name="tv", share=0.085, roas=2.2, retention=0.75, half_saturation=1.2, slope=1.3, cpm=14.0, quality=1.0
    ),
    ChannelTruth(
        name="search", share=0.075, roas=4.2, retention=0.1, half_saturation=0.3, slope=1.0, cpm=38.0, quality=1.25
    ),
    ChannelTruth(
        name="social", share=0.065, roas=2.4, retention=0.35, half_saturation=2.0, slope=1.1, cpm=7.0, quality=0.9
    ),
    ChannelTruth(
        name="video", share=0.025, roas=0.9, retention=0.45, half_saturation=1.5, slope=1.0, cpm=11.0, quality=0.9
    ),
    ChannelTruth(
        name="display", share=0.015, roas=0.6, retention=0.3, half_saturation=0.9, slope=1.0, cpm=3.5, quality=0.7
    ),
    ChannelTruth(
        name="audio", share=0.025, roas=3.8, retention=0.5, half_saturation=1.3, slope=1.1, cpm=9.0, quality=1.05
    ),
)

CUSTOMER = CustomerTruth()
EMAIL_TEST = EmailTest()
GEO_TEST = GeoTest()
HOLDOUT_TEST = HoldoutTest()
BANNER_TEST = BannerTest()
MARKET_NAMES = tuple(market.name for market in MARKETS)
CHANNEL_NAMES = tuple(channel.name for channel in CHANNELS)
SIZES = np.array([market.size for market in MARKETS])


def week_starts(weeks: int) -> np.ndarray:
    """Mondays from the company's first week, as `datetime64[D]`."""
    return START + 7 * np.arange(weeks)


def channel_values(attribute: str) -> np.ndarray:
    """One attribute of all channels, shape (channel,)."""
    return np.array([getattr(channel, attribute) for channel in CHANNELS])
