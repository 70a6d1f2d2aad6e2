"""Plan spend by week, market and channel: from what the media mix learnt to a plan with its certificate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.config.planning import Planning
from workbench.mmm import MediaMixResult
from workbench.result import Estimate, Provenance, estimates_frame
from workbench.scenarios import checks
from workbench.scenarios.answer import LEVEL, Answer, answer
from workbench.scenarios.findings import findings
from workbench.scenarios.objective import Objective, RiskDial
from workbench.scenarios.problem import Problem, build_problem
from workbench.scenarios.problem.value import MediaValue
from workbench.scenarios.request import Answered, PlanRequest, answer_request
from workbench.scenarios.response import ResponseValue, media_value
from workbench.scenarios.result import ScenarioResult
from workbench.scenarios.solve import Plan, linear_max
from workbench.scenarios.solve.quick import Ahead, plans_ahead
from workbench.scenarios.stability import nudges
from workbench.scenarios.tables import (
    FRONTIER,
    comparison_table,
    curves_table,
    frontier_table,
    plan_table,
    weekly_table,
)
from workbench.scenarios.why import almost_as_good, binding_limits
from workbench.scenarios.world import world_dataset

if TYPE_CHECKING:
    from workbench.mmm.posterior.outlook import Outlook

CAUTION = (0.0, 0.5, 1.0)


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A plan with all that it was made from.

    Attributes:
        request: What was asked for.
        problem: Cells, limits (the budget aside) and the response.
        media: What media cause.
        value: What plans are judged by.
        outlook: What comes without the plan, in its weeks and those of the carry-over after it.
        found: The plan, as it was found.
        answered: The plan and its worth.
    """

    request: PlanRequest
    problem: Problem
    media: ResponseValue
    value: MediaValue
    outlook: Outlook
    found: Answered
    answered: Answer


def plan_budget(
    media_mix: MediaMixResult,
    planning: Planning,
    request: PlanRequest,
    *,
    horizon_weeks: int = 13,
    force: bool = False,
    group_of: Mapping[str, str] | None = None,
    commitments: pd.DataFrame | None = None,
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
        seed=seed,
    )
    media = media_value(problem.response, problem.cells, problem.limits)
    acting = weeks_after(media_mix, horizon_weeks + media_mix.response.carry_over_weeks)
    found = answer_request(request, problem, media, currency=media_mix.currency)
    judged = _judged(found.plan, media, request)
    answered = answer(
        media,
        media,
        found.plan.spend,
        problem.cells.reference,
        budget=found.budget,
        judged=judged,
        bound=judged / (1.0 - found.plan.gap) if request.mode == "target_cpa" else found.plan.bound,
    )
    return Planned(
        request=request,
        problem=problem,
        media=media,
        value=media,
        outlook=outlook(media_mix, acting, seed=seed),
        found=found,
        answered=answered,
    )


def _judged(plan: Plan, media: MediaValue, request: PlanRequest) -> float:
    """In currency, though the plan may have been found in units of the KPI."""
    return RiskDial(request.risk).value(media.worth(plan.spend)) if request.mode == "target_cpa" else plan.judged


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
    return plans_ahead(planned.media, limits, budgets, risks, starts=[planned.answered.spend])


def plan_result(media_mix: MediaMixResult, planned: Planned, provenance: Provenance) -> ScenarioResult:
    """The plan with all that is told of it."""
    request, problem, answered, ahead = planned.request, planned.problem, planned.answered, _ahead(planned)
    cells, limits, currency = problem.cells, planned.found.limits, media_mix.currency
    forced = checks.is_forced(media_mix)
    ranges = almost_as_good(planned.value, limits, answered.spend)
    plan = plan_table(planned.media, cells, limits, problem.upper_reason, answered, ranges)
    binding = binding_limits(limits, answered.spend, planned.found.plan.multipliers)
    weekly = weekly_table(cells, answered.spend, forced=forced)
    moves = nudges(planned.media, limits, _objective(request), answered.spend, cells.channels)
    own = (
        checks.optimality(answered, currency),
        checks.limits_kept(limits.violation(answered.spend), answered.budget, currency),
        checks.within_experience(plan, weekly, len(cells.weeks)),
        checks.stability(moves, currency),
        *([checks.budget_spent(answered, currency)] if request.mode == "budget" else []),
    )
    return ScenarioResult(
        title="Scenario plan (FORCED: not to be signed)" if forced else "Scenario plan",
        estimates=estimates_frame([*_estimates(answered, currency), *_channel_estimates(plan, currency)]),
        checks=(*checks.inherited(media_mix), *own),
        findings=findings(plan, answered, request, media_mix, proved=planned.found.told),
        provenance=provenance,
        currency=currency,
        mode=request.mode,
        budget=answered.budget,
        horizon_weeks=len(cells.weeks),
        risk=request.risk,
        forced=forced,
        margin=request.margin,
        labels=media_mix.labels,
        plan=plan,
        plan_weekly=weekly,
        limits=binding,
        comparison=comparison_table(planned.value, cells, limits, problem.upper_reason, answered),
        frontier=frontier_table(planned.value, cells, ahead, risk=request.risk),
        curves=curves_table(planned.media, cells, limits, plan, answered.spend),
        nudges=moves,
        world=world_dataset(problem.response, cells, ahead),
    )


def _estimates(answered: Answer, currency: str) -> list[Estimate]:
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
