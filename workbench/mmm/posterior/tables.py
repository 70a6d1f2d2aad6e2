"""The tables of a media-mix result: contributions, fit and response curves."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.mmm.inputs.design import Design
from workbench.mmm.posterior.decomposition import Decomposition
from workbench.mmm.posterior.media import acting_spend
from workbench.mmm.posterior.summaries import LEVEL, summarise
from workbench.mmm.response import ResponseModel

CURVE_POINTS = 41
CURVE_REACH = 1.5
CURRENT_WEEKS = 13
EXPECTED = "expected"
SUMMARY = ["estimate", "lower", "upper"]


def contributions_frame(parts: Decomposition, design: Design) -> pd.DataFrame:
    """Currency by week, market and component."""
    panel = design.panel
    frames = [
        _week_market_frame(panel.weeks, panel.markets, parts.parts[..., p]).assign(component=name, kind=kind)
        for p, (kind, name) in enumerate(parts.kinds)
    ]
    return pd.concat(frames, ignore_index=True)[["week", "market", "component", "kind", *SUMMARY]]


def totals_frame(parts: Decomposition, design: Design) -> pd.DataFrame:
    """Currency of all markets by week and component; as a component of its own what the model expects to observe."""
    series = [*zip(parts.kinds, np.moveaxis(parts.parts_in_total, -1, 0), strict=True)]
    series.append(((EXPECTED, EXPECTED), parts.predicted_in_total))
    frames = [
        pd.DataFrame(
            {"week": design.panel.weeks, "component": name, "kind": kind, **dict(zip(SUMMARY, values, strict=True))}
        )
        for (kind, name), values in series
    ]
    return pd.concat(frames, ignore_index=True)


def fit_frame(parts: Decomposition, design: Design) -> pd.DataFrame:
    """Actual and fitted KPI in currency, with the interval of a new observation."""
    panel = design.panel
    summary = np.stack([parts.fitted, *parts.predicted[LEVEL]]) * panel.value
    frame = _week_market_frame(panel.weeks, panel.markets, summary)
    return frame.rename(columns={"estimate": "fitted"}).assign(actual=panel.revenue.ravel())


def curves_frame(response: ResponseModel) -> pd.DataFrame:
    """Each channel's long-run response to constant weekly spend over all markets."""
    acted = acting_spend(response)
    return pd.concat(
        [_curve(name, acted[:, c], response) for c, name in enumerate(response.channels)], ignore_index=True
    )


def _curve(channel: str, acted: np.ndarray, response: ResponseModel) -> pd.DataFrame:
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
            "observed": (spend >= acted.min()) & (spend <= acted.max()),
            "current": spend == current,
        }
    )


def _week_market_frame(weeks: pd.DatetimeIndex, markets: tuple[str, ...], summary: np.ndarray) -> pd.DataFrame:
    """A summary of shape (3, T, M) in rows."""
    return pd.DataFrame(
        {
            "week": np.repeat(weeks, len(markets)),
            "market": np.tile(np.array(markets, dtype=object), len(weeks)),
            **{name: values.ravel() for name, values in zip(SUMMARY, summary, strict=True)},
        }
    )
