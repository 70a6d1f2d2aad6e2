"""The estimates of a media-mix result."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from workbench.mmm.inputs.design import Design
from workbench.mmm.posterior.decomposition import Decomposition
from workbench.mmm.posterior.returns import Returns
from workbench.mmm.posterior.summaries import LEVEL, summarise
from workbench.mmm.response import ResponseModel
from workbench.mmm.shapes.adstock import weeks_to_half
from workbench.result import Estimate, estimates_frame

BASELINE = "baseline"
IN_MARKET = ("contribution", "roas")


def media_mix_estimates(response: ResponseModel, parts: Decomposition, design: Design) -> pd.DataFrame:
    """Per channel: roas, marginal_roas, contribution, contribution_share, half_life, spend, and cost_per_kpi where the KPI is
    counted; the baseline's share; with several markets `contribution_in_market` and `roas_in_market` of `market/channel`."""
    channels, currency = parts.channels, design.panel.currency
    returns = returns_of(parts, design)
    shares = np.column_stack([returns.contribution.sum(axis=1), parts.baseline_total]) / design.panel.revenue.sum()
    return estimates_frame(
        [
            *_of_channels(returns.over_markets(), channels, currency),
            *_estimates("contribution_share", (*channels, BASELINE), shares, "%"),
            *_estimates("half_life", channels, _weeks_to_half(response), "weeks"),
            *(_in_markets(returns, design, currency) if len(design.panel.markets) > 1 else []),
        ]
    )


def returns_of(parts: Decomposition, design: Design) -> Returns:
    """What was caused and spent over all weeks, by market and channel."""
    return Returns(
        contribution=parts.contribution,
        growth=parts.growth,
        units=None if (design.panel.value == 1).all() else parts.units,
        spend=design.panel.window_spend.sum(axis=0),
    )


def _of_channels(returns: Returns, channels: Sequence[str], currency: str) -> Iterator[Estimate]:
    for quantity, (unit, summary) in returns.summaries(currency).items():
        yield from _rows(quantity, channels, summary, unit)


def _in_markets(returns: Returns, design: Design, currency: str) -> Iterator[Estimate]:
    entities = [f"{market}/{channel}" for market in design.panel.markets for channel in design.panel.channels]
    summaries = returns.summaries(currency)
    for quantity in IN_MARKET:
        unit, summary = summaries[quantity]
        yield from _rows(f"{quantity}_in_market", entities, summary.reshape(3, -1), unit)


def _weeks_to_half(response: ResponseModel) -> np.ndarray:
    """Shape (D, C)."""
    by_channel = zip(response.half_life.T, response.carry_over_shape.T, response.adstock, strict=True)
    return np.stack([weeks_to_half(h, k, form, response.carry_over_weeks) for h, k, form in by_channel], axis=-1)


def _estimates(quantity: str, entities: Sequence[str], draws: np.ndarray, unit: str) -> Iterator[Estimate]:
    yield from _rows(quantity, entities, np.stack(summarise(draws)), unit)


def _rows(quantity: str, entities: Sequence[str], summary: np.ndarray, unit: str) -> Iterator[Estimate]:
    """`summary` is (3, entity); what has no number, such as a return on nothing spent, has no row."""
    for entity, (estimate, lower, upper) in zip(entities, summary.T, strict=True):
        if not np.isnan(estimate):
            level = np.nan if np.isnan(lower) else LEVEL
            yield Estimate(
                quantity=quantity, entity=entity, estimate=estimate, lower=lower, upper=upper, unit=unit, level=level
            )
