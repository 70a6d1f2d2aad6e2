"""Response models with random draws, and a weekly plan's cells and limits for them."""

import numpy as np
import pandas as pd

from workbench.mmm import ResponseModel
from workbench.scenarios.problem import Cells, Limits
from workbench.scenarios.problem.rows import budget_rule


def random_response(
    *, channels=2, markets=1, draws=5, lags=3, slope=1.2, forms=None, adstocks=None, spread=0.3, seed=0
) -> ResponseModel:
    rng = np.random.default_rng(seed)
    typical = rng.uniform(0.5, 2.0, channels) * rng.uniform(0.3, 2.0, (markets, 1))
    shape = (draws, channels)
    forms = forms or ("hill",) * channels
    slopes = np.clip(slope * rng.lognormal(0, 0.2, shape), 0.6, 4.0)
    history = typical * rng.uniform(0.5, 1.5, (lags + 3, markets, channels))
    return ResponseModel(
        markets=tuple(f"market_{m}" for m in range(markets)),
        channels=tuple(f"channel_{c}" for c in range(channels)),
        saturation=tuple(forms),
        adstock=tuple(adstocks or ("geometric",) * channels),
        carry_over_weeks=lags,
        half_life=rng.uniform(0.3, 3.0, channels) * rng.lognormal(0, 0.2, shape),
        carry_over_shape=rng.uniform(0.8, 1.6, shape),
        half_saturation=typical
        * rng.uniform(0.5, 2.5, channels)
        * rng.lognormal(0, spread, (draws, markets, channels)),
        slope=np.where(np.array(forms) == "hill", slopes, 1.0),
        coefficient=typical * rng.uniform(1.0, 6.0, channels) * rng.lognormal(0, 0.2, (draws, markets, channels)),
        effectiveness=np.zeros((draws, channels, 0)),
        effectiveness_ramps=np.zeros((0, lags + 3)),
        exposure_per_spend=rng.uniform(0.5, 2.0, (markets, channels)),
        value_per_kpi=rng.uniform(0.5, 2.0, markets),
        spend_history=history,
        exposure_history=history,
    )


def cells_of(response: ResponseModel, weeks: int, price: float = 1.0) -> Cells:
    shape = (weeks, len(response.markets), len(response.channels))
    typical = response.spend_history.mean(axis=0)
    return Cells(
        weeks=pd.date_range("2026-01-05", periods=weeks, freq="7D"),
        markets=response.markets,
        channels=response.channels,
        reference=np.broadcast_to(typical, shape),
        observed=response.spend_history.max(axis=0),
        observed_total=typical.sum(axis=0) * weeks,
        price=np.full(shape, price),
        locked=np.zeros(shape),
        after=typical,
    )


def limits_of(cells: Cells, *, least=0.0, most=2.0, budget=1.0, rules=(), switches=()) -> Limits:
    """Limits in shares of the reference."""
    return Limits(
        lower=least * cells.reference,
        upper=most * cells.reference,
        rules=(budget_rule(cells.reference.size, budget * float(cells.reference.sum())), *rules),
        switches=tuple(switches),
    )


def free_limits(shape, most: float, budget: float) -> Limits:
    upper = np.full(shape, most)
    return Limits(lower=np.zeros(shape), upper=upper, rules=(budget_rule(upper.size, budget),))
