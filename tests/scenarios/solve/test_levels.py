"""The dynamic programme against HiGHS' mixed-integer one, and plans and bounds of steep problems against both."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from tests.scenarios.response.worlds import cells_of, limits_of, random_response
from workbench.scenarios.response import media_value
from workbench.scenarios.solve import solve
from workbench.scenarios.solve.levels import best_choice


def by_milp(gains: np.ndarray, costs: np.ndarray, budget: float) -> float:
    """One level a group, their costs within the budget, by HiGHS: the most that gains sum to."""
    groups, levels = gains.shape
    one = sparse.kron(sparse.eye_array(groups), np.ones((1, levels)))
    found = milp(
        -gains.ravel(),
        constraints=[LinearConstraint(one, 1, 1), LinearConstraint(costs.reshape(1, -1), ub=budget)],
        integrality=np.ones(gains.size),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 1e-9},
    )
    return -found.fun


@given(seed=st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_the_best_levels_are_those_of_a_mixed_integer_programme(seed):
    rng = np.random.default_rng(seed)
    gains, costs = rng.normal(size=(6, 5)), rng.integers(0, 20, (6, 5))
    costs[:, 0] = 0
    budget = int(rng.integers(0, 60))
    chosen = best_choice(gains, costs, budget)
    groups = np.arange(6)
    assert costs[groups, chosen].sum() <= budget
    assert gains[groups, chosen].sum() == pytest.approx(by_milp(gains, costs, budget), abs=1e-9)


@pytest.mark.parametrize("seed", [0, 3])
def test_a_steep_plan_is_as_good_as_the_best_on_a_grid_and_its_bound_is_above_it(seed):
    """Weeks that act alone make a separable problem: every cell on a grid of its own, chosen exactly by HiGHS.

    In such weeks sharing evenly is where climbs end, up to a sixth below the best.
    """
    response = random_response(channels=5, draws=12, lags=0, slope=2.8, seed=seed)
    response = replace(response, half_life=np.full_like(response.half_life, 1e-3))
    cells = cells_of(response, 4)
    limits = limits_of(cells, most=4.0)
    value = media_value(response, cells, limits)
    plan = solve(value, limits)
    grid, gains, costs = np.linspace(0, 1, 25), np.empty((20, 25)), np.empty((20, 25))
    for cell in range(20):
        for level, share in enumerate(grid):
            alone = np.zeros(limits.shape)
            alone.ravel()[cell] = share * limits.upper.ravel()[cell]
            gains[cell, level], costs[cell, level] = value.worth(alone).mean(), alone.sum()
    best = by_milp(gains, costs, limits.budget)
    assert plan.judged >= best * (1 - 1e-3)
    assert plan.bound >= best
    assert plan.gap < 0.05
