"""Requests to the planner of the small company, end to end: each aim is reached, and nonsense is refused in a sentence."""

import numpy as np
import pytest

from tests.scenarios.problem.company import problem_of
from tests.scenarios.small_company import small_media_mix
from workbench.config.planning import Planning
from workbench.errors import InfeasiblePlan, SpecError
from workbench.scenarios.plan import make_plan
from workbench.scenarios.request import PlanRequest, answer_request
from workbench.scenarios.response import media_value


@pytest.fixture(scope="module")
def problem():
    return problem_of(horizon_weeks=4, max_change=0.8, groups={"brand": {"share_upper": 0.6}})


@pytest.fixture(scope="module")
def value(problem):
    return media_value(problem.response, problem.cells, problem.limits)


def asked(problem, value, **request):
    return answer_request(PlanRequest(**request), problem, value, currency="EUR")


def judged(value, plan) -> float:
    return float(value.worth(plan.spend).mean())


def test_the_default_budget_is_that_of_the_reference_period_and_the_plan_beats_it(problem, value):
    answered = asked(problem, value)
    reference = problem.cells.reference
    assert answered.budget == pytest.approx(reference.sum())
    assert answered.limits.keeps(answered.plan.spend)
    assert judged(value, answered.plan) > value.worth(reference).mean()
    assert answered.plan.judged <= answered.plan.bound


def test_every_aim_is_reached_within_the_limits(problem, value):
    worth = float(value.worth(problem.cells.reference).mean())
    profit = asked(problem, value, mode="profit", margin=0.6)
    least = asked(problem, value, mode="least_spend", target=worth)
    roas = asked(problem, value, mode="target_roas", target=1.8)
    for answered in (profit, least, roas):
        assert answered.limits.keeps(answered.plan.spend, 1e-6)
    rng = np.random.default_rng(3)
    for factor in rng.uniform(0.4, 1.3, 20):
        other = factor * problem.cells.reference
        assert 0.6 * value.worth(other).mean() - other.sum() <= profit.plan.bound
    assert judged(value, least.plan) >= worth * (1 - 1e-6)
    assert least.plan.spend.sum() < problem.cells.reference.sum()
    assert judged(value, roas.plan) >= 1.8 * roas.plan.spend.sum() * (1 - 1e-6)
    assert "no plan under" in least.told
    assert "no plan that spends more than" in roas.told


def test_a_cost_per_unit_is_a_return_in_units_of_the_kpi():
    media_mix = small_media_mix(draws=40, weeks=80)
    media_mix.posterior["value_per_kpi"][:] = 20.0
    problem = problem_of(horizon_weeks=4, media_mix=media_mix)
    value = media_value(problem.response, problem.cells, problem.limits)
    by_cost = asked(problem, value.in_units(np.full(2, 20.0)), mode="target_cpa", target=0.6)
    by_return = asked(problem, value, mode="target_roas", target=20.0 / 0.6)
    assert by_cost.plan.spend.sum() == pytest.approx(by_return.plan.spend.sum(), rel=0.01)
    assert by_cost.plan.spend.sum() / (judged(value, by_cost.plan) / 20.0) <= 0.6 * (1 + 1e-6)
    assert "per unit of the KPI" in by_cost.told


def test_a_goal_of_the_total_counts_what_comes_without_media(problem, value):
    rng = np.random.default_rng(4)
    anyway = 100_000.0 + 2_000.0 * rng.standard_normal((value.draws, 25))
    worth = float(value.worth(problem.cells.reference).mean())
    request = PlanRequest(mode="goal", target=100_000.0 + worth, probability=0.7)
    found = answer_request(request, problem, value, currency="EUR", without_media=anyway)
    totals = anyway + value.worth(found.plan.spend)[:, None]
    assert found.probability == pytest.approx(np.mean(totals >= request.target))
    assert found.probability >= 0.7
    assert found.limits.keeps(found.plan.spend, 1e-6)


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        ({"budget": float("nan")}, "budget is nan; give a positive amount"),
        ({"budget": 0.0}, "budget is 0.0"),
        ({"mode": "cheapest"}, "mode is 'cheapest'; choose budget, profit"),
        ({"mode": "target_roas"}, "mode target_roas has a target of None; give the value per unit of spend"),
        ({"mode": "goal", "target": float("inf")}, "mode goal has a target of inf; give the total"),
        ({"target": 3.0}, "mode budget takes no target, but it is 3.0"),
        ({"mode": "goal", "target": 9.0, "probability": 1.0}, "probability is 1.0; give a share"),
        ({"risk": 1.5}, "risk is 1.5"),
        ({"margin": 0.0}, "margin is 0.0"),
    ],
)
def test_a_request_that_means_nothing_is_refused(request_, sentence):
    with pytest.raises(SpecError, match=sentence):
        PlanRequest(**request_)


def test_a_cost_per_unit_of_money_is_refused():
    with pytest.raises(SpecError, match="target_cpa needs a KPI of conversions"):
        make_plan(
            small_media_mix(draws=10),
            Planning(),
            PlanRequest(mode="target_cpa", target=5.0),
            horizon_weeks=2,
            seed=1,
        )


def test_an_infeasible_budget_names_the_smallest_relaxation(problem, value):
    with pytest.raises(
        InfeasiblePlan, match=r"no plan keeps all limits with a budget of €100; it needs .* more budget"
    ):
        asked(problem, value, budget=100.0)
