"""The plan as other systems take it."""

from __future__ import annotations

import pandas as pd

from workbench.scenarios.result import ScenarioResult


def media_plan_weekly(result: ScenarioResult) -> pd.DataFrame:
    """The plan by `week`, `market` and `channel` with its `spend` in `currency`, as pacing and buying tools read it."""
    horizon = result.horizon
    weekly = horizon.weekly(result.plan["planned_spend"].to_numpy())
    index = pd.MultiIndex.from_product(
        [horizon.weeks, horizon.markets, horizon.channels], names=["week", "market", "channel"]
    )
    return pd.DataFrame({"spend": weekly.ravel()}, index=index).reset_index().assign(currency=result.currency)
