"""What would make the company change its plan: worlds planned ahead, orders of cutting and adding, a reserve, and triggers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.runs.company_plan import CompanyPlan
from workbench.scenarios.bids import bid_modifiers, marginal_returns
from workbench.scenarios.capacity import capacity_in_states
from workbench.scenarios.contingency import Contingency, contingency_of_plan

if TYPE_CHECKING:
    import pandas as pd

    from workbench.workspace import Workspace

TABLES = ("commitments", "capacity")


@dataclass(frozen=True, kw_only=True)
class PlanContingency:
    """What was prepared beside the plan.

    Attributes:
        found: See `Contingency`.
        bids: See `bids.bid_modifiers`.
    """

    found: Contingency
    bids: pd.DataFrame


def plan_contingency(workspace: Workspace, plan: CompanyPlan) -> PlanContingency:
    """Prepare for what may come other than planned, under the workspace's scenarios, triggers and reserve."""
    planned, result = plan.planned, plan.result
    problem, capacity, spend = planned.problem, planned.capacity, planned.answered.spend
    found = contingency_of_plan(
        planned.found.plan,
        problem,
        workspace.config.planning,
        plan.media_mix,
        planned.outlook.first(result.horizon_weeks),
        value=None
        if capacity is None
        else capacity_in_states(capacity, problem.response, problem.cells, problem.limits),
        teams=() if capacity is None else capacity.teams,
        data=_fingerprints(workspace, plan),
        provenance=result.provenance,
        seed=plan.seed,
    )
    bids = bid_modifiers(
        marginal_returns(problem.response, problem.cells, spend),
        spend.sum(axis=0) * problem.buys_media,
        markets=problem.cells.markets,
        channels=problem.cells.channels,
        weeks=problem.cells.weeks,
        forced=result.forced,
    )
    return PlanContingency(found=found, bids=bids)


def _fingerprints(workspace: Workspace, plan: CompanyPlan) -> dict[str, str]:
    """Of the tables that the plan rests on: the media mix's, and its own."""
    from workbench.data.fingerprint import fingerprint

    own = {name: fingerprint(workspace.table(name)) for name in TABLES if workspace.has(name)}
    return {**plan.media_mix.provenance.inputs, **own}
