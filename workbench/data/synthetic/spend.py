"""How the company buys media: each channel has its own rhythm."""

from __future__ import annotations

import numpy as np

from workbench.data.synthetic.business import CHANNEL_NAMES, CUSTOMERS, GEO_TEST, MARKET_NAMES

FLIGHTS_PER_YEAR = 4
FIRST_AUDIO_WEEK = 52


def draw_spend(usual: np.ndarray, demand: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Weekly spend in whole cents, without the geo test.

    Args:
        usual: Usual weekly spend, shape (M, C).
        demand: Demand without media relative to its mean, shape (week, M); search follows it.
        rng: Source of randomness.

    Returns:
        Euros, shape (week, M, C).
    """
    campaign = _persistent(demand.shape, rng, spread=0.55, persistence=0.6)
    rhythm = {
        "tv": _flights(demand.shape, rng),
        "search": demand**0.6 * _persistent(demand.shape, rng, spread=0.35, persistence=0.5),
        "social": campaign * _jitter(demand.shape, rng, 0.07),
        "video": campaign * _jitter(demand.shape, rng, 0.1),
        "display": _bursts(demand.shape, rng, length=6, low=0.2, high=1.9) * _jitter(demand.shape, rng, 0.15),
        "audio": _tried_late(demand.shape, rng),
    }
    pattern = np.stack([rhythm[channel] for channel in CHANNEL_NAMES], axis=-1)
    return np.round(usual * pattern, 2)


def geo_test_spend(total_weeks: int, weeks: int, customers: int) -> np.ndarray:
    """Extra spend of the geo test, euros, shape (total_weeks, M, C)."""
    extra = np.zeros((total_weeks, len(MARKET_NAMES), len(CHANNEL_NAMES)))
    channel = CHANNEL_NAMES.index(GEO_TEST.channel)
    for market, weekly in GEO_TEST.weekly_spend:
        extra[GEO_TEST.window(weeks), MARKET_NAMES.index(market), channel] = round(weekly * customers / CUSTOMERS, 2)
    return extra


def _jitter(shape: tuple[int, ...], rng: np.random.Generator, spread: float) -> np.ndarray:
    return np.exp(rng.normal(-0.5 * spread**2, spread, shape))


def _persistent(shape: tuple[int, ...], rng: np.random.Generator, *, spread: float, persistence: float) -> np.ndarray:
    """Log-normal around one with first-order autocorrelation."""
    level = rng.normal(0.0, spread, shape)
    for week in range(1, len(level)):
        level[week] = persistence * level[week - 1] + np.sqrt(1.0 - persistence**2) * level[week]
    return np.exp(level - 0.5 * spread**2)


def _flights(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Brand campaigns on air in all markets at once, at a weight that differs by flight and market."""
    pattern = np.zeros(shape)
    every = 52 // FLIGHTS_PER_YEAR
    for slot in range(0, shape[0], every):
        first, length = slot + rng.integers(0, 6), rng.integers(4, 8)
        weight = rng.uniform(0.5, 1.5, shape[1])
        pattern[first : first + length] = (
            every / 5.5 * weight * _jitter(pattern[first : first + length].shape, rng, 0.1)
        )
    return pattern


def _bursts(shape: tuple[int, ...], rng: np.random.Generator, *, length: int, low: float, high: float) -> np.ndarray:
    """Blocks of `length` weeks at a level of their own, shifted between markets."""
    levels = rng.uniform(low, high, (shape[0] // length + 2, shape[1]))
    shift = rng.integers(0, length, shape[1])
    block = (np.arange(shape[0])[:, None] + shift) // length
    return levels[block, np.arange(shape[1])]


def _tried_late(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    pattern = _bursts(shape, rng, length=4, low=0.0, high=2.0) * _jitter(shape, rng, 0.1)
    pattern[:FIRST_AUDIO_WEEK] = 0.0
    return pattern
