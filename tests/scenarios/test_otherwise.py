"""A plan asked otherwise is as good as one that planning makes from the media mix under those limits, and its bound holds."""

import numpy as np
import pytest

from tests.scenarios.small_company import small_media_mix
from workbench.config.planning import Group, Planning
from workbench.errors import InfeasiblePlan
from workbench.result import Provenance
from workbench.scenarios import PlanRequest, plan_budget
from workbench.scenarios.objective import Objective, RiskDial
from workbench.scenarios.otherwise import Otherwise, ground_otherwise, horizons, unasked
from workbench.scenarios.problem import build_problem
from workbench.scenarios.response import media_value
from workbench.scenarios.solve import THOROUGH, solve

WEEKS = 6


@pytest.fixture(scope="module")
def media_mix():
    return small_media_mix(draws=200)


@pytest.fixture(scope="module")
def saved(media_mix):
    return plan_budget(
        media_mix, Planning(), PlanRequest(risk=0.2), horizon_weeks=WEEKS, provenance=Provenance(), seed=1
    )


CASES = {
    "fewer weeks": (Otherwise(horizon_weeks=4), Planning()),
    "more weeks": (Otherwise(horizon_weeks=10), Planning()),
    "smaller changes": (Otherwise(horizon_weeks=WEEKS, max_change=0.2), Planning(max_change=0.2)),
}


@pytest.mark.parametrize("risk", [0.0, 0.6])
@pytest.mark.parametrize(("asked", "planning"), CASES.values(), ids=CASES)
def test_it_is_what_a_thorough_search_from_the_media_mix_finds(media_mix, saved, asked, planning, risk):
    ground = ground_otherwise(saved, asked)
    problem = build_problem(
        media_mix.response, media_mix.weeks[-1], planning, horizon_weeks=asked.horizon_weeks, currency="EUR"
    )
    np.testing.assert_allclose(ground.problem.cells.reference, problem.cells.reference)
    np.testing.assert_allclose(ground.problem.limits.upper, problem.limits.upper)
    budget = 1.1 * float(problem.cells.reference.sum())
    told, _ = ground.answer(budget, risk)
    limits, dial = problem.limits.with_budget(budget), RiskDial(risk)
    value = media_value(ground.problem.response, ground.problem.cells, problem.limits)
    thorough = solve(value, limits, Objective(dial=dial), starts=[problem.cells.reference], effort=THOROUGH)
    assert limits.violation(told.spend) <= 1e-6 * budget
    assert told.judged == pytest.approx(dial.value(value.worth(told.spend)))
    assert told.judged >= 0.995 * thorough.judged
    assert told.bound >= thorough.judged * (1 - 1e-9)


def test_bounds_of_a_channel_hold_as_shares_of_its_current_spend(saved):
    asked = Otherwise(horizon_weeks=WEEKS, bounds={"tv": (0.9, 0.95)})
    told, held = ground_otherwise(saved, asked).answer(saved.budget, 0.0)
    current = float(saved.reference[:, :, 0].sum())
    assert 0.9 * current * (1 - 1e-6) <= told.channel_spend[0] <= 0.95 * current * (1 + 1e-6)
    assert held[0] == "within the bounds asked for"
    assert isinstance(ground_otherwise(saved, asked).problem.planning.groups["tv within the bounds asked for"], Group)


def test_what_no_plan_keeps_is_refused(saved):
    asked = Otherwise(horizon_weeks=WEEKS, max_change=0.05)
    with pytest.raises(InfeasiblePlan):
        ground_otherwise(saved, asked).answer(0.5 * saved.budget, 0.0)


def test_weeks_may_be_fewer_or_more_where_nothing_but_media_is_planned(saved):
    assert unasked(saved) == ""
    assert horizons(saved) == range(4, 27)
