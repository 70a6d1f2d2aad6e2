"""What teams can handle of a plan, from the workspace's tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from workbench.result import Check
from workbench.runs.company_plan import CompanyPlan
from workbench.scenarios.answer import LEVEL
from workbench.scenarios.capacity import capacity_check, capacity_findings, company_capacity, compare_plans, team_weeks

if TYPE_CHECKING:
    from workbench.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class PlanCapacity:
    """A plan that was made as if there were room for all, held against the room there is.

    Attributes:
        team_weeks: See `scenarios.capacity.team_weeks`; empty where no team is configured.
        plans: See `scenarios.capacity.compare_plans`.
        findings: Sentences, the one that matters most first.
        checks: Whether what the plan causes finds room.
    """

    team_weeks: pd.DataFrame
    plans: pd.DataFrame
    findings: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()


def plan_capacity(workspace: Workspace, plan: CompanyPlan) -> PlanCapacity:
    """Evaluate a plan under `[planning.capacity]`."""
    capacities = workspace.config.planning.capacity
    if not capacities:
        return PlanCapacity(team_weeks=pd.DataFrame(), plans=pd.DataFrame())
    planned, result = plan.planned, plan.result
    cells, spend = planned.problem.cells, planned.answered.spend
    calendar = workspace.frame("capacity") if workspace.has("capacity") else None
    value = company_capacity(planned.media, planned.outlook, capacities, cells.weeks, calendar=calendar, seed=plan.seed)
    rows = team_weeks(value, spend, cells.weeks, level=LEVEL)
    plans = compare_plans(value, {"plan": spend, "current": cells.reference}, level=LEVEL)
    return PlanCapacity(
        team_weeks=rows,
        plans=plans,
        findings=capacity_findings(rows, plans.head(1), currency=result.currency, level=LEVEL),
        checks=(capacity_check(plans, rows),),
    )
