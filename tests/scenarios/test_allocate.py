"""Optima that are known in closed form or by trying everything."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.scenarios.examples import curves_of, hill
from workbench.scenarios.allocate import BRISK, allocate, within
from workbench.scenarios.limits import free_limits
from workbench.scenarios.objective import RiskDial

BUDGET = 10.0


def unlimited(curves):
    return free_limits(curves.channels, np.full(len(curves.channels), BUDGET))


def test_power_curves_are_split_by_the_power_rule():
    """max Σ k·x^p spends in proportion to k^(1 / (1 - p))."""
    factors, power = np.array([1.0, 2.0, 3.0]), 0.5
    curves = curves_of([lambda x, k=k: k * x**power for k in factors], BUDGET)
    plan = allocate(curves, unlimited(curves), BUDGET)
    shares = factors ** (1 / (1 - power))
    np.testing.assert_allclose(plan.spend, BUDGET * shares / shares.sum(), atol=0.02)
    assert plan.gap < 1e-6


def test_logarithmic_curves_are_filled_like_water():
    """max Σ k·log(1 + x/s) levels (x + s)/k; the weakest channel stays dry."""
    factor, scale = np.array([4.0, 2.0, 0.1]), np.array([1.0, 2.0, 3.0])
    curves = curves_of([lambda x, k=k, s=s: k * np.log1p(x / s) for k, s in zip(factor, scale, strict=True)], BUDGET)
    plan = allocate(curves, unlimited(curves), BUDGET)
    level = (BUDGET + scale[:2].sum()) / factor[:2].sum()
    np.testing.assert_allclose(plan.spend, [*(level * factor[:2] - scale[:2]), 0.0], atol=0.02)


@pytest.mark.parametrize("channels", [5, 10, 16])
def test_identical_s_shaped_channels_are_concentrated_on_as_many_as_pay(channels):
    """The optimum feeds m channels equally and starves the rest; the uniform split is worth far less."""
    curve = hill(half=1.0, slope=4.0)
    curves = curves_of([curve] * channels, 5.0)
    limits = free_limits(curves.channels, np.full(channels, 5.0))
    plan = allocate(curves, limits, 5.0)
    best = max(m * curve(np.array(5.0 / m)) for m in range(1, channels + 1))
    assert plan.value == pytest.approx(best, rel=1e-4)
    if channels == 10:
        assert plan.value > 2 * channels * curve(np.array(5.0 / channels))
    assert plan.bound >= best * (1 - 1e-9)
    assert plan.gap < 0.01


@st.composite
def problems(draw):
    count = draw(st.integers(2, 3))
    shapes = [(draw(st.floats(0.2, 6.0)), draw(st.floats(0.5, 5.0)), draw(st.floats(0.1, 3.0))) for _ in range(count)]
    lower = np.array([draw(st.floats(0.0, 1.0)) for _ in range(count)])
    upper = lower + np.array([draw(st.floats(0.5, 9.0)) for _ in range(count)])
    return curves_of([hill(*shape) for shape in shapes], BUDGET, nodes=257), lower, np.minimum(upper, BUDGET)


def two_plans_all_but_equal():
    """The bound's own plan leads to the second best hill, a thousandth lower."""
    shapes = [(0.59375, 1.5, 1.609375), (3.484375, 5.0, 0.9453125), (0.984375, 5.0, 1.625)]
    curves = curves_of([hill(*shape) for shape in shapes], BUDGET, nodes=257)
    return curves, np.array([0.0, 1.0, 0.0]), np.array([3.0, 4.0, 3.0])


@settings(max_examples=60, deadline=None)
@given(problems())
@example(two_plans_all_but_equal())
def test_no_plan_within_the_limits_beats_the_bound_or_the_plan(problem):
    curves, lower, upper = problem
    limits = free_limits(curves.channels, upper, lower)
    plan = allocate(curves, limits, 6.0)
    best = best_of_all(curves, limits, 6.0, points=61)
    assert plan.bound >= best * (1 - 1e-9)
    assert plan.bound >= plan.value * (1 - 1e-9)
    assert plan.value >= best * (1 - 1e-6)
    assert_feasible(plan, limits, 6.0)


