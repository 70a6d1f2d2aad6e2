"""A plan from what a workspace holds."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from workbench.scenarios.plan import plan_budget
from workbench.scenarios.request import PlanRequest
from workbench.scenarios.result import ScenarioResult

if TYPE_CHECKING:
    from workbench.mmm import MediaMixResult
    from workbench.workspace import Workspace


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
) -> ScenarioResult:
    """Plan with the workspace's margin, limits, groups and bookings; arguments and errors as in `plan_budget`."""
    request = replace(request, margin=workspace.config.planning.margin)
    asked = {name: value for name, value in asdict(request).items() if value is not None}
    asked |= {"horizon_weeks": horizon_weeks, "force": force}
    return plan_budget(
        media_mix,
        workspace.config.planning,
        request,
        horizon_weeks=horizon_weeks,
        force=force,
        **agreed_limits(workspace),
        provenance=workspace.provenance_of({"media_mix": media_mix}, parameters=asked, seed=seed),
        seed=seed,
    )
