"""The plan, week by week and by channel, and its alternatives as tables."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.scenarios.answer import Answer, by_channel, interval_of, marginal_returns, same_mix, summary_of
from workbench.scenarios.capacity.value import CapacityValue
from workbench.scenarios.problem import Cells, Limits, Problem
from workbench.scenarios.problem.value import MediaValue
from workbench.scenarios.response import ResponseValue
from workbench.scenarios.solve.quick import Ahead
from workbench.scenarios.why import binding_of_channels, broken_limits

FRONTIER = np.linspace(0.5, 1.5, 5)
NODES, BEYOND = 21, 1.2
TOLERANCE = 1e-6


def plan_table(
    media: ResponseValue,
    capacity: CapacityValue | None,
    cells: Cells,
    limits: Limits,
    upper_reason: np.ndarray,
    answered: Answer,
    ranges: np.ndarray,
) -> pd.DataFrame:
    """One row a channel; columns as in `ScenarioResult.plan`."""
    now = None if capacity is None else capacity.kept(cells.reference)
    price = None if capacity is None else capacity.price(answered.spend)
    current, spend = cells.reference.sum(axis=(0, 1)), answered.channel_spend
    revenue, revenue_lower, revenue_upper = answered.by_channel
    pattern = np.where(cells.reference.sum(axis=(0, 1)) > 0, cells.reference, limits.upper)
    marginal, marginal_lower, marginal_upper = summary_of(marginal_returns(media, answered.spend, pattern, price).T)
    return pd.DataFrame(
        {
            "channel": pd.Series(cells.channels, dtype="str"),
            "current_spend": current,
            "planned_spend": spend,
            "change": spend - current,
            "relative_change": np.divide(spend, current, out=np.full(len(spend), np.nan), where=current > 0) - 1,
            "observed": cells.observed_total,
            "current_revenue": by_channel(media, cells.reference, now).mean(axis=0),
            "revenue": revenue,
            "revenue_lower": revenue_lower,
            "revenue_upper": revenue_upper,
            "marginal_return": marginal,
            "marginal_return_lower": marginal_lower,
            "marginal_return_upper": marginal_upper,
            "binding": pd.Series(binding_of_channels(limits, answered.spend, upper_reason), dtype="str"),
            "beyond_observed": spend > cells.observed_total * (1 + TOLERANCE),
            "range_lower": ranges[0],
            "range_upper": ranges[1],
        }
    )


def weekly_table(cells: Cells, spend: np.ndarray, *, forced: bool) -> pd.DataFrame:
    """One row a week, market and channel; columns as in `ScenarioResult.plan_weekly`."""
    index = pd.MultiIndex.from_product(
        [cells.weeks, cells.markets, cells.channels], names=["week", "market", "channel"]
    )
    most = np.broadcast_to(cells.observed * (1 + TOLERANCE), cells.shape)
    return pd.DataFrame(
        {
            "spend": spend.ravel(),
            "committed": cells.locked.ravel(),
            "beyond_observed": (spend / cells.price > most).ravel(),
            "forced": forced,
        },
        index=index,
    ).reset_index()


def comparison_table(value: MediaValue, problem: Problem, limits: Limits, answered: Answer) -> pd.DataFrame:
    """The plan beside plans that need no model; columns as in `ScenarioResult.comparison`."""
    spent, reference = float(answered.spend.sum()), problem.cells.reference
    media = np.broadcast_to(problem.buys_media, reference.shape)
    plans = {
        "current": reference,
        "current mix": same_mix(reference, spent),
        "uniform": spent * media / media.sum(),
        "plan": answered.spend,
    }
    return pd.DataFrame(
        [
            {
                "plan": name,
                **_worth(value, spend),
                "breaks": "; ".join(broken_limits(limits, spend, problem.upper_reason)),
            }
            for name, spend in plans.items()
        ]
    )


def frontier_table(value: MediaValue, cells: Cells, ahead: Ahead, *, risk: float) -> pd.DataFrame:
    """The best plan for each budget that was planned ahead; columns as in `ScenarioResult.frontier`."""
    rows = []
    for budget in ahead.budgets:
        mix = value.worth(same_mix(cells.reference, float(budget))).mean()
        plan = _worth(value, ahead.plan(float(budget), risk))
        rows.append(
            {"budget": budget, **plan, "current_mix_revenue": mix, "bound": ahead.bound_at(float(budget), risk)}
        )
    return pd.DataFrame(rows)


def curves_table(
    media: ResponseValue, cells: Cells, limits: Limits, plan: pd.DataFrame, spend: np.ndarray
) -> pd.DataFrame:
    """What each channel causes when its plan grows or shrinks as a whole; columns as in `ScenarioResult.curves`."""
    silent = np.where(cells.reference.any(axis=(0, 1)), cells.reference, limits.upper)
    pattern = np.where(spend.any(axis=(0, 1)), spend, silent)
    total = pattern.sum(axis=(0, 1))
    shape = np.divide(pattern, total, out=np.zeros_like(pattern), where=total > 0)
    reach = BEYOND * plan[["current_spend", "planned_spend", "observed"]].max(axis=1).to_numpy()
    shares = np.linspace(0.0, 1.0, NODES) ** 1.5
    worth = np.stack([summary_of(by_channel(media, shape * share * reach).T) for share in shares])
    frames = [
        pd.DataFrame(
            {
                "channel": channel,
                "spend": shares * reach[index],
                "revenue": worth[:, 0, index],
                "revenue_lower": worth[:, 1, index],
                "revenue_upper": worth[:, 2, index],
            }
        )
        for index, channel in enumerate(cells.channels)
    ]
    return pd.concat(frames, ignore_index=True)


def _worth(value: MediaValue, spend: np.ndarray) -> dict[str, float]:
    revenue = interval_of(value.worth(spend))
    return {
        "spend": float(spend.sum()),
        "revenue": revenue.estimate,
        "revenue_lower": revenue.lower,
        "revenue_upper": revenue.upper,
        "net_revenue": revenue.estimate - float(spend.sum()),
    }
