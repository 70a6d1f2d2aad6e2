"""Panels of any size whose true ROAS is known."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.signal import lfilter

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.mmm.worlds import panel_of
from workbench.data.panel import Panel

FIRST_WEEK = "2021-01-04"
CARRY_IN = 13
WEEKLY_REVENUE = 1e6
MEDIA_COST_SHARE = 0.06
ACTIVE = 0.7


@dataclass(frozen=True)
class Simulated:
    """A panel and the ROAS of each channel over all markets, shape (C,)."""

    panel: Panel
    roas: np.ndarray


def simulate(markets: int, weeks: int, channels: int, *, seed: int) -> Simulated:
    """Revenue with trend, season, a control and noise, and channels whose effect is carried over and saturates.

    ROAS, retention and slope differ between channels; size, season and response differ between markets.
    """
    rng = np.random.default_rng(seed)
    size = WEEKLY_REVENUE * rng.lognormal(0.0, 0.6, size=markets)
    spend = _bursts(rng, (CARRY_IN + weeks, markets, channels)) * size[:, None] * MEDIA_COST_SHARE / channels
    shape = _response(rng, spend)[CARRY_IN:]
    wanted = rng.lognormal(0.6, 0.4, size=channels) * rng.lognormal(0.0, 0.2, size=(markets, channels))
    money = spend[CARRY_IN:].sum(axis=0)
    media = wanted * money * shape / shape.sum(axis=0)
    control = rng.normal(size=(weeks, markets, 1))
    kpi = media.sum(axis=-1) + size * _baseline(rng, weeks, markets, control)
    return Simulated(
        panel=panel_of(kpi, spend, control, start=FIRST_WEEK), roas=media.sum(axis=(0, 1)) / money.sum(axis=0)
    )


def _bursts(rng: np.random.Generator, shape: tuple[int, int, int]) -> np.ndarray:
    """Weekly amounts with mean one, zero in some weeks."""
    return rng.gamma(1.2, 1 / 1.2, size=shape) * (rng.random(shape) < ACTIVE) / ACTIVE


def _response(rng: np.random.Generator, spend: np.ndarray) -> np.ndarray:
    """Share of full saturation after geometric carry-over, shape of `spend`."""
    channels = spend.shape[2]
    retention = rng.uniform(0.2, 0.7, size=(channels,))
    slope = rng.uniform(0.9, 1.4, size=(channels,))
    half = spend.mean(axis=0) * rng.uniform(0.8, 2.0, size=channels)
    acting = np.stack(
        [lfilter([1 - kept], [1, -kept], spend[..., c], axis=0) for c, kept in enumerate(retention)], axis=-1
    )
    return acting**slope / (acting**slope + half**slope)


def _baseline(rng: np.random.Generator, weeks: int, markets: int, control: np.ndarray) -> np.ndarray:
    """In units of a market's size, shape (T, M)."""
    years = np.arange(weeks)[:, None] / 52.18
    trend = rng.normal(0.03, 0.03, size=markets) * years
    season = rng.uniform(0.04, 0.12, size=markets) * np.sin(2 * np.pi * years + rng.normal(0.4, 0.2, size=markets))
    shared, own = rng.normal(scale=0.01, size=(weeks, 1)), rng.normal(scale=0.02, size=(weeks, markets))
    return 0.85 + trend + season + 0.03 * control[..., 0] + shared + own
