"""What would make the company change its plan: worlds planned ahead, orders of cutting and adding, a reserve, and triggers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.runs.company_plan import CompanyPlan
from workbench.scenarios.bids import bid_modifiers, marginal_returns
from workbench.scenarios.contingency import (
    Contingency,
    contingency_document,
    contingency_of_plan,
)

if TYPE_CHECKING:
    from workbench.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class PlanContingency:
    """What was prepared, and what other systems are told.

    Attributes:
        found: See `Contingency`.
        handoff: `contingency.json` and `bid_modifiers.csv`, by name.
    """

    found: Contingency
    handoff: dict[str, Any]


def plan_contingency(workspace: Workspace, plan: CompanyPlan) -> PlanContingency:
    """Prepare for what may come other than planned, under the workspace's scenarios, triggers and reserve."""
    planned, result = plan.planned, plan.result
    problem, spend = planned.problem, planned.answered.spend
    found = contingency_of_plan(
        planned.found.plan,
        problem,
        workspace.config.planning,
        plan.media_mix,
        planned.outlook.first(result.horizon_weeks),
        data=result.provenance.inputs,
        provenance=result.provenance,
        seed=plan.seed,
    )
    document = contingency_document(found, currency=result.currency, forced=result.forced)
    bids = bid_modifiers(
        marginal_returns(problem.response, problem.cells, spend),
        spend.sum(axis=0),
        markets=problem.cells.markets,
        channels=problem.cells.channels,
        weeks=problem.cells.weeks,
        forced=result.forced,
    )
    return PlanContingency(found=found, handoff={"contingency.json": document, "bid_modifiers.csv": bids})
