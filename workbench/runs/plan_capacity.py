"""What teams can handle of a company's plan, beside the plan that would be made without minding them."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from workbench.result import Check
from workbench.runs.company_plan import CompanyPlan
from workbench.scenarios.answer import LEVEL
from workbench.scenarios.capacity import capacity_check, capacity_findings, compare_plans, team_weeks
from workbench.scenarios.plan import plan_ignoring_capacity

PLAN, IGNORING, CURRENT = "plan", "plan that ignores capacity", "current"


@dataclass(frozen=True, kw_only=True)
class PlanCapacity:
    """What teams take of a plan, and of the one that would be made if they had room for all.

    Attributes:
        team_weeks: See `scenarios.capacity.team_weeks`; empty where no team is configured.
        shown: The same with teams as reports call them.
        plans: See `scenarios.capacity.compare_plans`.
        findings: Sentences, the one that matters most first.
        checks: Whether what the plan causes finds room.
    """

    team_weeks: pd.DataFrame
    shown: pd.DataFrame
    plans: pd.DataFrame
    findings: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()


def plan_capacity(plan: CompanyPlan) -> PlanCapacity:
    """Hold a plan, and the one that would be made if teams had room for all, against the room there is."""
    planned, currency = plan.planned, plan.media_mix.currency
    if planned.capacity is None:
        return PlanCapacity(team_weeks=pd.DataFrame(), shown=pd.DataFrame(), plans=pd.DataFrame())
    spend, cells = planned.answered.spend, planned.problem.cells
    rows = team_weeks(planned.capacity, spend, cells.weeks, level=LEVEL, margin=planned.request.margin)
    shown = rows.assign(team=rows["team"].map({team.name: team.called for team in planned.capacity.teams}))
    plans = {PLAN: spend, IGNORING: plan_ignoring_capacity(planned, seed=plan.seed), CURRENT: cells.reference}
    compared = compare_plans(planned.capacity, plans, level=LEVEL)
    return PlanCapacity(
        team_weeks=rows,
        shown=shown,
        plans=compared,
        findings=capacity_findings(shown, compared.head(2), currency=currency, level=LEVEL),
        checks=(capacity_check(compared, rows),),
    )
