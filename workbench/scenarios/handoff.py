"""The plan as other systems take it."""

from __future__ import annotations

import pandas as pd

from workbench.scenarios.result import ScenarioResult


def media_plan_weekly(result: ScenarioResult) -> pd.DataFrame:
    """The plan by `week`, `market` and `channel` with `spend` and the part of it that is `committed`, in `currency`."""
    columns = ["week", "market", "channel", "spend", "committed"]
    return result.plan_weekly[columns].assign(currency=result.currency, forced=result.forced)
