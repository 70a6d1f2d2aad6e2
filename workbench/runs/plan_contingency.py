"""What would make the company change its plan: worlds planned ahead, orders of cutting and adding, a reserve, and triggers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.runs.company_plan import agreed_limits
from workbench.scenarios.bids import bid_modifiers, marginal_returns
from workbench.scenarios.contingency import (
    Contingency,
    contingency_checks,
    contingency_document,
    contingency_findings,
    contingency_of_plan,
)
from workbench.scenarios.problem import build_problem
from workbench.scenarios.solve import Plan

if TYPE_CHECKING:
    from workbench.mmm import MediaMixResult
    from workbench.scenarios.result import ScenarioResult
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

    def added_to(self, result: ScenarioResult) -> ScenarioResult:
        told = contingency_findings(self.found, result.currency)
        return replace(
            result,
            findings=(*result.findings, *told),
            checks=(*result.checks, *contingency_checks(self.found)),
        )


def plan_contingency(
    workspace: Workspace, media_mix: MediaMixResult, result: ScenarioResult, *, seed: int
) -> PlanContingency:
    """Prepare for what may come other than planned, under the workspace's scenarios, triggers and reserve."""
    from workbench.mmm.posterior.outlook import outlook

    planning = workspace.config.planning
    problem = build_problem(
        media_mix.response,
        pd.Timestamp(media_mix.posterior["week"].to_numpy()[-1]),
        planning,
        horizon_weeks=result.horizon_weeks,
        currency=result.currency,
        **agreed_limits(workspace),
        seed=seed,
    )
    ahead = outlook(media_mix, problem.cells.weeks, seed=seed)
    found = contingency_of_plan(
        _plan(result), problem, planning, media_mix, ahead, provenance=result.provenance, seed=seed
    )
    document = contingency_document(
        found, currency=result.currency, data=result.provenance.inputs, forced=result.forced
    )
    bids = bid_modifiers(
        marginal_returns(problem.response, problem.cells, result.spend),
        result.spend.sum(axis=0),
        markets=problem.cells.markets,
        channels=problem.cells.channels,
        weeks=problem.cells.weeks,
        forced=result.forced,
    )
    return PlanContingency(found=found, handoff={"contingency.json": document, "bid_modifiers.csv": bids})


def _plan(result: ScenarioResult) -> Plan:
    """As far as contingencies need to know it."""
    judged = result.estimate("revenue", "plan").estimate
    gap = result.estimate("optimality_gap", "plan").estimate
    return Plan(
        spend=np.asarray(result.spend),
        judged=judged,
        bound=judged / (1 - gap),
        tangents=(),
        unspent=result.budget - float(result.spend.sum()),
        multipliers={},
        tie=False,
    )
