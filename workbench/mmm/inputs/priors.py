"""What is believed before the data: ranges in business terms become log-normal distributions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np

from workbench.config import BusinessPrior, Channel, MediaMix
from workbench.errors import SpecError

Z_90 = 1.6448536269514722
WEAK_MEDIA_SHARE = BusinessPrior(lower=0.05, upper=0.6)
WEAK_HALF_LIFE_WEEKS = BusinessPrior(lower=0.3, upper=6.0)
WEAK_PEAK_WEEKS = BusinessPrior(lower=0.3, upper=4.0)


@dataclass(frozen=True)
class LogNormal:
    """A positive quantity whose logarithm is normal with mean `mu` and standard deviation `sigma`."""

    mu: float
    sigma: float

    @classmethod
    def from_range(cls, opinion: BusinessPrior) -> Self:
        """The distribution with these 5% and 95% quantiles."""
        low, high = np.log(opinion.lower), np.log(opinion.upper)
        return cls(float(low + high) / 2, float(high - low) / (2 * Z_90))

    @classmethod
    def from_moments(cls, mean: float, variance: float) -> Self:
        variance_of_log = np.log1p(variance / mean**2)
        return cls(float(np.log(mean) - variance_of_log / 2), float(np.sqrt(variance_of_log)))

    @property
    def mean(self) -> float:
        return float(np.exp(self.mu + self.sigma**2 / 2))

    @property
    def variance(self) -> float:
        return float(np.expm1(self.sigma**2) * self.mean**2)

    @property
    def range(self) -> tuple[float, float]:
        """5% and 95% quantiles."""
        return float(np.exp(self.mu - Z_90 * self.sigma)), float(np.exp(self.mu + Z_90 * self.sigma))


type Basis = Literal["roas", "cpa", "weak"]

HALF_SATURATION = LogNormal(0.0, 0.75)
SLOPE = LogNormal(0.0, 0.3)
WEIBULL_EXPONENT = LogNormal(0.0, 0.4)


@dataclass(frozen=True, kw_only=True)
class Priors:
    """Distributions of everything that is sampled, for C channels.

    Attributes:
        roas: Return per unit of spend, length C.
        half_life: Weeks in which half of the effect has come, length C.
        carry_over_shape: Second parameter of the carry-over, length C; see `shapes.adstock`.
        half_saturation: Relative to the channel's typical active week, length C.
        slope: Of the Hill curve, length C.
        basis: What the channel's return rests on: a stated `roas`, a stated `cpa`, or `weak` for no opinion; length C.
        media_share: What was stated on the share of the KPI that media cause, None for nothing.
        noise_scale: Half-normal scale of the noise, relative to the market's mean KPI.
        roas_spread_scale: Half-normal scale of the log-scale differences of return between markets: 0.4 takes a ratio of two
            between a good and a bad market for usual, and of five for possible.
        half_saturation_spread_scale: The same for the half-saturation point.
        week_spread_scale: Half-normal scale of what all markets share in a week, relative to the mean KPI.
        effectiveness_spread_scale: Half-normal scale of the log-scale change of effectiveness in the square root of a year.
    """

    roas: tuple[LogNormal, ...]
    half_life: tuple[LogNormal, ...]
    carry_over_shape: tuple[LogNormal, ...]
    half_saturation: tuple[LogNormal, ...]
    slope: tuple[LogNormal, ...]
    basis: tuple[Basis, ...]
    media_share: LogNormal | None = None
    noise_scale: float = 0.5
    roas_spread_scale: float = 0.4
    half_saturation_spread_scale: float = 0.3
    week_spread_scale: float = 0.2
    effectiveness_spread_scale: float = 0.3

    @property
    def stated(self) -> tuple[bool, ...]:
        """Whether somebody holds an opinion on the channel's return, length C."""
        return tuple(basis != "weak" for basis in self.basis)


