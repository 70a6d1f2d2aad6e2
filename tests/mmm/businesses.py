"""Businesses of known truth: those that the model has in mind, and those that it hasn't.

Every number is drawn anew for each seed, from ranges that a business may have, not from the model's priors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tests.mmm.worlds import World, panel_of
from workbench.config import Channel, Market, MediaMix, WorkspaceConfig
from workbench.config.workspace import WorkspaceSection
from workbench.data.panel_builder import build_panel
from workbench.data.synthetic import simulate_company
from workbench.mmm.shapes.adstock import AdstockForm

CARRY_IN, WEEKS, CHANNELS = 13, 130, 3
SPEND_SHARE = 0.05
MEDIA_MIX = MediaMix()


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of business, by what sets it apart.

    Attributes:
        name: What reports call it.
        markets: M.
        peaked: Whether the effect comes to a peak some weeks after the exposure, on a Weibull curve, instead of decaying from the start.
        multiplicative: Whether media and season multiply what would be sold anyway, instead of adding to it.
        drift: Standard deviation of each channel's log effectiveness in the square root of a year.
        follows_surprise: Growth of the first channel's log budget for a surprise of one standard deviation in the week before.
        follows_season: Power of expected sales in the first channel's budget.
        persistence: Correlation of a surprise with that of the week before.
        heavy_tails: Whether surprises have the tails of Student's t with 2.5 degrees of freedom.
        config: How it is fitted.
        adstock: Carry-over that the fit assumes.
    """

    name: str
    markets: int = 1
    peaked: bool = False
    multiplicative: bool = False
    drift: float = 0.0
    follows_surprise: float = 0.0
    follows_season: float = 0.0
    persistence: float = 0.0
    heavy_tails: bool = False
    config: MediaMix = MEDIA_MIX
    adstock: AdstockForm = "geometric"


KINDS = (
    Kind(name="as the model has it in mind"),
    Kind(name="the same in four markets", markets=4),
    Kind(name="effect peaks weeks later (Weibull)", peaked=True),
    Kind(name="effect peaks weeks later, and may in the fit", peaked=True, adstock="weibull"),
    Kind(name="media and season multiply (log-linear)", multiplicative=True),
    Kind(name="effectiveness changes", drift=0.4),
    Kind(name="effectiveness changes, and may in the fit", drift=0.4, config=MediaMix(effectiveness_knots_per_year=2)),
    Kind(name="a budget follows season", follows_season=4.0),
    Kind(name="a budget follows last week's surprise", follows_surprise=0.4, persistence=0.7),
    Kind(name="surprises last", persistence=0.7),
    Kind(name="surprises last, and may not in the fit", persistence=0.7, config=MediaMix(lasting_surprises=False)),
    Kind(name="heavy-tailed surprises", heavy_tails=True),
    Kind(
        name="heavy-tailed surprises, extreme weeks set apart",
        heavy_tails=True,
        config=MediaMix(outliers="own_effect"),
    ),
)


def business(kind: Kind, seed: int) -> World:
    """Weekly revenue with trend, season, a control and three channels, each bought in a rhythm of its own."""
    rng = np.random.default_rng(seed)
    shape = (CARRY_IN + WEEKS, kind.markets)
    size = 1e6 * rng.lognormal(0.0, 0.4, kind.markets)
    expected, surprise = _expected(rng, shape), _surprises(rng, shape, kind)
    spend = size[:, None] * SPEND_SHARE * rng.uniform(0.6, 1.4, CHANNELS) * _rhythms(rng, shape)
    spend[1:, :, 0] *= np.exp(kind.follows_surprise * surprise[:-1] / surprise.std())
    spend[..., 0] *= (expected / expected.mean(axis=0)) ** kind.follows_season
    control = rng.normal(size=(*shape, 1))
    noise = rng.uniform(0.015, 0.04) * surprise / surprise.std() + 0.03 * control[..., 0]
    curve = _response(rng, spend, kind) * np.exp(_drift(rng, spend.shape, kind))
    roas = rng.lognormal(0.5, 0.5, CHANNELS) * rng.lognormal(0.0, 0.2 * (kind.markets > 1), (kind.markets, CHANNELS))
    wanted = roas * spend.sum(axis=0) / size[:, None] * curve / curve.sum(axis=0)
    total, caused = _multiplied(expected, wanted) if kind.multiplicative else (expected + wanted.sum(axis=-1), wanted)
    kpi = size * (total * np.exp(noise) if kind.multiplicative else total + noise)
    media = (size[:, None] * caused)[CARRY_IN:]
    return World(
        panel=panel_of(np.maximum(kpi, 0.0)[CARRY_IN:], spend, control[CARRY_IN:]),
        roas=media.sum(axis=(0, 1)) / spend[CARRY_IN:].sum(axis=(0, 1)),
        media=media,
    )


