"""Small businesses whose every number is known."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from workbench.data.panel import Panel


@dataclass(frozen=True)
class World:
    """A panel and what made it: `roas` by channel over all markets, `media` of shape (T, M, C) in currency."""

    panel: Panel
    roas: np.ndarray
    media: np.ndarray


def simulate(
    *,
    seed: int,
    weeks: int = 130,
    markets: int = 1,
    roas: tuple[float, ...] = (1.5, 3.0),
    noise: float = 0.02,
    persistence: float = 0.0,
) -> World:
    """Weekly revenue with trend, season, a control and bursts of advertising, written without the package's formulas.

    `persistence` is the share of a week's surprise that is left a week later.
    """
    rng = np.random.default_rng(seed)
    channels, carry_in = len(roas), 13
    size = 1e6 * rng.uniform(0.7, 1.3, size=markets)
    share_of_spend = 0.06 * rng.uniform(0.8, 1.2, size=(markets, channels))
    bursts = rng.gamma(1.2, 1.0, size=(carry_in + weeks, markets, channels)) * (
        rng.random((carry_in + weeks, markets, channels)) < 0.7
    )
    spend = bursts * size[:, None] * share_of_spend
    media = np.empty((weeks, markets, channels))
    for c, wanted in enumerate(roas):
        retention, slope = (0.3, 1.1) if c % 2 == 0 else (0.6, 1.3)
        for m in range(markets):
            acting, effect = 0.0, []
            half = 1.2 * spend[:, m, c].mean() / 0.7
            for amount in spend[:, m, c]:
                acting = retention * acting + (1 - retention) * amount
                effect.append(acting**slope / (acting**slope + half**slope))
            window = np.array(effect[carry_in:])
            media[:, m, c] = wanted * spend[carry_in:, m, c].sum() * window / window.sum()
    control = rng.normal(size=(weeks, markets, 1))
    t = np.arange(weeks) / 52.0
    baseline = 0.8 + 0.05 * t + 0.08 * np.sin(2 * np.pi * t + 0.4)
    surprise = rng.normal(size=(weeks, markets))
    for week in range(1, weeks):
        surprise[week] = persistence * surprise[week - 1] + np.sqrt(1 - persistence**2) * surprise[week]
    kpi = size * (baseline[:, None] + 0.03 * control[..., 0] + noise * surprise) + media.sum(axis=-1)
    return World(panel=panel_of(kpi, spend, control), roas=np.array(roas), media=media)


def rescaled(panel: Panel, factor: float) -> Panel:
    """The same business in another currency."""
    return replace(panel, kpi=panel.kpi * factor, spend=panel.spend * factor, exposure=panel.exposure * factor)


def panel_of(kpi: np.ndarray, spend: np.ndarray, control: np.ndarray, start: str = "2022-01-03") -> Panel:
    """Revenue of shape (T, M), spend of (L + T, M, C) and one control, (T, M, 1), from the Monday `start` on."""
    weeks, markets = kpi.shape
    return Panel(
        weeks=pd.date_range(start, periods=weeks, freq="7D"),
        markets=tuple(f"market {m}" for m in range(markets)),
        channels=tuple(f"channel {c}" for c in range(spend.shape[2])),
        controls=("weather",),
        kpi=kpi,
        value=np.ones_like(kpi),
        spend=spend,
        exposure=spend,
        control=control,
        population=None,
        holidays=np.zeros((weeks, markets, 0)),
        holiday_names=(),
        currency="EUR",
    )
