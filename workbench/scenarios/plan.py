"""Plan spend by week, market and channel: from what the media mix learnt to a plan with its certificate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.config.planning import Planning
from workbench.mmm import MediaMixResult
from workbench.result import Check, Estimate, Provenance, estimates_frame
from workbench.scenarios import checks
from workbench.scenarios.answer import LEVEL, Answer, answer
from workbench.scenarios.capacity.company import company_capacity
from workbench.scenarios.findings import findings
from workbench.scenarios.ground import Ground
from workbench.scenarios.levers import lever_findings, levers_table, levers_weekly
from workbench.scenarios.nudged import Question
from workbench.scenarios.objective import Objective, RiskDial
from workbench.scenarios.problem import Labels, build_problem
from workbench.scenarios.problem.levers import lever_cells
from workbench.scenarios.problem.value import MediaValue
from workbench.scenarios.request import Answered, PlanRequest
from workbench.scenarios.response import media_value
from workbench.scenarios.result import ScenarioResult
from workbench.scenarios.solve import Plan, linear_max
from workbench.scenarios.solve.quick import SEARCH, Ahead, plans_ahead
from workbench.scenarios.stability import nudges
from workbench.scenarios.tables import (
    FRONTIER,
    comparison_table,
    curves_table,
    frontier_table,
    plan_table,
    weekly_table,
)
from workbench.scenarios.why import almost_as_good, binding_limits, held_ahead
from workbench.scenarios.world import world_dataset

if TYPE_CHECKING:
    import xarray as xr

CAUTION = (0.0, 0.5, 1.0)
# For the plans of frontier and slider, where each look takes twice as long.
UNDER_CAPACITY = replace(SEARCH, search_draws=100, steps=12)


@dataclass(frozen=True, kw_only=True)
class Planned(Ground):
    """A plan on the ground that it was made on.

    Attributes:
        request: What was asked for.
        found: The plan, as it was found.
        answered: The plan and its worth.
    """

    request: PlanRequest
    found: Answered
    answered: Answer

    @property
    def question(self) -> Question:
        """What the plan answers, its budget among the limits."""
        return Question(
            media=self.media,
            capacity=self.capacity,
            cells=self.problem.cells,
            doubt=self.problem.doubt,
            limits=self.found.limits,
        )


def plan_budget(
    media_mix: MediaMixResult,
    planning: Planning,
    request: PlanRequest,
    *,
    horizon_weeks: int = 13,
    force: bool = False,
    group_of: Mapping[str, str] | None = None,
    commitments: pd.DataFrame | None = None,
    calendar: pd.DataFrame | None = None,
    provenance: Provenance,
    seed: int,
) -> ScenarioResult:
    """Plan the weeks after the media mix's last one.

    Args:
        media_mix: What each channel returns.
        planning: Limits on the plan.
        request: What to plan for.
        horizon_weeks: Weeks to plan.
        force: Whether to plan from a media mix that can't be trusted.
        group_of: The group of each channel, as `[channels]` names it.
        commitments: The canonical table of bookings.
        calendar: The canonical table of capacity.
        provenance: Where the numbers come from.
        seed: Of draws for channels that were never tried.

    Raises:
        SpecError: If the request can't mean anything, or the media mix can't be trusted.
        InfeasiblePlan: If no plan satisfies all limits; the message names the smallest relaxation.
    """
    planned = make_plan(
        media_mix,
        planning,
        request,
        horizon_weeks=horizon_weeks,
        force=force,
        group_of=group_of,
        commitments=commitments,
        calendar=calendar,
        seed=seed,
    )
    return plan_result(media_mix, planned, provenance)


def make_plan(
    media_mix: MediaMixResult,
    planning: Planning,
    request: PlanRequest,
    *,
    horizon_weeks: int,
    force: bool = False,
    group_of: Mapping[str, str] | None = None,
    commitments: pd.DataFrame | None = None,
    calendar: pd.DataFrame | None = None,
    seed: int,
) -> Planned:
    """The plan itself; arguments and errors as in `plan_budget`."""
    from workbench.mmm.posterior.outlook import outlook, weeks_after  # here, because apps need none

    checks.refuse_untrusted(media_mix, force=force)
    problem = build_problem(
        media_mix.response,
        media_mix.weeks[-1],
        planning,
        horizon_weeks=horizon_weeks,
        currency=media_mix.currency,
        group_of=group_of,
        commitments=commitments,
        levers=lever_cells(media_mix, planning.levers, horizon_weeks),
        labels=Labels(channels=media_mix.labels, markets=media_mix.market_labels),
        seed=seed,
    )
    media = media_value(problem.response, problem.cells, problem.limits)
    ahead = outlook(media_mix, weeks_after(media_mix, media.blocks.weeks), seed=seed)
    capacity = None
    if planning.capacity or calendar is not None:
        weeks = problem.cells.weeks
        called = media_mix.market_labels
        capacity = company_capacity(
            media, ahead, planning.capacity, weeks, calendar=calendar, market_labels=called, seed=seed
        )
    ground = Ground(problem=problem, media=media, capacity=capacity, outlook=ahead)
    ground = ground.lasting(request, seed=seed)
    found = ground.answer(request, seed=seed)
    return Planned(
        problem=ground.problem,
        media=ground.media,
        capacity=ground.capacity,
        outlook=ground.outlook,
        request=request,
        found=found,
        answered=_answered(request, found, ground),
    )


def _answered(request: PlanRequest, found: Answered, ground: Ground) -> Answer:
    capacity = ground.capacity
    judged = _judged(found.plan, ground.value, request)
    return answer(
        ground.value,
        ground.media,
        found.plan.spend,
        ground.problem.cells.reference,
        budget=found.budget,
        judged=judged,
        bound=judged / (1.0 - found.plan.gap) if request.mode == "target_cpa" else found.plan.bound,
        kept=None if capacity is None else capacity.kept(found.plan.spend),
    )


def plan_ignoring_capacity(planned: Planned, *, seed: int) -> np.ndarray:
    """What would be planned if teams had room for all, shape (H, M, C)."""
    return replace(planned, capacity=None).answer(planned.request, seed=seed).plan.spend


def _judged(plan: Plan, value: MediaValue, request: PlanRequest) -> float:
    """In currency, though the plan may have been found in units of the KPI."""
    return RiskDial(request.risk).value(value.worth(plan.spend)) if request.mode == "target_cpa" else plan.judged


def _objective(request: PlanRequest) -> Objective:
    dial = RiskDial(request.risk)
    match request.mode:
        case "profit":
            return Objective(dial=dial, margin=request.margin, cost=1.0)
        case "marginal_roas":
            return Objective(dial=dial, cost=request.target or 0.0)
        case _:
            return Objective(dial=dial)


def _ahead(planned: Planned) -> Ahead:
    """Plans for the frontier and the slider."""
    limits, reference = planned.problem.limits, float(planned.problem.cells.reference.sum())
    least = -linear_max(-np.ones(limits.shape), limits).bound
    asked = float(planned.answered.budget)
    budgets = np.unique([*np.maximum(FRONTIER * reference, least * (1 + 1e-6)), asked]).tolist()
    risks = np.unique([*CAUTION, planned.request.risk]).tolist()
    effort = SEARCH if planned.capacity is None else UNDER_CAPACITY
    return plans_ahead(planned.question.value, limits, budgets, risks, starts=[planned.answered.spend], effort=effort)


def plan_result(media_mix: MediaMixResult, planned: Planned, provenance: Provenance) -> ScenarioResult:
    """The plan with all that is told of it."""
    request, problem, answered, ahead = planned.request, planned.problem, planned.answered, _ahead(planned)
    cells, limits, currency = problem.cells, planned.found.limits, media_mix.currency
    forced = checks.is_forced(media_mix)
    ranges = almost_as_good(planned.question.value, limits, answered.spend)
    plan = plan_table(planned.media, planned.capacity, cells, limits, problem.upper_reason, answered, ranges)
    binding = binding_limits(limits, answered.spend, planned.found.plan.multipliers)
    weekly = weekly_table(cells, answered.spend, forced=forced)
    moved = levers_weekly(problem, answered.spend)
    levers = levers_table(problem, moved, plan)
    moves = nudges(planned.question, _objective(request), answered.spend, cells.channels)
    frontier = frontier_table(planned.value, cells, ahead, risk=request.risk)
    told = findings(plan, frontier, answered, request, media_mix, proved=planned.found.told, labels=cells.labels)
    return ScenarioResult(
        title="Scenario plan (FORCED: not to be signed)" if forced else "Scenario plan",
        estimates=estimates_frame([*plan_estimates(answered, currency), *_channel_estimates(plan, currency)]),
        checks=(*checks.inherited(media_mix), *_checks(planned, plan, weekly, moves, currency)),
        findings=(*told, *lever_findings(levers, currency, cells.labels)),
        provenance=provenance,
        currency=currency,
        mode=request.mode,
        budget=answered.budget,
        horizon_weeks=len(cells.weeks),
        risk=request.risk,
        forced=forced,
        margin=request.margin,
        planning=problem.planning,
        labels=dict(cells.labels.channels),
        market_labels=dict(cells.labels.markets),
        plan=plan,
        plan_weekly=weekly,
        levers=levers,
        levers_weekly=moved,
        limits=binding,
        comparison=comparison_table(planned.value, problem, limits, answered),
        frontier=frontier,
        curves=curves_table(planned.media, cells, limits, plan, answered.spend),
        nudges=moves,
        world=_world(planned, ahead),
    )


def _world(planned: Planned, ahead: Ahead) -> xr.Dataset:
    problem = planned.problem
    held = held_ahead(problem.limits, ahead, problem.upper_reason)
    return world_dataset(problem, ahead, planned.capacity).assign(held=held)


def _checks(
    planned: Planned, plan: pd.DataFrame, weekly: pd.DataFrame, moves: pd.DataFrame, currency: str
) -> tuple[Check, ...]:
    answered, violation = planned.answered, planned.found.limits.violation(planned.answered.spend)
    labels = planned.problem.cells.labels
    return (
        checks.optimality(answered, currency),
        checks.limits_kept(violation, answered.budget, currency),
        checks.within_experience(plan, weekly, len(planned.problem.cells.weeks), labels),
        checks.stability(moves, planned.found.plan.tie, currency, labels),
        *([checks.budget_spent(answered, currency)] if planned.request.mode == "budget" else []),
    )


def plan_estimates(answered: Answer, currency: str) -> list[Estimate]:
    """What a plan as a whole is worth and costs."""
    revenue, gain = answered.revenue, answered.gain
    return [
        Estimate(quantity="revenue", entity="plan", **vars(revenue), unit=currency, level=LEVEL),
        Estimate(quantity="gain", entity="plan", **vars(gain), unit=currency, level=LEVEL),
        Estimate(quantity="probability_of_gain", entity="plan", estimate=answered.probability_of_gain, unit="%"),
        Estimate(quantity="optimality_gap", entity="plan", estimate=answered.gap, unit="%"),
        Estimate(quantity="spend", entity="plan", estimate=float(answered.spend.sum()), unit=currency),
        Estimate(quantity="unspent", entity="plan", estimate=answered.unspent, unit=currency),
    ]


def _channel_estimates(plan: pd.DataFrame, currency: str) -> list[Estimate]:
    return [
        Estimate(
            quantity=quantity,
            entity=row["channel"],
            estimate=row[quantity],
            lower=row[f"{quantity}_lower"],
            upper=row[f"{quantity}_upper"],
            unit=currency,
            level=LEVEL,
        )
        for quantity in ("revenue", "marginal_return")
        for row in plan.to_dict("records")
    ]