def sample_company(seed: int, markets: tuple[str, ...]) -> World:
    """Markets of the sample company, another company for each seed."""
    company = simulate_company(seed=seed)
    config = WorkspaceConfig(
        workspace=WorkspaceSection(name="Sample company", currency="EUR"),
        markets={market: Market(country=market) for market in markets},
        channels={channel: Channel() for channel in company.truth.contributions.channel.unique()},
    )
    panel = build_panel(company.kpi, company.media, company.controls, config)
    truth = company.truth.contributions.set_index(["week", "market", "channel"]).contribution
    media = np.stack(
        [
            truth.xs(channel, level="channel").unstack("market").loc[panel.weeks, list(markets)]
            for channel in panel.channels
        ],
        axis=-1,
    )
    return World(panel=panel, roas=media.sum(axis=(0, 1)) / panel.window_spend.sum(axis=(0, 1)), media=media)


def _expected(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Sales without media relative to a market's size: level, trend with one change of level, season; shape (week, M)."""
    years = np.arange(shape[0])[:, None] / 52.18
    change = rng.normal(0.0, 0.04) * np.tanh((years - rng.uniform(0.5, 2.0)) / 0.3)
    season = rng.uniform(0.04, 0.12) * np.sin(
        2 * np.pi * years + rng.uniform(0, 2 * np.pi) + rng.normal(0, 0.2, shape[1])
    )
    return 0.8 + rng.normal(0.02, 0.04, shape[1]) * years + change + season + 0.03 * np.sin(4 * np.pi * years)


def _surprises(rng: np.random.Generator, shape: tuple[int, int], kind: Kind) -> np.ndarray:
    """What nobody expects, shape (week, M)."""
    drawn = rng.standard_t(2.5, shape) if kind.heavy_tails else rng.normal(size=shape)
    drawn += 0.5 * rng.normal(size=(shape[0], 1)) * (kind.markets > 1)
    for t in range(1, shape[0]):
        drawn[t] += kind.persistence * drawn[t - 1]
    return drawn


def _rhythms(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """One channel in bursts, one in flights of several weeks, one always on at a changing level; shape (week, M, C)."""
    weeks, markets = shape
    bursts = rng.gamma(1.2, 1.2, shape) * (rng.random(shape) < 0.7)
    flights = np.zeros(shape)
    for m in range(markets):
        start = 0
        while start < weeks:
            on, off = rng.integers(2, 7, size=2)
            flights[start : start + on, m] = 2 * rng.gamma(3.0, 1 / 3)
            start += on + off
    level = rng.normal(0.0, 0.4, shape)
    for t in range(1, weeks):
        level[t] = 0.7 * level[t - 1] + np.sqrt(1 - 0.7**2) * level[t]
    rhythms = np.stack([bursts, flights, np.exp(level)], axis=-1)
    return rhythms[..., rng.permutation(CHANNELS)]


def _response(rng: np.random.Generator, spend: np.ndarray, kind: Kind) -> np.ndarray:
    """Share of the largest effect, shaped as `spend`."""
    weeks, markets, channels = spend.shape
    lags, found = np.arange(CARRY_IN + 1), np.empty(spend.shape)
    for c in range(channels):
        retention, half_life, exponent = rng.uniform(0.1, 0.7), rng.uniform(1.5, 4.0), rng.uniform(1.5, 3.0)
        weights = (
            -np.diff(0.5 ** ((np.append(lags, CARRY_IN + 1) / half_life) ** exponent))
            if kind.peaked
            else retention**lags
        )
        half = rng.lognormal(0.2, 0.5) * rng.lognormal(0.0, 0.15, markets)
        slope = rng.uniform(0.8, 1.5)
        for m in range(markets):
            acting = np.convolve(spend[:, m, c], weights / weights.sum())[:weeks]
            relative = (acting / (half[m] * spend[:, m, c][spend[:, m, c] > 0].mean())) ** slope
            found[:, m, c] = relative / (1 + relative)
    return found


def _drift(rng: np.random.Generator, shape: tuple[int, int, int], kind: Kind) -> np.ndarray:
    """Log effectiveness of each channel by week, a random walk; shape (week, 1, C)."""
    steps = kind.drift / np.sqrt(52.18) * rng.normal(size=(shape[0], 1, shape[2]))
    return steps.cumsum(axis=0)


def _multiplied(expected: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sales that media multiply, and what would be missing without each channel."""
    growth = wanted / expected.mean(axis=0)[:, None]
    total = expected * np.exp(growth.sum(axis=-1))
    return total, total[..., None] * (1 - np.exp(-growth))
