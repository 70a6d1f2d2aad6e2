"""What a plan brings until its last week, against the response model week by week."""

import numpy as np
import pytest

from tests.scenarios.response.worlds import cells_of, limits_of, random_response
from workbench.scenarios.response import HorizonValue, media_value


@pytest.fixture(scope="module")
def world():
    response = random_response(channels=3, markets=2, draws=6, forms=("hill", "logistic", "hill"), slope=1.8, seed=5)
    cells = cells_of(response, 5, 1.0)
    limits = limits_of(cells)
    return response, limits, HorizonValue(media_value(response, cells, limits), 5)


def test_carry_over_after_the_last_week_is_left_out(world):
    response, limits, value = world
    plan = 0.6 * limits.upper
    nothing = response.contribution(np.zeros(limits.shape))[:, :5]
    expected = (response.contribution(plan)[:, :5] - nothing).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(value.worth(plan), expected, rtol=1e-10)
    assert (value.worth(plan) < value.media.worth(plan)).all()


def test_the_gradient_is_that_of_differences_and_the_tangent_lies_above(world):
    _, limits, value = world
    weights = np.random.default_rng(0).dirichlet(np.ones(value.draws))
    rng = np.random.default_rng(1)
    plan, direction = 0.5 * limits.upper, rng.normal(size=limits.shape)
    reached, slope = value.gradient(plan, weights)
    step = (value.worth(plan + 1e-6 * direction) - value.worth(plan - 1e-6 * direction)) / 2e-6
    assert reached == pytest.approx(float(weights @ value.worth(plan)))
    assert float(np.vdot(slope, direction)) == pytest.approx(float(weights @ step), rel=1e-6)
    tangent = value.tangent(plan, weights)
    for other in (rng.uniform(0, limits.upper) for _ in range(50)):
        assert tangent.at(other) >= float(weights @ value.worth(other)) - 1e-9


def test_money_in_the_last_week_is_worth_less_by_the_date_than_in_the_first(world):
    _, limits, value = world
    weights = np.full(value.draws, 1 / value.draws)
    _, slope = value.gradient(0.5 * limits.upper, weights)
    _, lasting = value.media.gradient(0.5 * limits.upper, weights)
    assert (slope[-1] < lasting[-1]).all()
    np.testing.assert_allclose(value.thinned(3).worth(limits.upper), value.worth(limits.upper)[[0, 2, 5]])
