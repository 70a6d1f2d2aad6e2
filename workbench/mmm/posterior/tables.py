"""The tables of a media-mix result: estimates, contributions, fit and response curves."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from workbench.mmm.inputs.design import Design
from workbench.mmm.posterior.decomposition import Decomposition
from workbench.mmm.response import ResponseModel
from workbench.mmm.shapes.adstock import weeks_to_half
from workbench.result import Estimate, estimates_frame

LEVEL = 0.9
CURVE_POINTS = 41
CURVE_REACH = 1.5
CURRENT_WEEKS = 13
BASELINE = "baseline"


def summarise(draws: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean and the ends of the central 90% interval over the first axis; means of parts add up to the mean of the whole."""
    lower, upper = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return draws.mean(axis=0), lower, upper


def media_mix_estimates(response: ResponseModel, parts: Decomposition, design: Design) -> pd.DataFrame:
    """Per channel: roas, marginal_roas, contribution, contribution_share, half_life; and the baseline's share."""
    panel = design.panel
    money = np.einsum("dtmc,tm->dc", parts.media, panel.value, optimize=True)
    growth = np.einsum("dtmc,tm->dc", parts.media_growth, panel.value, optimize=True)
    spend, revenue = panel.window_spend.sum(axis=(0, 1)), panel.revenue.sum()
    baseline = sum(np.einsum("dtm,tm->d", part, panel.value) for part in parts.baseline.values())[:, None]
    channels = panel.channels
    return estimates_frame(
        [
            *_estimates("roas", channels, money / spend, ""),
            *_estimates("marginal_roas", channels, growth / spend, ""),
            *_estimates("contribution", channels, money, panel.currency),
            *_estimates("contribution_share", (*channels, BASELINE), np.hstack([money, baseline]) / revenue, "%"),
            *_estimates("half_life", channels, _weeks_to_half(response), "weeks"),
            *(
                Estimate(quantity="spend", entity=name, estimate=spend[c], unit=panel.currency)
                for c, name in enumerate(channels)
            ),
        ]
    )


def contributions_frame(parts: Decomposition, design: Design) -> pd.DataFrame:
    """Currency by week, market and component."""
    panel = design.panel
    series = [("media", name, parts.media[..., c]) for c, name in enumerate(panel.channels)]
    series += [("baseline", name, values) for name, values in parts.baseline.items()]
    frames = [
        _week_market_frame(panel.weeks, panel.markets, summarise(values * panel.value)).assign(
            component=name, kind=kind
        )
        for kind, name, values in series
    ]
    columns = ["week", "market", "component", "kind", "estimate", "lower", "upper"]
    return pd.concat(frames, ignore_index=True)[columns]


def predictive_draws(parts: Decomposition, rng: np.random.Generator) -> np.ndarray:
    """New KPI observations in KPI units, shape (D, T, M)."""
    fitted = parts.fitted
    return fitted + parts.noise[:, None, :] * rng.standard_normal(fitted.shape)


def fit_frame(parts: Decomposition, predictive: np.ndarray, design: Design) -> pd.DataFrame:
    """Actual and fitted KPI in currency, with the interval of a new observation."""
    panel = design.panel
    _, lower, upper = summarise(predictive * panel.value)
    fitted = parts.fitted.mean(axis=0) * panel.value
    frame = _week_market_frame(panel.weeks, panel.markets, (fitted, lower, upper))
    return frame.rename(columns={"estimate": "fitted"}).assign(actual=panel.revenue.ravel())


def curves_frame(response: ResponseModel) -> pd.DataFrame:
    """Each channel's long-run response to constant weekly spend over all markets."""
    return pd.concat([_curve(name, response) for name in response.channels], ignore_index=True)


def _curve(channel: str, response: ResponseModel) -> pd.DataFrame:
    weekly = response.spend_history[:, :, response.channels.index(channel)].sum(axis=1)
    current = weekly[-CURRENT_WEEKS:].mean()
    spend = np.unique(np.append(np.linspace(0, CURVE_REACH * weekly.max(), CURVE_POINTS), current))
    estimate, lower, upper = summarise(response.channel_curve(channel, spend))
    return pd.DataFrame(
        {
            "channel": channel,
            "spend": spend,
            "estimate": estimate,
            "lower": lower,
            "upper": upper,
            "observed": (spend >= weekly.min()) & (spend <= weekly.max()),
            "current": spend == current,
        }
    )


def _weeks_to_half(response: ResponseModel) -> np.ndarray:
    """Shape (D, C)."""
    by_channel = zip(response.half_life.T, response.carry_over_shape.T, response.adstock, strict=True)
    return np.stack([weeks_to_half(h, k, form, response.carry_over_weeks) for h, k, form in by_channel], axis=-1)


def _estimates(quantity: str, entities: tuple[str, ...], draws: np.ndarray, unit: str) -> Iterator[Estimate]:
    for entity, estimate, lower, upper in zip(entities, *summarise(draws), strict=True):
        yield Estimate(
            quantity=quantity, entity=entity, estimate=estimate, lower=lower, upper=upper, unit=unit, level=LEVEL
        )


def _week_market_frame(
    weeks: pd.DatetimeIndex, markets: tuple[str, ...], summary: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> pd.DataFrame:
    estimate, lower, upper = (values.ravel() for values in summary)
    return pd.DataFrame(
        {
            "week": np.repeat(weeks, len(markets)),
            "market": np.tile(np.array(markets, dtype=object), len(weeks)),
            "estimate": estimate,
            "lower": lower,
            "upper": upper,
        }
    )
