"""The tables of a planning result."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.scenarios.allocate import BRISK
from workbench.scenarios.answer import Answer, answer, current_mix, interval_of, marginal_returns, summary_of
from workbench.scenarios.curves import ChannelCurves
from workbench.scenarios.limits import Limits

FRONTIER = np.linspace(0.5, 1.5, 11)


def plan_table(curves: ChannelCurves, limits: Limits, answered: Answer) -> pd.DataFrame:
    """One row a channel; columns as in `ScenarioResult.plan`."""
    spend = answered.allocation.spend
    revenue, revenue_lower, revenue_upper = answered.by_channel
    marginal, marginal_lower, marginal_upper = summary_of(marginal_returns(curves, spend))
    return pd.DataFrame(
        {
            "channel": pd.Series(curves.channels, dtype="str"),
            "current_spend": curves.current,
            "planned_spend": spend,
            "change": spend - curves.current,
            "relative_change": np.divide(
                spend, curves.current, out=np.full(len(spend), np.nan), where=curves.current > 0
            )
            - 1,
            "lower_limit": limits.lower,
            "upper_limit": limits.upper,
            "current_revenue": answered.by_channel_now[0],
            "revenue": revenue,
            "revenue_lower": revenue_lower,
            "revenue_upper": revenue_upper,
            "marginal_return": marginal,
            "marginal_return_lower": marginal_lower,
            "marginal_return_upper": marginal_upper,
            "binding": pd.Series(limits.binding(spend), dtype="str"),
            "beyond_observed": spend > curves.observed * (1 + 1e-6),
        }
    )


def comparison_table(curves: ChannelCurves, answered: Answer) -> pd.DataFrame:
    """The plan beside plans that need no model; columns as in `ScenarioResult.comparison`."""
    budget = answered.budget
    plans = {
        "current": curves.current,
        "current mix": current_mix(curves, budget),
        "uniform": np.full(len(curves.channels), budget / len(curves.channels)),
        "plan": answered.allocation.spend,
    }
    return pd.DataFrame([{"plan": name, **_worth(curves, spend)} for name, spend in plans.items()])


def frontier_table(curves: ChannelCurves, limits: Limits, answered: Answer, *, risk: float) -> pd.DataFrame:
    """Best plans from half to one and a half times the reference spend; columns as in `ScenarioResult.frontier`.

    Budgets below the least spend of all channels are left out.
    """
    reference = curves.current.sum()
    least = limits.lower.sum() / reference
    budgets = reference * np.unique(np.maximum(FRONTIER, least))
    rows, last = [], answered.allocation.spend
    for budget in budgets:
        last = answer(curves, limits, budget, risk=risk, starts=[last], effort=BRISK).allocation.spend
        mix = curves.total(current_mix(curves, budget)).mean()
        rows.append({"budget": budget, **_worth(curves, last), "current_mix_revenue": mix})
    return pd.DataFrame(rows)


def _worth(curves: ChannelCurves, spend: np.ndarray) -> dict[str, float]:
    revenue = interval_of(curves.total(spend))
    return {
        "spend": float(spend.sum()),
        "revenue": revenue.estimate,
        "revenue_lower": revenue.lower,
        "revenue_upper": revenue.upper,
        "net_revenue": revenue.estimate - float(spend.sum()),
    }
