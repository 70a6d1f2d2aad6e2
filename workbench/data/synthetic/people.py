"""Who the customers are: where they live, what brought them, how often they buy and for how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from workbench.data.synthetic.business import CHANNEL_NAMES, CUSTOMER, REGION_SHARES, channel_values

MINIMAL_DROPOUT = 1e-9
AGE_BANDS = ("18-29", "30-44", "45-59", "60+")
_AGE_SHARES = (0.22, 0.33, 0.27, 0.18)
_YOUNG_AGE_SHARES = (0.42, 0.34, 0.16, 0.08)
_YOUNG_CHANNELS = ("social", "video")


@dataclass(frozen=True, kw_only=True)
class Customers:
    """One entry per customer, in the order of acquisition.

    Attributes:
        market: Index of the market.
        region: Index of the region within the market.
        channel: Index of the channel that brought the customer; the number of channels for none.
        rate: Repeat orders a week while alive.
        dropout: Probability of leaving after a repeat order.
        value_rate: Rate of the gamma distribution of order values.
    """

    market: np.ndarray
    region: np.ndarray
    channel: np.ndarray
    rate: np.ndarray
    dropout: np.ndarray
    value_rate: np.ndarray

    def __len__(self) -> int:
        return len(self.market)

    @property
    def mean_value(self) -> np.ndarray:
        """Mean value of the customer's orders, euros."""
        return CUSTOMER.p / self.value_rate

    def expected_repeat_orders(self, elapsed: np.ndarray) -> np.ndarray:
        """Mean repeat orders within `elapsed` weeks of those who are alive: the mean rate decays by rate × dropout."""
        return -np.expm1(-self.rate * self.dropout * elapsed) / self.dropout

    def take(self, index: np.ndarray) -> Self:
        return type(self)(**{field.name: getattr(self, field.name)[index] for field in fields(self)})


def draw_customers(counts: np.ndarray, causes: np.ndarray, rng: np.random.Generator) -> Customers:
    """New customers of one week.

    Args:
        counts: How many, by market, shape (M,).
        causes: Probability that each channel or, last, none of them brought one, shape (M, C + 1).
        rng: Source of randomness.
    """
    market = np.repeat(np.arange(len(counts)), counts)
    channel = _draw_index(causes[market], rng)
    quality = np.append(channel_values("quality"), 1.0)[channel]
    dropout = rng.beta(CUSTOMER.a, CUSTOMER.b, len(market))
    return Customers(
        market=market,
        region=rng.choice(len(REGION_SHARES), len(market), p=REGION_SHARES),
        channel=channel,
        rate=quality * rng.gamma(CUSTOMER.r, 1.0 / CUSTOMER.alpha, len(market)),
        dropout=np.maximum(dropout, MINIMAL_DROPOUT),
        value_rate=rng.gamma(CUSTOMER.q, 1.0 / CUSTOMER.gamma, len(market)),
    )


@dataclass(frozen=True, kw_only=True)
class Traits:
    """One entry per customer: consent and, as an index of `AGE_BANDS`, age; neither changes how anyone buys who isn't contacted."""

    consent_profiling: np.ndarray
    consent_marketing: np.ndarray
    age_band: np.ndarray


def join_customers(parts: Sequence[Customers]) -> Customers:
    return Customers(**{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Customers)})


def draw_traits(customers: Customers, rng: np.random.Generator) -> Traits:
    profiling = rng.random(len(customers)) < 0.92
    marketing = rng.random(len(customers)) < np.where(profiling, 0.7, 0.2)
    young = np.isin(customers.channel, [CHANNEL_NAMES.index(channel) for channel in _YOUNG_CHANNELS])
    shares = np.where(young[:, None], _YOUNG_AGE_SHARES, _AGE_SHARES)
    return Traits(consent_profiling=profiling, consent_marketing=marketing, age_band=_draw_index(shares, rng))


def _draw_index(probabilities: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    thresholds = np.cumsum(probabilities[:, :-1], axis=1)
    return (rng.random(len(probabilities))[:, None] >= thresholds).sum(axis=1)
