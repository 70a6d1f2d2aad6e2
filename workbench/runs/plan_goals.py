"""The company's goals under a plan: how likely each is to be reached by what the plan spends and the media mix expects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.runs.company_plan import CompanyPlan
from workbench.runs.goal_values import goal_inputs

if TYPE_CHECKING:
    from workbench.scenarios.goals import GoalReview
    from workbench.workspace import Workspace


def plan_goals(workspace: Workspace, plan: CompanyPlan) -> GoalReview:
    """Judge all goals under a plan; where teams have a capacity, by what they handle."""
    from workbench.scenarios.goals import review_goals
    from workbench.scenarios.goals.foreseen import foreseen

    weeks, spend, capacity = plan.planned.problem.cells.weeks, plan.planned.answered.spend, plan.planned.capacity
    first = weeks[0].date()
    inputs = goal_inputs(workspace, on=first)
    if not inputs.goals:
        return review_goals(inputs, on=first)
    ahead = foreseen(
        plan.planned.outlook.first(len(weeks)),
        plan.planned.media.weekly(spend)[:, : len(weeks)],
        spend,
        teams=() if capacity is None else tuple(team.with_room(team.room[: len(weeks)]) for team in capacity.teams),
        kept=1.0 if capacity is None else capacity.kept(spend)[:, : len(weeks)],
        seed=plan.seed,
    )
    return review_goals(inputs, ahead, on=first)
