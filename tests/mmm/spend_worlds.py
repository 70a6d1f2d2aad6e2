"""Businesses whose first channel's budget follows something, beside a second that is bought in flights of its own."""

from __future__ import annotations

from typing import Literal

import numpy as np

from tests.mmm.worlds import panel_of
from workbench.data.panel import Panel

type Rule = Literal["own flights", "share of last week's sales", "share of expected sales", "last week's surprise"]
CARRY_IN = 13
SIZE = 0.06


def company(
    rule: Rule, *, seed: int, weeks: int = 104, markets: int = 1, persistence: float = 0.0, waver: float = 0.1
) -> Panel:
    """Weekly revenue of about 1m with season and carry-over; `waver` is the log-scale noise of a budget that follows."""
    rng = np.random.default_rng(seed)
    phase = rng.uniform(0, 2 * np.pi)
    total = CARRY_IN + weeks
    season = 0.8 + 0.12 * np.sin(2 * np.pi * np.arange(total) / 52 + phase)
    control = rng.normal(size=(weeks, markets, 1))
    kpi, spend = np.empty((total, markets)), np.empty((total, markets, 2))
    for m in range(markets):
        spend[:, m] = np.stack([_flights(rng, total), _flights(rng, total)], axis=1)
        acting, surprise = np.zeros(2), 0.0
        for t in range(total):
            if rule != "own flights":
                demand = {
                    "share of last week's sales": kpi[t - 1, m] / 0.9 if t else 1.0,
                    "share of expected sales": season[t] / 0.8,
                    "last week's surprise": 1 + 15 * surprise,
                }[rule]
                spend[t, m, 0] = SIZE * max(demand, 0.05) * np.exp(waver * rng.normal())
            acting = 0.5 * acting + 0.5 * spend[t, m]
            surprise = persistence * surprise + 0.02 * rng.normal()
            kpi[t, m] = season[t] + surprise + 0.15 * (acting / (acting + SIZE)).sum()
    kpi[CARRY_IN:] += 0.03 * control[..., 0]
    return panel_of(1e6 * kpi[CARRY_IN:], 1e6 * spend, control)


def _flights(rng: np.random.Generator, weeks: int) -> np.ndarray:
    """Two to six weeks on at some level, two to six weeks off."""
    spend, start = np.zeros(weeks), 0
    while start < weeks:
        on = int(rng.integers(2, 7))
        spend[start : start + on] = SIZE * rng.gamma(3.0, 1 / 3)
        start += on + int(rng.integers(2, 7))
    return spend
