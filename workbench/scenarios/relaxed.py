"""Requests answered, and where no plan reaches what is asked, by how much budget, room or width of limits it is missed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from workbench.errors import InfeasiblePlan, OutOfReach
from workbench.scenarios.capacity.more_room import more_room
from workbench.scenarios.capacity.value import CapacityValue
from workbench.scenarios.counted import Counted
from workbench.scenarios.problem import Problem
from workbench.scenarios.request import Answered, PlanRequest, answer_request
from workbench.scenarios.solve import BRISK, THOROUGH, Effort
from workbench.scenarios.wider import wider_limits
from workbench.wording import money, percent

HELPED_BY_BUDGET = ("least_spend", "goal")


def answer_or_relax(
    request: PlanRequest, problem: Problem, counts: Counted, *, currency: str, effort: Effort = THOROUGH
) -> Answered:
    """As `answer_request`; a refusal names the smallest relaxation of budget, of capacity and of limits that would do, as far as was found.

    Raises:
        SpecError: If the request can't mean anything.
        InfeasiblePlan: If no plan answers it.
    """
    try:
        return answer_request(
            request, problem, counts.value, currency=currency, without_media=counts.anyway, effort=effort
        )
    except OutOfReach as refused:
        ways = [*_more_budget(request, problem, counts, currency), *_more_room(request, problem, counts)]
        # Wider limits are looked for last: more money or more hands are decided sooner.
        ways = ways or [*_wider(request, problem, counts)]
        if not ways:
            raise
        raise OutOfReach(f"{refused}; it needs {', or '.join(ways)}") from refused


def _more_budget(request: PlanRequest, problem: Problem, counts: Counted, currency: str) -> Iterator[str]:
    if request.budget is None or request.mode not in HELPED_BY_BUDGET:
        return
    unlimited = replace(request, budget=None)
    try:
        found = answer_request(
            unlimited, problem, counts.value, currency=currency, without_media=counts.anyway, effort=BRISK
        )
    except InfeasiblePlan:
        return
    more = found.budget - request.budget
    yield f"about {percent(more / request.budget, 0)} more budget ({money(more, currency)})"


def _wider(request: PlanRequest, problem: Problem, counts: Counted) -> Iterator[str]:
    if (wider := wider_limits(request, problem, counts.value)) is not None:
        yield wider.sentence()


def _more_room(request: PlanRequest, problem: Problem, counts: Counted) -> Iterator[str]:
    if isinstance(counts.value, CapacityValue) and (needed := more_room(request, problem, counts.value)) is not None:
        yield needed.sentence(problem)
