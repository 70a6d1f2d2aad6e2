"""Requests under capacity: a refusal names the room that would be enough, and that room is enough."""

import re
from dataclasses import replace

import numpy as np
import pytest

from tests.scenarios.capacity.fakes import team
from tests.scenarios.problem.company import problem_of
from tests.scenarios.small_company import small_media_mix
from workbench.errors import InfeasiblePlan
from workbench.scenarios.capacity import CapacityValue, more_room
from workbench.scenarios.counted import Counted
from workbench.scenarios.problem import Problem
from workbench.scenarios.relaxed import answer_or_relax
from workbench.scenarios.request import PlanRequest
from workbench.scenarios.response import media_value
from workbench.scenarios.solve import BRISK, solve


@pytest.fixture(scope="module")
def problem() -> Problem:
    return problem_of(horizon_weeks=4, media_mix=small_media_mix(draws=30, weeks=80), max_change=0.5)


@pytest.fixture(scope="module")
def company(problem: Problem) -> CapacityValue:
    media = media_value(problem.response, problem.cells, problem.limits)
    crew = team([700.0, 520.0, *[700.0] * 10], markets=(0, 1), load=np.array([0.1, 0.1]), retention=0.0, step=10.0)
    return CapacityValue(media=media, demand=np.full((30, 12, 2), 2500.0), teams=(crew,))


def test_a_goal_counts_what_is_served_anyway_within_the_horizon(company: CapacityValue):
    # Two markets bring 250 units of €10 each; nobody is turned away without media.
    np.testing.assert_allclose(company.until(4).anyway, 4 * 5000.0)
    full = company.with_teams((team(np.full(12, 100.0), markets=(0, 1), load=np.array([0.1, 0.1]), retention=0.0),))
    np.testing.assert_allclose(full.until(4).anyway, 4 * 1000.0)


def test_a_refusal_names_room_that_is_enough_and_hardly_more(company: CapacityValue, problem: Problem):
    budget = float(problem.cells.reference.sum())
    most = answer_or_relax(
        PlanRequest(budget=budget), problem, Counted(value=company), currency="EUR", effort=BRISK
    ).plan
    free = company.media.worth(most.spend).mean()
    target = 0.5 * most.judged + 0.5 * free
    assert target > 1.01 * most.bound
    request = PlanRequest(mode="least_spend", budget=budget, target=target)
    with pytest.raises(InfeasiblePlan) as refused:
        answer_or_relax(request, problem, Counted(value=company), currency="EUR", effort=BRISK)
    needed = re.search(
        r"it needs .*about (\d+) more leads of capacity of sales in the week of 21 July$", str(refused.value)
    )
    assert needed is not None, str(refused.value)

    def most_with(units: float) -> float:
        room = company.teams[0].room + units * (np.arange(12) == 1)
        more = replace(company, teams=(company.teams[0].with_room(room),))
        return solve(more, problem.limits.with_budget(budget), starts=(most.spend,), effort=BRISK).judged

    assert most_with(float(needed[1])) >= target * (1 - 1e-6)
    assert most_with(0.9 * float(needed[1])) < target


def test_no_room_helps_where_media_themselves_fall_short(company: CapacityValue, problem: Problem):
    beyond = 10 * float(company.media.worth(problem.limits.upper).mean())
    request = PlanRequest(mode="least_spend", target=beyond)
    assert more_room(request, problem, company) is None
    with pytest.raises(InfeasiblePlan) as refused:
        answer_or_relax(request, problem, Counted(value=company), currency="EUR", effort=BRISK)
    assert "capacity" not in str(refused.value)
