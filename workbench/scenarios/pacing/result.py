"""What a performance review found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import pandas as pd
import xarray as xr

from workbench.result import LATER, Result
from workbench.scenarios.wording import FORCED


@dataclass(frozen=True, kw_only=True)
class PerformanceResult(Result):
    """How a plan is going.

    Attributes:
        currency: ISO 4217 code.
        plan_run: Id of the run that made the plan.
        weeks_seen: Weeks of the plan that are over.
        horizon_weeks: Weeks of the plan.
        course: One row a week of the plan, revenue of all markets: `week`, `planned`, `planned_lower`, `planned_upper` (as foreseen when
            the plan was made), `actual` (NaN ahead), `expected`, `lower`, `upper` (as foreseen now; what came where it is known), and
            the same since the plan began: `total_planned`, `total_expected`, `total_lower`, `total_upper`.
        spend: One row a channel: `channel`, `planned_so_far`, `actual`, `planned` (over all weeks), `committed` (booked for the weeks
            ahead), `left` (planned for them), `price` (paid for exposure, relative to the plan's assumption; NaN where nothing was bought).
        levers: One row a lever that the plan may move: `lever`, `planned_so_far`, `actual` (currency that it cost in the weeks seen, moved
            beyond what was expected anyway; NaN where nobody keeps its control), `planned` (over all weeks), `units_so_far`, `units_came`
            (moved in the weeks seen, as planned and as it came).
        variance: Why revenue so far differs from the plan: `source`, `estimate`, `lower`, `upper`; adds up to actual − planned.
        triggers: See `nearness.nearness`.
        scores: The plan's forecast of each week seen against what came; see `scoring.weekly_scores`.
        record: The same in one row a forecast, and those of earlier reviews and plans: `plan_run`, `after_week` (of the plan, when it was
            made; 0 for the plan itself), `weeks`, `crps`, `crps_last_year`, `coverage`, `bias`, `bias_lower`, `bias_upper`.
        goals: See `GoalReview.goals`.
        forecast: `revenue (quantile, week)`: what is foreseen now of each week.
        forced: Whether the plan was made although its media mix can't be trusted.
        labels: How reports call each channel and lever.
        notes: What was assumed.
    """

    analysis: ClassVar[str] = "performance_review"

    currency: str
    plan_run: str
    weeks_seen: int
    horizon_weeks: int
    course: pd.DataFrame
    spend: pd.DataFrame
    levers: pd.DataFrame = field(default_factory=pd.DataFrame, metadata=LATER)
    variance: pd.DataFrame
    triggers: pd.DataFrame
    scores: pd.DataFrame
    record: pd.DataFrame
    goals: pd.DataFrame
    forecast: xr.Dataset
    forced: bool
    labels: dict[str, str]
    notes: tuple[str, ...]

    @property
    def stamp(self) -> str:
        return FORCED if self.forced else ""

    def label(self, channel: str) -> str:
        """How reports call a channel."""
        return self.labels.get(channel) or channel

    @property
    def is_over(self) -> bool:
        return self.weeks_seen == self.horizon_weeks
