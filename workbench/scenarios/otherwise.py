"""A saved plan's question asked otherwise: for fewer weeks, with other limits on channels, or with other room in teams.

Everything is read from the saved result, so that an answer needs neither the tables nor the media mix. What comes without the plan is known for
its weeks alone: where teams have a capacity, longer plans need a run of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from workbench.config.planning import Group, Planning
from workbench.mmm import ResponseModel
from workbench.scenarios.answer import Worth, worth_of
from workbench.scenarios.capacity.value import CapacityValue
from workbench.scenarios.objective import Objective, RiskDial
from workbench.scenarios.problem import Problem, build_problem, refuse_infeasible
from workbench.scenarios.problem.doubt import docked
from workbench.scenarios.problem.value import MediaValue
from workbench.scenarios.response import ResponseValue, media_value
from workbench.scenarios.result import ScenarioResult
from workbench.scenarios.solve import BRISK, Effort, solve
from workbench.scenarios.solve.linear import most_under
from workbench.scenarios.why import binding_of_channels

ASKED = "within the bounds asked for"
LONGEST = 26
SHORTEST = 4
SEARCHED = 100
QUICK = replace(BRISK, steps=20, looks=2, leaps=0)


@dataclass(frozen=True, kw_only=True)
class Otherwise:
    """What is asked otherwise than in the saved plan; what is unset stays.

    Attributes:
        horizon_weeks: Weeks of the plan.
        max_change: Largest relative change of every channel's spend against the reference period.
        bounds: By channel, least and most spend over the horizon as shares of the reference period's.
        room: Factor on what every team can take.
    """

    horizon_weeks: int
    max_change: float | None = None
    bounds: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    room: float = 1.0


@dataclass(frozen=True, kw_only=True)
class OtherGround:
    """What the question is answered on.

    Attributes:
        problem: Cells and limits, the budget aside.
        media: What media cause.
        capacity: What teams make of it; None where none was configured.
        currency: ISO 4217 code.
    """

    problem: Problem
    media: ResponseValue
    capacity: CapacityValue | None
    currency: str

    @property
    def value(self) -> ResponseValue | CapacityValue:
        return self.media if self.capacity is None else self.capacity

    @property
    def judged(self) -> MediaValue:
        """What plans are judged by: spend beyond experience docked where that was asked for."""
        cells = self.problem.cells
        return docked(self.value, cells.observed, cells.price, self.problem.doubt)

    def answer(self, budget: float, risk: float, *, effort: Effort = QUICK) -> tuple[Worth, tuple[str, ...]]:
        """The plan of a budget with its certificate, and for each channel the limit that holds it, or nothing.

        Raises:
            InfeasiblePlan: If no plan keeps all limits; the message names the smallest relaxation.
        """
        problem, dial = self.problem, RiskDial(risk)
        reference = problem.cells.reference
        part = min(1.0, budget / float(reference.sum()))
        refuse_infeasible(problem.limits, budget, self.currency, [reference, part * reference])
        limits = problem.limits.with_budget(budget)
        judged_by = self.judged.within(limits)
        few = judged_by.thinned(SEARCHED)
        spend = solve(few, limits, Objective(dial=dial), starts=[part * reference], effort=effort).spend
        outcomes = judged_by.worth(spend)
        judged = dial.value(outcomes)
        # Few draws find the plan; its worth and the bound rest on all of them.
        tangent = judged_by.tangent(spend, dial.weights(outcomes))
        bound = max(judged, most_under([tangent], replace(limits, switches=())).bound)
        worth = self.value.worth(spend)
        told = worth_of(self.value, spend, reference, worth, budget=budget, judged=judged, bound=bound)
        held = binding_of_channels(limits, spend, problem.upper_reason)
        return told, tuple(ASKED if ASKED in reason else reason for reason in held)


def horizons(result: ScenarioResult) -> range:
    """Weeks for which a plan may be asked: as many as the saved one has, or fewer; more where nothing but media is planned."""
    known, own = len(result.world["spend_history"]), result.horizon_weeks
    longest = own if result.capacity is not None or known < LONGEST else max(LONGEST, own)
    return range(min(SHORTEST, own), longest + 1)


def unasked(result: ScenarioResult) -> str:
    """Why nothing can be asked otherwise, in a sentence; empty where it can."""
    if len(result.levers):
        return "this plan moves prices or promotions too: plan anew to change its horizon or limits"
    if len(result.world["spend_history"]) < result.horizon_weeks:
        return "this plan was saved before plans kept their history: plan anew to change its horizon or limits"
    return ""


def ground_otherwise(result: ScenarioResult, asked: Otherwise) -> OtherGround:
    """Lay out the question that is asked otherwise.

    Raises:
        SpecError: If it can't mean anything.
        InfeasiblePlan: If two limits contradict each other.
    """
    problem = _problem(result, asked)
    media = media_value(problem.response, problem.cells, problem.limits)
    capacity = None if result.capacity is None else _capacity(result, media, asked)
    return OtherGround(problem=problem, media=media, capacity=capacity, currency=result.currency)


def _problem(result: ScenarioResult, asked: Otherwise) -> Problem:
    response = ResponseModel.from_dataset(result.world)
    known = np.array([name not in result.planning.untried for name in response.channels])
    first = pd.Timestamp(result.world["plan_week"].to_numpy()[0])
    problem = build_problem(
        response.of_channels(known),
        first - pd.Timedelta(weeks=1),
        _planning(result, asked),
        horizon_weeks=asked.horizon_weeks,
        currency=result.currency,
        commitments=_commitments(result),
        labels=result.called,
        seed=result.provenance.seed or 0,
    )
    # As after the saved plan, with which the answer is compared.
    return replace(problem, cells=replace(problem.cells, after=result.world["after"].to_numpy()))


def _planning(result: ScenarioResult, asked: Otherwise) -> Planning:
    changes: dict[str, object] = {}
    if asked.max_change is not None:
        changes["max_change"] = asked.max_change
    if asked.bounds:
        current = dict(zip(result.channels, result.reference.sum(axis=(0, 1)), strict=True))
        part = asked.horizon_weeks / result.horizon_weeks
        own = {
            f"{name} {ASKED}": Group(
                channels=(name,), lower=float(least * part * current[name]), upper=float(most * part * current[name])
            )
            for name, (least, most) in asked.bounds.items()
        }
        changes["groups"] = {**result.planning.groups, **own}
    return result.planning.model_copy(update=changes)


def _commitments(result: ScenarioResult) -> pd.DataFrame:
    weekly = result.plan_weekly
    booked = weekly[weekly["committed"] > 0]
    return booked[["week", "market", "channel"]].assign(spend=booked["committed"])


def _capacity(result: ScenarioResult, media: ResponseValue, asked: Otherwise) -> CapacityValue:
    saved = result.capacity
    assert saved is not None
    weeks = media.blocks.weeks
    demand = saved.demand[:, :weeks] + media.without_plan - result.media.without_plan[:, :weeks]
    teams = tuple(team.with_room(asked.room * team.room[:weeks]) for team in saved.teams)
    return CapacityValue(media=media, demand=np.maximum(demand, 0.0), teams=teams)