def build_priors(
    config: MediaMix, channels: Sequence[Channel], spend: np.ndarray, revenue: float, value_per_kpi: float = 1.0
) -> Priors:
    """Priors of the channels, in the order given.

    Args:
        config: Holds the opinion on the share of the KPI that media cause.
        channels: Length C.
        spend: Currency in the window, shape (C,).
        revenue: KPI in currency over the same window.
        value_per_kpi: Currency that one conversion is worth; 1 where the KPI is revenue.

    Raises:
        SpecError: If a cost per conversion is stated where the KPI is revenue.
    """
    stated = [_stated_return(channel, value_per_kpi) for channel in channels]
    weak = _weak_roas(config.media_share or WEAK_MEDIA_SHARE, stated, spend, revenue)
    return Priors(
        roas=tuple(opinion or weak for opinion in stated),
        half_life=tuple(LogNormal.from_range(c.half_life_weeks or WEAK_HALF_LIFE_WEEKS) for c in channels),
        carry_over_shape=tuple(_carry_over_shape(channel) for channel in channels),
        half_saturation=tuple(_stated_or(channel.half_saturation, HALF_SATURATION) for channel in channels),
        slope=tuple(_stated_or(channel.slope, SLOPE) for channel in channels),
        basis=tuple("roas" if channel.roas else "cpa" if channel.cpa else "weak" for channel in channels),
        media_share=LogNormal.from_range(config.media_share) if config.media_share else None,
    )


def _stated_return(channel: Channel, value_per_kpi: float) -> LogNormal | None:
    """The opinion on a channel's return; a conversion that costs c and is worth v returns v / c."""
    if channel.roas:
        return LogNormal.from_range(channel.roas)
    if channel.cpa is None:
        return None
    if value_per_kpi == 1.0:
        raise SpecError(
            f"cpa is stated as {channel.cpa.lower:g} to {channel.cpa.upper:g}, but the KPI is revenue, which has no cost "
            "per conversion; state roas, or map conversions with value_per_conversion"
        )
    return LogNormal.from_range(
        BusinessPrior(lower=value_per_kpi / channel.cpa.upper, upper=value_per_kpi / channel.cpa.lower)
    )


def _stated_or(opinion: BusinessPrior | None, weak: LogNormal) -> LogNormal:
    return LogNormal.from_range(opinion) if opinion else weak


def _carry_over_shape(channel: Channel) -> LogNormal:
    if channel.adstock == "delayed":
        return LogNormal.from_range(channel.peak_weeks or WEAK_PEAK_WEEKS)
    return WEIBULL_EXPONENT


def _weak_roas(
    share: BusinessPrior, stated: Sequence[LogNormal | None], spend: np.ndarray, revenue: float
) -> LogNormal:
    """One prior for all channels without an opinion, such that all media together cause about `share` of the KPI.

    Mean and variance of the share add up over channels; what the stated opinions leave goes to the others, but never
    less than a tenth, so that no channel is ruled out before the data.
    """
    media = LogNormal.from_range(share)
    spend_share = np.asarray(spend, dtype=float) / revenue
    open_shares = np.array([s for s, opinion in zip(spend_share, stated, strict=True) if opinion is None])
    if not len(open_shares):
        return LogNormal(0.0, 1.0)
    taken = [(s, opinion) for s, opinion in zip(spend_share, stated, strict=True) if opinion is not None]
    mean = max(media.mean - sum(s * o.mean for s, o in taken), media.mean / 10)
    variance = max(media.variance - sum(s**2 * o.variance for s, o in taken), media.variance / 10)
    return LogNormal.from_moments(mean / open_shares.sum(), variance / (open_shares**2).sum())


def prior_roas_draws(priors: Priors, spend: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Returns over all markets as believed before the data, shape (draw, C); `spend` is (M, C)."""
    markets, channels = spend.shape
    centre = np.exp([p.mu for p in priors.roas] + rng.normal(size=(draws, channels)) * [p.sigma for p in priors.roas])
    if markets == 1:
        return centre
    spread = np.abs(rng.normal(scale=priors.roas_spread_scale, size=(draws, 1, channels)))
    offset = rng.normal(size=(draws, markets, channels))
    by_market = np.exp(spread * (offset - offset.mean(axis=1, keepdims=True)))
    return centre * (by_market * spend).sum(axis=1) / spend.sum(axis=0)
