"""What a plan and the outlook foresee, as paths that goals are judged by."""

from __future__ import annotations

import numpy as np

from workbench.mmm.posterior.outlook import Outlook
from workbench.scenarios.goals.weekly_paths import WeeklyPaths

PATHS = 4000


def foreseen(outlook: Outlook, caused: np.ndarray, spend: np.ndarray, *, seed: int, paths: int = PATHS) -> WeeklyPaths:
    """Revenue, spend, what media cause, and conversions where the KPI is counted, week by week in each market.

    Args:
        outlook: The weeks of the plan.
        caused: What the plan causes in its weeks over spending nothing, in currency, of the same draws, shape (D, H, M).
        spend: Currency of the plan, shape (H, M, C).
        seed: Of the noise.
        paths: How many courses of events; path i belongs to draw i modulo the draws.
    """
    value = outlook.value_per_kpi
    media = outlook.carried + caused / value
    units = outlook.paths(media, np.random.default_rng(seed), paths)
    found = {
        "revenue": units * value,
        "media_revenue": (media * value)[outlook.draw_of_path(paths)],
        "spend": spend.sum(axis=2)[None],
    }
    if not (value == 1).all():
        found["conversions"] = units
    return WeeklyPaths(weeks=outlook.weeks, markets=outlook.markets, paths=found)
