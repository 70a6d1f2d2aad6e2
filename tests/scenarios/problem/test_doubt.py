"""Spend beyond experience is docked: by hand, by finite differences, and under its own tangents."""

import numpy as np
import pytest

from tests.scenarios.problem.company import problem_of
from tests.scenarios.small_company import small_media_mix
from workbench.config.planning import Planning
from workbench.result import Provenance
from workbench.scenarios import plan_budget
from workbench.scenarios.problem import doubted
from workbench.scenarios.request import PlanRequest, answer_request
from workbench.scenarios.response import media_value


def test_a_unit_beyond_the_most_that_ever_acted_loses_its_share_of_the_return_there():
    problem = problem_of(horizon_weeks=3, beyond_observed="penalise", doubt=0.4, price={"search": 1.25})
    value = media_value(problem.response, problem.cells, problem.limits)
    careful = doubted(value, problem.cells, problem.doubt)
    observed = problem.cells.observed[0]
    returned = problem.response.steady_contribution(observed).mean(axis=0) / observed
    spend = np.zeros(problem.cells.shape)
    known = 1.25 * observed[0, 1]
    spend[0, 0, 1] = known + 0.02 * known
    spend[1, 0, 1] = known + 100.0
    spend[2, 1, 0] = observed[1, 0] - 1.0
    lost = value.worth(spend) - careful.worth(spend)
    gradual = 0.05 * known
    whole = (0.02 * known) ** 2 / (2 * gradual) + 100.0 - gradual / 2
    np.testing.assert_allclose(lost, 0.4 * returned[0, 1] / 1.25 * whole)


def test_gradients_and_tangents_are_those_of_the_docked_value():
    problem = problem_of(horizon_weeks=3, beyond_observed="penalise")
    value = doubted(media_value(problem.response, problem.cells, problem.limits), problem.cells, problem.doubt)
    rng = np.random.default_rng(1)
    weights = rng.dirichlet(np.ones(value.draws))
    lower, upper = problem.limits.lower, problem.limits.upper
    at = lower + rng.uniform(size=lower.shape) * (upper - lower)
    height, slope = value.gradient(at, weights)
    np.testing.assert_allclose(height, weights @ value.worth(at))
    move = rng.standard_normal(lower.shape)
    ahead, behind = (float(weights @ value.worth(at + step * move)) for step in (1e-3, -1e-3))
    np.testing.assert_allclose(np.vdot(slope, move), (ahead - behind) / 2e-3, rtol=1e-5)
    tangent = value.tangent(at, weights)
    for _ in range(200):
        other = lower + rng.uniform(size=lower.shape) * (upper - lower)
        assert weights @ value.worth(other) <= tangent.at(other) * (1 + 1e-9)


def test_a_plan_under_doubt_goes_less_far_beyond_experience():
    plans = {}
    for how in ("warn", "penalise"):
        problem = problem_of(horizon_weeks=3, max_change=1.0, beyond_observed=how, doubt=1.0)
        value = media_value(problem.response, problem.cells, problem.limits)
        budget = 1.6 * float(problem.cells.reference.sum())
        plans[how] = answer_request(PlanRequest(budget=budget), problem, value, currency="EUR").plan
    beyond = {how: np.maximum(plan.spend - problem.cells.observed, 0.0).sum() for how, plan in plans.items()}
    assert beyond["penalise"] < 0.7 * beyond["warn"]


def test_plans_found_ahead_are_judged_as_the_plan_is():
    """With all docked, no budget of the slider buys what nobody tried, and its bounds are those of docked plans."""
    docked = plan_budget(
        small_media_mix(draws=20),
        Planning(max_change=1.0, beyond_observed="penalise", doubt=1.0),
        PlanRequest(budget=12_000.0),
        horizon_weeks=3,
        provenance=Provenance(),
        seed=1,
    )
    assert docked.estimate("optimality_gap", "plan").estimate < 0.005
    judged = docked.judged.worth(docked.spend).mean()
    assert judged < docked.media.worth(docked.spend).mean()
    same = docked.judged.worth(docked.ahead.plan(docked.budget, 0.0)).mean()
    assert same == pytest.approx(judged, rel=5e-3)
    for budget in docked.ahead.budgets:
        assert docked.judged.worth(docked.ahead.plan(budget, 0.0)).mean() <= docked.ahead.bound_at(budget, 0.0)
