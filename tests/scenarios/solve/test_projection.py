"""The nearest point within limits, against scipy's general solvers and the conditions that characterise it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import minimize

from workbench.scenarios.problem import Limits, Rule
from workbench.scenarios.problem.rows import budget_rule
from workbench.scenarios.solve.projection import polytope_of


def random_limits(rng, cells=8, rows=3):
    inside = rng.uniform(0.2, 0.8, cells)
    matrix = rng.normal(size=(rows, cells)) * (rng.random((rows, cells)) < 0.6)
    reached = matrix @ inside
    rule = Rule(
        name="rows",
        reason="",
        kind="group",
        rows=sparse.csr_array(matrix),
        lower=np.where(rng.random(rows) < 0.5, reached - 0.1, -np.inf),
        upper=np.where(rng.random(rows) < 0.7, reached + 0.1, np.inf),
        size=1.0,
    )
    shape = (cells, 1, 1)
    budget = budget_rule(cells, float(inside.sum()) + 0.05)
    return Limits(lower=np.zeros(shape), upper=np.ones(shape), rules=(budget, rule))


@given(seed=st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_the_projection_is_that_of_a_general_solver(seed):
    rng = np.random.default_rng(seed)
    limits = random_limits(rng)
    polytope = polytope_of(limits)
    point = rng.normal(0.5, 1.5, limits.size)
    near, _ = polytope.project(point)
    sides = []
    for row, low, high in zip(limits.rows.toarray(), limits.row_lower, limits.row_upper, strict=True):
        if np.isfinite(high):
            sides.append({"type": "ineq", "fun": lambda x, a=row, b=high: b - a @ x})
        if np.isfinite(low):
            sides.append({"type": "ineq", "fun": lambda x, a=row, b=low: a @ x - b})
    found = minimize(
        lambda x: 0.5 * np.sum((x - point) ** 2),
        np.full(limits.size, 0.5),
        jac=lambda x: x - point,
        bounds=[(0, 1)] * limits.size,
        constraints=sides,
        method="SLSQP",
        options={"ftol": 1e-12, "maxiter": 500},
    )
    assert limits.violation(near.reshape(limits.shape)) < 1e-8
    assert np.sum((near - point) ** 2) == pytest.approx(np.sum((found.x - point) ** 2), rel=1e-6, abs=1e-6)


def test_a_budget_alone_is_kept_to_the_last_cent():
    limits = Limits(lower=np.zeros((4, 1, 1)), upper=np.full((4, 1, 1), 10.0), rules=(budget_rule(4, 12.0),))
    near, multipliers = polytope_of(limits).project(np.array([9.0, 5.0, 1.0, -3.0]) / polytope_of(limits).scale)
    spend = near * polytope_of(limits).scale
    np.testing.assert_allclose(spend, [8.0, 4.0, 0.0, 0.0], atol=1e-9)
    assert spend.sum() <= 12.0
    assert multipliers[0] > 0


@given(seed=st.integers(0, 10_000), start=st.sampled_from([None, 1.0, 30.0]))
@settings(max_examples=200, deadline=None)
def test_rows_are_kept_and_full_where_pushed_to_eleven_digits_from_any_start(seed, start):
    rng = np.random.default_rng(seed)
    polytope = polytope_of(random_limits(rng, cells=24, rows=8))
    point = rng.normal(0.5, 3.0, 24)
    guess = None if start is None else np.where(np.isfinite(polytope.row_upper), start * rng.random(9), 0.0)
    near, multipliers = polytope.project(point, guess)
    reached = polytope.rows @ near
    held = np.where(multipliers > 0, polytope.row_upper, np.where(multipliers < 0, polytope.row_lower, reached))
    size = np.abs(np.concatenate([polytope.row_upper, polytope.row_lower, polytope.upper]))
    within = 1e-11 * size[np.isfinite(size)].max()
    np.testing.assert_allclose(near, np.clip(point - polytope.rows.T @ multipliers, polytope.lower, polytope.upper))
    np.testing.assert_allclose(reached, held, rtol=0, atol=within)
    assert np.all(reached <= polytope.row_upper + within)
    assert np.all(reached >= polytope.row_lower - within)