@settings(max_examples=20, deadline=None)
@given(problems(), st.floats(0.05, 1.0), st.integers(0, 1000))
def test_the_bound_holds_for_risk_adjusted_plans(problem, risk, seed):
    single, lower, upper = problem
    noise = np.random.default_rng(seed).lognormal(0, 0.6, (len(single.channels), 1, 40))
    curves = type(single)(**{**vars(single), "value": single.value * noise})
    limits, dial = free_limits(curves.channels, upper, lower), RiskDial(risk)
    plan = allocate(curves, limits, 6.0, dial=dial)
    best = best_of_all(curves, limits, 6.0, points=25, risk=risk)
    assert plan.bound >= best * (1 - 1e-9)
    assert plan.value >= best * (1 - 0.005)
    assert_feasible(plan, limits, 6.0)


def test_a_cautious_dial_prefers_the_certain_channel():
    rng = np.random.default_rng(1)
    certain = np.full(400, 1.0)
    uncertain = rng.lognormal(0.0, 1.0, 400)
    uncertain *= 1.05 / uncertain.mean()
    curves = curves_of([lambda x: np.sqrt(x)[:, None] * certain, lambda x: np.sqrt(x)[:, None] * uncertain], BUDGET)
    shares = [allocate(curves, unlimited(curves), BUDGET, dial=RiskDial(risk)).spend[1] for risk in (0.0, 0.5, 1.0)]
    assert shares[0] > BUDGET / 2 > shares[1] > shares[2]


def test_money_that_would_lose_value_stays_unspent():
    curves = curves_of([lambda x: x * (4 - x), lambda x: x * (2 - x)], BUDGET)
    plan = allocate(curves, unlimited(curves), BUDGET)
    np.testing.assert_allclose(plan.spend, [2.0, 1.0], atol=0.02)
    assert plan.unspent == pytest.approx(7.0, abs=0.04)
    assert plan.bound == pytest.approx(5.0, rel=1e-3)


def test_a_brisk_answer_near_the_last_one_is_as_good_as_a_thorough_one():
    curves = curves_of([hill(0.5 + index, 1.0 + index / 4, 1 + index % 3) for index in range(8)], BUDGET)
    last = allocate(curves, unlimited(curves), BUDGET)
    brisk = allocate(curves, unlimited(curves), 1.03 * BUDGET, starts=[last.spend], effort=BRISK)
    thorough = allocate(curves, unlimited(curves), 1.03 * BUDGET)
    assert brisk.value == pytest.approx(thorough.value, rel=1e-4)


def test_a_plan_is_fitted_into_limits_and_budget():
    limits = free_limits(("a", "b"), np.array([4.0, 4.0]), np.array([1.0, 0.0]))
    np.testing.assert_allclose(within(limits, 5.0, np.array([9.0, 1.0])), [4.0, 1.0])
    np.testing.assert_allclose(within(limits, 3.0, np.array([9.0, 1.0])), [2.5, 0.5])
    np.testing.assert_allclose(within(limits, 1.0, np.array([9.0, 1.0])), [1.0, 0.0])


def best_of_all(curves, limits, budget, *, points, risk=0.0):
    """Try every plan of a grid; a tenth of the draws is the tail, which for 40 draws is 4 of them."""
    axes = [np.linspace(low, high, points) for low, high in zip(limits.lower, limits.upper, strict=True)]
    values = [
        np.stack([curves.at(np.full(len(axes), at))[channel] for at in axis]) for channel, axis in enumerate(axes)
    ]
    plans = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    choices = np.indices(plans.shape[:-1])
    outcomes = sum(value[choice] for value, choice in zip(values, choices, strict=True))
    tail = np.sort(outcomes, axis=-1)[..., : max(1, outcomes.shape[-1] // 10)]
    judged = (1 - risk) * outcomes.mean(axis=-1) + risk * tail.mean(axis=-1)
    return judged[plans.sum(axis=-1) <= budget].max()


def assert_feasible(plan, limits, budget):
    assert plan.spend.sum() <= budget * (1 + 1e-9)
    assert np.all(plan.spend >= limits.lower - 1e-9)
    assert np.all(plan.spend <= limits.upper + 1e-9)
