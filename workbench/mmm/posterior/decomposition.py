"""The KPI taken apart, market by market: all draws of many markets at once would not fit into memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from workbench.mmm.density.likelihood import Rotation
from workbench.mmm.density.parameters import Draws
from workbench.mmm.inputs.design import Design
from workbench.mmm.posterior.baseline import BaselineModel
from workbench.mmm.posterior.media import growth_of_market, media_of_market
from workbench.mmm.posterior.summaries import summarise
from workbench.mmm.response import ResponseModel
from workbench.mmm.shapes.surprises import week_ahead

PREDICTIVE_LEVELS = (0.5, 0.8, 0.9, 0.95)


@dataclass(frozen=True, kw_only=True)
class Decomposition:
    """What D draws say about the parts of the KPI in T weeks and M markets; P parts: the C channels, then the baseline's.

    Attributes:
        channels: Length C.
        baseline: Names of the baseline's parts, length P − C.
        parts: Mean, lower and upper end of each part, currency, shape (3, T, M, P).
        parts_in_total: The same over all markets, shape (3, T, P).
        fitted: Mean of the sum of all parts, KPI units, shape (T, M).
        explained: The same without what all markets share in a week, which has no cause that is known.
        predicted: Ends of the interval of a new observation in the same weeks by its level, each week given the surprise of the one
            before it, KPI units, each of shape (2, T, M).
        predicted_in_total: Mean, lower and upper end of that observation over all markets, currency, shape (3, T).
        noise: Mean standard deviation of an observation, KPI units, shape (M,).
        contribution: What each channel caused over the weeks, currency, shape (D, M, C).
        growth: Derivative of `contribution` for growth of all exposure in proportion.
        units: `contribution` in KPI units.
        baseline_total: What the baseline brought over weeks and markets, currency, shape (D,).
    """

    channels: tuple[str, ...]
    baseline: tuple[str, ...]
    parts: np.ndarray
    parts_in_total: np.ndarray
    fitted: np.ndarray
    explained: np.ndarray
    predicted: dict[float, np.ndarray]
    predicted_in_total: np.ndarray
    noise: np.ndarray
    contribution: np.ndarray
    growth: np.ndarray
    units: np.ndarray
    baseline_total: np.ndarray

    @property
    def kinds(self) -> tuple[tuple[str, str], ...]:
        """Kind (`media` or `baseline`) and name of each part."""
        return (*(("media", name) for name in self.channels), *(("baseline", name) for name in self.baseline))


@dataclass(frozen=True, kw_only=True)
class _MarketDraws:
    """One market's KPI of each draw, taken apart; KPI units.

    Attributes:
        parts: Shape (D, T, P).
        explained: Their sum without what all markets share in a week, shape (D, T).
        growth: Derivative of each channel's total, weighted by the KPI's value: currency, shape (D, C).
        value: Currency per KPI unit, shape (T,).
        observed: A new observation, each week given the surprise of the one before it, shape (D, T).
    """

    parts: np.ndarray
    explained: np.ndarray
    growth: np.ndarray
    value: np.ndarray
    observed: np.ndarray

    @cached_property
    def money(self) -> np.ndarray:
        """Currency, shape (D, T, P)."""
        return self.parts * self.value[:, None]


def decompose(
    response: ResponseModel,
    baseline: BaselineModel,
    draws: Draws,
    design: Design,
    rotation: Rotation,
    rng: np.random.Generator,
) -> Decomposition:
    """Summaries of every market and of their total."""
    channels = len(response.channels)
    total, observed, markets = np.zeros(()), np.zeros(()), []
    for drawn in _by_market(response, baseline, draws, design, rotation, rng):
        total, observed = total + drawn.money, observed + drawn.observed * drawn.value
        markets.append(_summary(drawn, channels))
    stacked = {name: np.stack([market[name] for market in markets], axis=-1) for name in markets[0]}
    return Decomposition(
        channels=response.channels,
        baseline=baseline.names,
        parts=np.moveaxis(stacked["parts"], -1, 2),
        parts_in_total=np.stack(summarise(total)),
        fitted=stacked["fitted"],
        explained=stacked["explained"],
        predicted={level: stacked[f"predicted {level}"] for level in PREDICTIVE_LEVELS},
        predicted_in_total=np.stack(summarise(observed)),
        noise=draws.noise.mean(axis=0) * design.kpi_scale,
        contribution=np.moveaxis(stacked["contribution"], -1, 1),
        growth=np.moveaxis(stacked["growth"], -1, 1),
        units=np.moveaxis(stacked["units"], -1, 1),
        baseline_total=stacked["baseline"].sum(axis=-1),
    )


def _by_market(
    response: ResponseModel,
    baseline: BaselineModel,
    draws: Draws,
    design: Design,
    rotation: Rotation,
    rng: np.random.Generator,
) -> Iterator[_MarketDraws]:
    # A new observation has a shared week of its own: the one that was fitted has followed this very observation.
    weeks = draws.week_spread[:, None] * rng.standard_normal((response.draws, response.fitted_weeks))
    for m in range(len(response.markets)):
        value = design.panel.value[:, m]
        parts = np.concatenate([media_of_market(response, m), baseline.of_market(m)], axis=-1)
        explained = parts.sum(axis=-1) - baseline.shared_of_market(m)
        happened = (design.panel.kpi[:, m] - explained) / design.kpi_scale[m]
        fresh = weeks + draws.noise[:, m, None] * rng.standard_normal(weeks.shape)
        yield _MarketDraws(
            parts=parts,
            explained=explained,
            growth=np.einsum("dtc,t->dc", growth_of_market(response, m), value),
            value=value,
            observed=explained + design.kpi_scale[m] * week_ahead(happened, fresh, design.persistence),
        )


def _summary(drawn: _MarketDraws, channels: int) -> dict[str, np.ndarray]:
    """What is kept of one market."""
    brought = drawn.money.sum(axis=1)
    ends = np.quantile(drawn.observed, [q for level in PREDICTIVE_LEVELS for q in _ends(level)], axis=0)
    return {
        "parts": np.stack(summarise(drawn.money)),
        "fitted": drawn.parts.sum(axis=-1).mean(axis=0),
        "explained": drawn.explained.mean(axis=0),
        **{f"predicted {level}": ends[2 * i : 2 * i + 2] for i, level in enumerate(PREDICTIVE_LEVELS)},
        "contribution": brought[:, :channels],
        "baseline": brought[:, channels:].sum(axis=1),
        "growth": drawn.growth,
        "units": drawn.parts[..., :channels].sum(axis=1),
    }


def _ends(level: float) -> tuple[float, float]:
    return (1 - level) / 2, (1 + level) / 2
