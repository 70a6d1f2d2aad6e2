"""Channels that were never tried: an opinion on their return becomes draws of a response like that of a known channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from scipy.stats import norm

from workbench.config.opinion import BusinessPrior
from workbench.config.planning import Untried
from workbench.mmm import ResponseModel
from workbench.mmm.shapes.saturation import saturate

UPPER_QUANTILE = 0.95


def with_untried(
    response: ResponseModel, untried: Mapping[str, Untried], horizon_weeks: int, *, seed: int
) -> ResponseModel:
    """Append the channels that were never tried.

    Each has the carry-over, the curve in money, and the split over markets of the channel that it is like. Its level is
    such that the test budget, spread evenly over the weeks, returns in the long run what the opinion says; draws of the
    opinion are independent of those of the media mix.
    """
    rng = np.random.default_rng(seed)
    for name, opinion in untried.items():
        response = _appended(response, name, opinion, horizon_weeks, rng)
    return response


def split_over_markets(response: ResponseModel, channel: int) -> np.ndarray:
    """Share of a channel's historic spend by market, even where it has none: shape (M,)."""
    total = response.spend_history[:, :, channel].sum(axis=0)
    return total / total.sum() if total.sum() > 0 else np.full(len(total), 1 / len(total))


def _appended(
    response: ResponseModel, name: str, opinion: Untried, horizon_weeks: int, rng: np.random.Generator
) -> ResponseModel:
    like = response.channels.index(opinion.like)
    weekly = opinion.test_budget / horizon_weeks * split_over_markets(response, like)
    half = response.half_saturation[:, :, like] / response.exposure_per_spend[:, like]
    coefficient = _coefficient(response, like, half, weekly, _roas_draws(opinion.roas, response.draws, rng))
    weeks, markets, _ = response.spend_history.shape
    silent = np.zeros((weeks, markets, 1))
    return replace(
        response,
        channels=(*response.channels, name),
        saturation=(*response.saturation, response.saturation[like]),
        adstock=(*response.adstock, response.adstock[like]),
        half_life=_with_copy(response.half_life, like),
        carry_over_shape=_with_copy(response.carry_over_shape, like),
        half_saturation=np.concatenate([response.half_saturation, half[..., None]], axis=-1),
        slope=_with_copy(response.slope, like),
        coefficient=np.concatenate([response.coefficient, coefficient[..., None]], axis=-1),
        effectiveness=np.concatenate([response.effectiveness, np.zeros_like(response.effectiveness[:, :1])], axis=1),
        exposure_per_spend=np.concatenate([response.exposure_per_spend, np.ones((markets, 1))], axis=1),
        spend_history=np.concatenate([response.spend_history, silent], axis=-1),
        exposure_history=np.concatenate([response.exposure_history, silent], axis=-1),
    )


def _coefficient(
    response: ResponseModel, like: int, half: np.ndarray, weekly: np.ndarray, roas: np.ndarray
) -> np.ndarray:
    """KPI units at full saturation, shape (D, M), with which every market returns `roas` on its weekly spend."""
    slope = response.slope[:, like, None]
    share = saturate(np.broadcast_to(weekly, half.shape), half, slope, response.saturation[like])
    caused = roas[:, None] * weekly / response.value_per_kpi
    return np.divide(caused, share, out=np.zeros_like(caused), where=share > 0)


def _roas_draws(opinion: BusinessPrior, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Lognormal with the opinion's 5% and 95% quantiles, one draw from each of as many equally likely parts: shape (D,)."""
    low, high = np.log(opinion.lower), np.log(opinion.upper)
    spread = (high - low) / (2 * norm.ppf(UPPER_QUANTILE))
    shares = (rng.permutation(draws) + rng.uniform(size=draws)) / draws
    return np.exp((low + high) / 2 + spread * norm.ppf(shares))


def _with_copy(of_channel: np.ndarray, like: int) -> np.ndarray:
    return np.concatenate([of_channel, of_channel[:, [like]]], axis=1)
