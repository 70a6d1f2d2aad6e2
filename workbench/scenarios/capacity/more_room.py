"""Requests that no plan reaches: how much more room for what media bring would let one reach it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from workbench.scenarios.capacity.calendar import Team
from workbench.scenarios.capacity.shadow import step_worth
from workbench.scenarios.capacity.value import CapacityValue
from workbench.scenarios.objective import Objective, RiskDial
from workbench.scenarios.problem import MediaValue, Problem
from workbench.scenarios.request import PlanRequest
from workbench.scenarios.solve import BRISK, Plan, solve
from workbench.wording import count

# Draws on which more room is tried, and how finely: a refusal is worth a minute, not ten.
TRIED_ON = 60
HALVES = 6
HELPED_BY_ROOM = ("least_spend", "goal", "target_roas", "target_cpa")


@dataclass(frozen=True, kw_only=True)
class MoreRoom:
    """Room that would let a request be answered.

    Attributes:
        team: Whose.
        week: Index of the one week, None for every week alike.
        units: How much more a week, rounded up.
    """

    team: Team
    week: int | None
    units: float

    def sentence(self, problem: Problem) -> str:
        when = "in every week" if self.week is None else f"in the week of {problem.cells.weeks[self.week]:%-d %B}"
        return f"about {count(self.units)} more {self.team.unit} of capacity of {self.team.called} {when}"


def more_room(request: PlanRequest, problem: Problem, value: CapacityValue) -> MoreRoom | None:
    """The least room in the week where it is worth most that lets a request be answered, or else in every week.

    It is tried on some of the draws, so it is about right.

    Args:
        request: What is asked.
        problem: Within which limits.
        value: What counts for it; see `scenarios.counted`.

    Returns:
        None where room for all wouldn't do.
    """
    if request.mode not in HELPED_BY_ROOM:
        return None
    few = value.thinned(TRIED_ON)
    for team in few.teams:
        for week in (_dearest_week(few, team, problem.cells.reference), None):
            if reaches(request, problem, _with_more(few, team, week, np.inf)):
                return MoreRoom(team=team, week=week, units=_least_units(request, problem, few, team, week))
    return None


def reaches(request: PlanRequest, problem: Problem, value: MediaValue) -> bool:
    """Whether the plan that comes furthest reaches what is asked: one search, where the answer itself takes many."""
    plan, target = best_for(request, problem, value), request.target or 0.0
    if request.mode == "goal":
        anyway = value.anyway if isinstance(value, CapacityValue) else 0.0
        return float((value.worth(plan.spend) + anyway >= target).mean()) >= request.probability
    return plan.judged >= (0.0 if _cost(request) else target) and bool(plan.spend.any())


def best_for(request: PlanRequest, problem: Problem, value: MediaValue) -> Plan:
    """The plan that comes furthest towards what is asked."""
    limits = problem.limits.with_budget(request.budget or float(problem.limits.upper.sum()))
    objective = Objective(dial=RiskDial(request.risk), cost=_cost(request))
    return solve(value, limits, objective, starts=(problem.cells.reference,), effort=BRISK)


def _cost(request: PlanRequest) -> float:
    """What a unit of spend must bring, where a return is asked for."""
    target = request.target or 0.0
    return {"target_roas": target, "target_cpa": 1.0 / target}.get(request.mode, 0.0) if target else 0.0


def _dearest_week(value: CapacityValue, team: Team, spend: np.ndarray) -> int:
    came, _ = value.service(team, spend)
    return int(np.argmax([step_worth(came, team, week).mean() for week in range(len(spend))]))


def _with_more(value: CapacityValue, team: Team, week: int | None, units: float) -> CapacityValue:
    more = np.where(np.arange(len(team.room)) == week, units, 0.0) if week is not None else units
    return value.with_team(team.with_room(team.room + more))


def _least_units(request: PlanRequest, problem: Problem, value: CapacityValue, team: Team, week: int | None) -> float:
    """The least more units that are enough, to the precision of the halving, rounded up."""
    low, high = 0.0, float(np.median(team.room)) + team.step
    while not reaches(request, problem, _with_more(value, team, week, high)):
        low, high = high, 2.0 * high
    return float(np.ceil(least(lambda more: reaches(request, problem, _with_more(value, team, week, more)), low, high)))


def least(enough: Callable[[float], bool], low: float, high: float) -> float:
    """The least that is enough between what isn't and what is, from above, to the precision of the halving."""
    for _ in range(HALVES):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
