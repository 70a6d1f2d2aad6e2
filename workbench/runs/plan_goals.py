"""The company's goals under a plan: how likely each is to be reached by what the plan spends and the media mix expects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.runs.goal_values import goal_inputs

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from workbench.mmm import MediaMixResult
    from workbench.scenarios.goals import GoalReview
    from workbench.workspace import Workspace


def plan_goals(workspace: Workspace, media_mix: MediaMixResult, plan: pd.DataFrame, *, seed: int) -> GoalReview:
    """Judge all goals under a plan.

    Args:
        workspace: Whose goals.
        media_mix: What the plan was made from.
        plan: One row a `week`, `market` and `channel` with its `spend` in currency, in the weeks after the fitted ones.
        seed: Of the outlook and its noise.
    """
    import pandas as pd

    from workbench.mmm.posterior.outlook import outlook
    from workbench.scenarios.goals import review_goals
    from workbench.scenarios.goals.foreseen import foreseen

    weeks = pd.DatetimeIndex(sorted(plan["week"].unique()))
    first = weeks[0].date()
    inputs = goal_inputs(workspace, on=first)
    if not inputs.goals:
        return review_goals(inputs, on=first)
    known = outlook(media_mix, weeks, seed=seed)
    spend = _cells(plan, weeks, media_mix.response.markets, media_mix.response.channels)
    return review_goals(inputs, foreseen(known, media_mix.response, spend, seed=seed), on=first)


def _cells(
    plan: pd.DataFrame, weeks: pd.DatetimeIndex, markets: tuple[str, ...], channels: tuple[str, ...]
) -> np.ndarray:
    """Spend of the channels that the media mix knows, shape (H, M, C)."""
    import pandas as pd

    index = pd.MultiIndex.from_product([weeks, markets, channels], names=["week", "market", "channel"])
    spend = plan.groupby(["week", "market", "channel"])["spend"].sum().reindex(index, fill_value=0.0)
    return spend.to_numpy(dtype=float).reshape(len(weeks), len(markets), len(channels))
