"""A plan from what a workspace holds."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from workbench.scenarios.plan import Planned, make_plan, plan_result
from workbench.scenarios.request import PlanRequest
from workbench.scenarios.result import ScenarioResult

if TYPE_CHECKING:
    from workbench.mmm import MediaMixResult
    from workbench.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class CompanyPlan:
    """A plan, and the one ground on which all else is said of it: goals, capacity, contingencies.

    Attributes:
        media_mix: What it rests on.
        planned: The plan with its problem, its value and the outlook.
        result: What is told of it so far.
        seed: Of all that is drawn.
    """

    media_mix: MediaMixResult
    planned: Planned
    result: ScenarioResult
    seed: int


def agreed_limits(workspace: Workspace) -> dict[str, Any]:
    """What limits a plan beside `[planning]`: the channels' groups and the bookings, as `build_problem` takes them."""
    return {
        "group_of": {name: channel.group for name, channel in workspace.config.channels.items()},
        "commitments": workspace.frame("commitments") if workspace.has("commitments") else None,
    }


def plan_company(
    workspace: Workspace,
    media_mix: MediaMixResult,
    request: PlanRequest,
    *,
    horizon_weeks: int,
    force: bool,
    seed: int,
) -> CompanyPlan:
    """Plan with the workspace's margin, limits, groups, bookings and teams; arguments and errors as in `plan_budget`."""
    planning = workspace.config.planning
    request = replace(request, margin=planning.margin)
    asked = {name: value for name, value in asdict(request).items() if value is not None}
    asked |= {"horizon_weeks": horizon_weeks, "force": force}
    planned = make_plan(
        media_mix,
        planning,
        request,
        horizon_weeks=horizon_weeks,
        force=force,
        **agreed_limits(workspace),
        calendar=workspace.frame("capacity") if workspace.has("capacity") else None,
        seed=seed,
    )
    provenance = workspace.provenance_of({"media_mix": media_mix}, parameters=asked, seed=seed)
    result = plan_result(media_mix, planned, provenance)
    return CompanyPlan(media_mix=media_mix, planned=planned, result=result, seed=seed)
