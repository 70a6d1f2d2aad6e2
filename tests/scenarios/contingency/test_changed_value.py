"""What media return in a changed world, against the response model itself; limits of which a part stands."""

import numpy as np
import pytest

from tests.scenarios.problem.company import problem_of
from workbench.scenarios.contingency.changed_value import value_in_state
from workbench.scenarios.contingency.held import held
from workbench.scenarios.contingency.states import State

WEEKS = 6
STATE = State(
    name="rival", kind="opportunity", probability=0.1, budget=1.0, response={"search": 1.5, "tv": 0.5},
    price={"social": 2.0}, from_week=2,
)  # fmt: skip


@pytest.fixture(scope="module")
def problem():
    return problem_of(horizon_weeks=WEEKS)


@pytest.fixture(scope="module")
def value(problem):
    return value_in_state(problem.response, problem.cells, problem.limits, STATE)


def by_hand(problem, spend):
    """Weekly contributions of the response model times the factors, less those of spending nothing."""
    response, longest = problem.response, problem.response.carry_over_weeks
    price = np.ones((WEEKS, 1, 3))
    price[2:, :, problem.cells.channels.index("social")] = 2.0
    factor = np.ones((WEEKS + longest, 3))
    factor[2:, problem.cells.channels.index("search")] = 1.5
    factor[2:, problem.cells.channels.index("tv")] = 0.5
    after = np.broadcast_to(problem.cells.after, (longest, *spend.shape[1:]))
    caused, nothing = (
        response.contribution(np.concatenate([plan / price, after])) for plan in (spend, np.zeros_like(spend))
    )
    return np.einsum("dtmc,tc->d", caused - nothing, factor)


def plans(problem, count, seed):
    rng = np.random.default_rng(seed)
    room = problem.limits.upper - problem.limits.lower
    return problem.limits.lower + rng.uniform(size=(count, *room.shape)) * room


def test_the_worth_is_that_of_the_response_model_with_the_states_factors(problem, value):
    for spend in plans(problem, 5, seed=1):
        np.testing.assert_allclose(value.worth(spend), by_hand(problem, spend), rtol=1e-9)


def test_the_gradient_is_that_of_finite_differences(problem, value):
    (spend,) = plans(problem, 1, seed=2)
    weights = np.random.default_rng(3).dirichlet(np.ones(value.draws))
    _, slope = value.gradient(spend, weights)
    for cell in [(0, 0, 0), (1, 1, 1), (2, 0, 2), (5, 1, 0)]:
        step = np.zeros_like(spend)
        step[cell] = 1e-3 * spend[cell]
        rise = weights @ (by_hand(problem, spend + step) - by_hand(problem, spend - step)) / (2 * step[cell])
        assert slope[cell] == pytest.approx(rise, rel=1e-4)


def test_no_plan_is_worth_more_than_a_tangent(problem, value):
    weights = np.full(value.draws, 1 / value.draws)
    for touched in plans(problem, 4, seed=4):
        tangent = value.tangent(touched, weights)
        for spend in plans(problem, 100, seed=5):
            assert value.worth(spend).mean() <= tangent.at(spend) + 1e-6


def test_choices_that_stand_are_made_and_others_stay_open():
    problem = problem_of(horizon_weeks=WEEKS, all_or_nothing={"tv": {"spend": 500.0, "per": "week"}})
    limits = problem.limits
    assert limits.switches
    planned = limits.upper / 2
    past = (np.arange(WEEKS) < 2)[:, None, None]
    part = held(limits, np.where(past, planned, limits.lower), np.where(past, planned, limits.upper))
    in_past = [switch for switch in limits.switches if (switch.cells < 2 * planned[0].size).all()]
    assert len(part.switches) == len(limits.switches) - len(in_past)
    off = held(limits, np.where(past, 0.0, limits.lower), np.where(past, 0.0, limits.upper))
    assert len(off.switches) == len(limits.switches)
    grown = held(limits, planned, limits.upper)
    assert not grown.switches
    assert len(grown.rules) == len(limits.rules) + len(limits.switches)
