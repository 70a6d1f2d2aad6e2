"""What a plan and the outlook foresee, as paths that goals are judged by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from workbench.mmm.posterior.outlook import Outlook
from workbench.scenarios.capacity import Team
from workbench.scenarios.capacity.served import served_weekly
from workbench.scenarios.goals.weekly_paths import WeeklyPaths

PATHS = 4000


def foreseen(
    outlook: Outlook,
    caused: np.ndarray,
    spend: np.ndarray,
    *,
    teams: Sequence[Team] = (),
    kept: np.ndarray | float = 1.0,
    seed: int,
    paths: int = PATHS,
) -> WeeklyPaths:
    """Revenue, spend, what media cause, and conversions where the KPI is counted, week by week in each market.

    Args:
        outlook: The weeks of the plan.
        caused: What the plan causes in its weeks over spending nothing, in currency, of the same draws, shape (D, H, M).
        spend: Currency of the plan, shape (H, M, C).
        teams: Who must handle what comes: what they have no room for doesn't count, what waits counts when it is handled, by what is left of it.
        kept: What is left by that of what media cause, shape (D, H, M); see `CapacityValue.kept`.
        seed: Of the noise.
        paths: How many courses of events; path i belongs to draw i modulo the draws.
    """
    value = outlook.value_per_kpi
    media = outlook.carried + caused / value
    revenue = served_weekly(outlook.paths(media, np.random.default_rng(seed), paths) * value, teams)
    found = {
        "revenue": revenue,
        "media_revenue": (media * value * kept)[outlook.draw_of_path(paths)],
        "spend": spend.sum(axis=2)[None],
    }
    if not (value == 1).all():
        found["conversions"] = revenue / value
    return WeeklyPaths(weeks=outlook.weeks, markets=outlook.markets, paths=found)
