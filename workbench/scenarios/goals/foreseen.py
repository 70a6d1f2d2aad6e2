"""What a plan and the outlook foresee, as paths that goals are judged by."""

from __future__ import annotations

import numpy as np

from workbench.mmm import ResponseModel
from workbench.mmm.posterior.outlook import Outlook
from workbench.scenarios.goals.weekly_paths import WeeklyPaths

PATHS = 4000


def foreseen(
    outlook: Outlook, response: ResponseModel, spend: np.ndarray, *, seed: int, paths: int = PATHS
) -> WeeklyPaths:
    """Revenue, spend, what media cause, and conversions where the KPI is counted, week by week in each market.

    Args:
        outlook: The weeks of the plan.
        response: What media cause, of the same draws.
        spend: Currency of the plan, shape (H, M, C).
        seed: Of the noise.
        paths: How many courses of events; path i belongs to draw i modulo the draws.
    """
    value = outlook.value_per_kpi
    media = response.contribution(spend).sum(axis=3) / value
    units = outlook.paths(media, np.random.default_rng(seed), paths)
    found = {
        "revenue": units * value,
        "media_revenue": (media * value)[outlook.draw_of_path(paths)],
        "spend": spend.sum(axis=2)[None],
    }
    if not (value == 1).all():
        found["conversions"] = units
    return WeeklyPaths(weeks=outlook.weeks, markets=outlook.markets, paths=found)
