"""What teams can handle of a plan, from the workspace's tables."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from workbench.result import Check
from workbench.scenarios.answer import LEVEL
from workbench.scenarios.capacity import capacity_check, capacity_findings, company_capacity, compare_plans, team_weeks
from workbench.scenarios.response import ResponseValue
from workbench.scenarios.response.blocks import blocks_of
from workbench.scenarios.result import ScenarioResult

if TYPE_CHECKING:
    from workbench.mmm import MediaMixResult
    from workbench.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class PlanCapacity:
    """A plan that was made as if there were room for all, held against the room there is.

    Attributes:
        team_weeks: See `scenarios.capacity.team_weeks`; empty where no team is configured.
        plans: See `scenarios.capacity.compare_plans`.
        findings: Sentences.
        checks: Whether what the plan causes finds room.
    """

    team_weeks: pd.DataFrame
    plans: pd.DataFrame
    findings: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()

    def added_to(self, result: ScenarioResult) -> ScenarioResult:
        return replace(result, findings=(*result.findings, *self.findings), checks=(*result.checks, *self.checks))


def plan_capacity(
    workspace: Workspace, media_mix: MediaMixResult, result: ScenarioResult, *, seed: int
) -> PlanCapacity:
    """Evaluate a plan under `[planning.capacity]`; channels that were never tried are left aside."""
    capacities = workspace.config.planning.capacity
    if not capacities:
        return PlanCapacity(team_weeks=pd.DataFrame(), plans=pd.DataFrame())
    known = len(media_mix.response.channels)
    spend, reference = result.spend[:, :, :known], result.reference[:, :, :known]
    price = result.world["price_factor"].to_numpy()[:, :, :known]
    blocks = blocks_of(media_mix.response, price, reference.mean(axis=0))
    media = ResponseValue(blocks, 0.0 * spend, 0.0 * spend)
    weeks = pd.DatetimeIndex(result.world["plan_week"].to_numpy())
    calendar = workspace.frame("capacity") if workspace.has("capacity") else None
    value = company_capacity(media, media_mix, capacities, weeks, calendar=calendar, seed=seed)
    rows = team_weeks(value, spend, weeks, level=LEVEL)
    plans = compare_plans(value, {"plan": spend, "current": reference}, level=LEVEL)
    return PlanCapacity(
        team_weeks=rows,
        plans=plans,
        findings=capacity_findings(rows, plans.head(1), currency=result.currency, level=LEVEL),
        checks=(capacity_check(plans, rows),),
    )
