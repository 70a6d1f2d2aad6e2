"""A channel that was never tried returns what the opinion on it says."""

import numpy as np

from tests.scenarios.problem.company import problem_of

PODCAST = {"roas": {"lower": 0.5, "upper": 3.0}, "test_budget": 26_000.0, "like": "tv"}


def test_the_test_budget_returns_in_the_long_run_what_the_opinion_says():
    problem = problem_of(untried={"podcast": PODCAST})
    response = problem.response
    assert response.channels == ("tv", "search", "social", "podcast")
    spend = np.zeros((2, 4))
    spend[:, 3] = 2000.0 * response.spend_history[:, :, 0].sum(axis=0) / response.spend_history[:, :, 0].sum()
    roas = response.steady_contribution(spend)[:, :, 3].sum(axis=1) / 2000.0
    middle, spread = np.log([0.5, 3.0]).mean(), np.log(6.0) / (2 * 1.6448536)
    np.testing.assert_allclose(np.log(roas).mean(), middle, atol=0.05)
    np.testing.assert_allclose(np.log(roas).std(), spread, rtol=0.12)


def test_it_carries_over_and_saturates_in_money_like_its_model():
    response = problem_of(untried={"podcast": PODCAST}).response
    np.testing.assert_array_equal(response.lag_weights[3], response.lag_weights[0])
    money = np.zeros((2, 2, 4))
    money[0, :, [0, 3]], money[1, :, [0, 3]] = 500.0, 1500.0
    one, three = response.steady_contribution(money).transpose(1, 0, 2, 3)
    np.testing.assert_allclose(three[..., 3] / one[..., 3], three[..., 0] / one[..., 0])


def test_it_gets_at_most_its_test_budget_and_a_month_of_it_in_a_week():
    problem = problem_of(untried={"podcast": PODCAST})
    (rule,) = [rule for rule in problem.limits.rules if "podcast" in rule.name]
    assert rule.upper == 26_000.0
    np.testing.assert_allclose(problem.limits.upper[:, :, 3].sum(axis=1), 4 * 2000.0)
    assert not problem.limits.lower[:, :, 3].any()
