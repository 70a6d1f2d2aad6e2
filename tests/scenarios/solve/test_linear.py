"""The most of a linear function within limits, against vertices found by brute force; its bound against any multipliers."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import linprog

from tests.scenarios.solve.test_projection import random_limits
from workbench.errors import InfeasiblePlan
from workbench.scenarios.problem import Limits, Rule, Switch, Tangent
from workbench.scenarios.problem.rows import budget_rule
from workbench.scenarios.solve import linear_max, most_under
from workbench.scenarios.solve.linear import dual_bound, nearest
from workbench.scenarios.solve.switched import switched


@given(seed=st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_any_multipliers_give_a_valid_bound_and_those_found_an_exact_one(seed):
    rng = np.random.default_rng(seed)
    limits = random_limits(rng)
    slope = rng.normal(size=limits.shape)
    answer = linear_max(slope, limits)
    assert limits.keeps(answer.spend)
    assert answer.bound == pytest.approx(float(np.vdot(slope, answer.spend)), abs=1e-8)
    guess = dual_bound(Tangent(constant=0.0, slope=slope), limits, rng.normal(size=len(limits.row_lower)))
    assert guess >= answer.bound - 1e-9


def test_a_budget_alone_is_filled_greedily():
    limits = Limits(lower=np.full((3, 1, 1), 1.0), upper=np.full((3, 1, 1), 5.0), rules=(budget_rule(3, 8.0),))
    answer = linear_max(np.array([1.0, 3.0, 2.0]).reshape(3, 1, 1), limits)
    np.testing.assert_allclose(answer.spend.ravel(), [1.0, 5.0, 2.0])
    assert answer.bound == pytest.approx(20.0)
    assert answer.multipliers[0] == 2.0


def test_money_that_loses_value_stays_unspent():
    limits = Limits(lower=np.zeros((2, 1, 1)), upper=np.full((2, 1, 1), 5.0), rules=(budget_rule(2, 8.0),))
    answer = linear_max(np.array([1.0, -1.0]).reshape(2, 1, 1), limits)
    assert answer.spend.sum() == 5.0
    assert answer.bound == pytest.approx(5.0)


def switched_limits(rng, cells=6):
    switches = tuple(
        Switch(name=f"s{k}", reason="", cells=np.array([2 * k, 2 * k + 1]), least=rng.uniform(0.6, 1.4), most=2.0)
        for k in range(cells // 2)
    )
    shape = (cells, 1, 1)
    budget = budget_rule(cells, float(rng.uniform(1.5, 3.5)))
    return Limits(lower=np.zeros(shape), upper=np.ones(shape), rules=(budget,), switches=switches)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_all_or_nothing_is_the_best_of_all_patterns(seed):
    """Against each pattern's own linear programme."""
    rng = np.random.default_rng(seed)
    limits = switched_limits(rng)
    slopes = [rng.uniform(-0.2, 2.0, limits.shape) for _ in range(2)]
    tangents = [Tangent(constant=rng.uniform(0, 1), slope=slope) for slope in slopes]
    best = -np.inf
    for pattern in itertools.product([False, True], repeat=len(limits.switches)):
        try:
            best = max(best, most_under(tangents, switched(limits, np.array(pattern))).bound)
        except InfeasiblePlan:
            continue
    answer = most_under(tangents, limits)
    assert limits.keeps(answer.spend)
    assert best - 1e-9 <= answer.bound <= best * (1 + 2e-4) + 1e-6


def test_the_least_of_several_tangents_is_less_than_each_alone():
    limits = Limits(lower=np.zeros((2, 1, 1)), upper=np.ones((2, 1, 1)), rules=(budget_rule(2, 1.0),))
    tangents = [Tangent(constant=0.0, slope=np.array(s).reshape(2, 1, 1)) for s in ([1.0, 0.0], [0.0, 1.0])]
    assert most_under(tangents, limits).bound == pytest.approx(0.5)
    assert min(most_under([tangent], limits).bound for tangent in tangents) == pytest.approx(1.0)


def test_limits_that_contradict_each_other_are_refused():
    ones = sparse.csr_array(np.ones((1, 2)))
    least = Rule(
        name="g", reason="", kind="group", rows=ones, lower=np.array([1.5]), upper=np.array([np.inf]), size=1.0
    )
    limits = Limits(lower=np.zeros((2, 1, 1)), upper=np.ones((2, 1, 1)), rules=(budget_rule(2, 1.0), least))
    with pytest.raises(InfeasiblePlan, match="keeps all limits"):
        linear_max(np.ones((2, 1, 1)), limits)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_the_nearest_plan_moves_least_money(seed):
    rng = np.random.default_rng(seed)
    limits = random_limits(rng)
    spend = rng.random(limits.shape)
    near = nearest(spend, limits)
    assert limits.keeps(near)
    size = limits.size
    sides = sparse.vstack([limits.rows, -limits.rows])
    right = np.concatenate([limits.row_upper, -limits.row_lower])
    eye = sparse.eye_array(size)
    away = sparse.block_array([[sides, None], [eye, -eye], [-eye, -eye]]).tocsr()
    wanted = np.concatenate([right, spend.ravel(), -spend.ravel()])
    kept = np.isfinite(wanted)
    cost = np.concatenate([np.zeros(size), np.ones(size)])
    least = linprog(
        cost, A_ub=away[np.flatnonzero(kept)], b_ub=wanted[kept], bounds=[(0, 1)] * size + [(0, None)] * size
    )
    assert np.abs(near - spend).sum() == pytest.approx(least.fun, abs=1e-7)
