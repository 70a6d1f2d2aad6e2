"""Requests answered under capacity: where one is refused, how much more room would let it be answered."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from workbench.errors import InfeasiblePlan
from workbench.scenarios.capacity.calendar import Team
from workbench.scenarios.capacity.shadow import step_worth
from workbench.scenarios.capacity.value import CapacityValue
from workbench.scenarios.objective import Objective, RiskDial
from workbench.scenarios.problem import Problem
from workbench.scenarios.request import Answered, PlanRequest, answer_request
from workbench.scenarios.solve import BRISK, THOROUGH, Effort, solve
from workbench.wording import count

# Draws on which more room is tried, and how finely: a refusal is worth a minute, not ten.
TRIED_ON = 60
HALVES = 6
HELPED_BY_ROOM = ("least_spend", "goal", "target_roas")


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


def answer_under_capacity(
    request: PlanRequest, problem: Problem, value: CapacityValue, *, currency: str, effort: Effort = THOROUGH
) -> Answered:
    """As `answer_request`; a `goal` counts what is served without the plan too.

    Raises:
        SpecError: If the request can't mean anything.
        InfeasiblePlan: If no plan answers it; where more room would help, the message says how much, of whom and when.
    """
    try:
        return _answer(request, problem, value, currency, effort)
    except InfeasiblePlan as refused:
        needed = more_room(request, problem, value) if request.mode in HELPED_BY_ROOM else None
        if needed is None:
            raise
        raise InfeasiblePlan(f"{refused}; or it needs about {_told(needed, problem)}") from refused


def more_room(request: PlanRequest, problem: Problem, value: CapacityValue) -> MoreRoom | None:
    """The least room in the week where it is worth most that lets a request be answered, or else in every week.

    None where room for all wouldn't do. It is tried on some of the draws, so it is about right.
    """
    few = value.thinned(TRIED_ON)
    for team in few.teams:
        for week in (_dearest_week(few, team, problem.cells.reference), None):
            if _reaches(request, problem, _with_more(few, team, week, np.inf)):
                return MoreRoom(team=team, week=week, units=_least_units(request, problem, few, team, week))
    return None


def _answer(request: PlanRequest, problem: Problem, value: CapacityValue, currency: str, effort: Effort) -> Answered:
    anyway = value.anyway_within(len(problem.cells.weeks))[:, None] if request.mode == "goal" else None
    return answer_request(request, problem, value, currency=currency, without_media=anyway, effort=effort)


def _reaches(request: PlanRequest, problem: Problem, value: CapacityValue) -> bool:
    """Whether the plan that comes furthest reaches what is asked: one search, where the answer itself takes many."""
    target, reference = request.target or 0.0, problem.cells.reference
    limits = problem.limits.with_budget(request.budget or float(problem.limits.upper.sum()))
    cost = target if request.mode == "target_roas" else 0.0
    objective = Objective(dial=RiskDial(request.risk), cost=cost)
    plan = solve(value, limits, objective, starts=(reference,), effort=BRISK)
    if request.mode == "goal":
        total = value.worth(plan.spend) + value.anyway_within(len(problem.cells.weeks))
        return float((total >= target).mean()) >= request.probability
    return plan.judged >= (0.0 if cost else target) and bool(plan.spend.any())


def _dearest_week(value: CapacityValue, team: Team, spend: np.ndarray) -> int:
    came, _ = value.service(team, spend)
    return int(np.argmax([step_worth(came, team, week).mean() for week in range(len(spend))]))


def _with_more(value: CapacityValue, team: Team, week: int | None, units: float) -> CapacityValue:
    more = np.where(np.arange(len(team.room)) == week, units, 0.0) if week is not None else units
    room = team.room + more
    return replace(value, teams=tuple(replace(t, room=room) if t.name == team.name else t for t in value.teams))


def _least_units(request: PlanRequest, problem: Problem, value: CapacityValue, team: Team, week: int | None) -> float:
    """The least more units that are enough, to the precision of the halving, rounded up."""
    low, high = 0.0, float(np.median(team.room)) + team.step
    while not _reaches(request, problem, _with_more(value, team, week, high)):
        low, high = high, 2.0 * high
    for _ in range(HALVES):
        middle = 0.5 * (low + high)
        enough = _reaches(request, problem, _with_more(value, team, week, middle))
        low, high = (low, middle) if enough else (middle, high)
    return float(np.ceil(high))


def _told(needed: MoreRoom, problem: Problem) -> str:
    when = "in every week" if needed.week is None else f"in the week of {problem.cells.weeks[needed.week]:%-d %B}"
    return f"{count(needed.units)} more {needed.team.unit} of capacity of {needed.team.name} {when}"
