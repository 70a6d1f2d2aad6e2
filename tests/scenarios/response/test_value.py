"""The compiled response against the response model, its gradient against differences, its envelope against a dense hull."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import ConvexHull

from tests.scenarios.response.worlds import cells_of, limits_of, random_response
from workbench.scenarios.response import media_value
from workbench.scenarios.response.kernel import HILL, envelope

FORMS = ("hill", "logistic", "michaelis_menten", "none")
ADSTOCKS = ("geometric", "delayed", "weibull", "geometric")


def mixed_world(seed=0, price=1.0, slope=1.8):
    response = random_response(channels=4, markets=2, draws=6, forms=FORMS, adstocks=ADSTOCKS, slope=slope, seed=seed)
    cells = cells_of(response, 5, price)
    return response, cells, limits_of(cells)


def random_plans(limits, count, seed=1):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        plan = rng.uniform(limits.lower, limits.upper) * (rng.random(limits.shape) < 0.8)
        yield np.maximum(plan, limits.lower)


def test_worth_is_what_the_response_model_says_over_spending_nothing_carry_out_included():
    response, cells, limits = mixed_world()
    value = media_value(response, cells, limits)
    after = np.broadcast_to(cells.reference.mean(axis=0), (response.carry_over_weeks, 2, 4))
    nothing = response.contribution(np.concatenate([np.zeros(cells.shape), after]))
    for plan in random_plans(limits, 5):
        expected = response.contribution(np.concatenate([plan, after])) - nothing
        np.testing.assert_allclose(value.weekly(plan), expected.sum(axis=3), rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(value.worth(plan), expected.sum(axis=(1, 2, 3)), rtol=1e-10)


def test_twice_the_price_buys_what_half_the_money_buys():
    response, cells, limits = mixed_world()
    dear = media_value(response, cells_of(response, 5, price=2.0), limits)
    np.testing.assert_allclose(
        dear.worth(limits.upper), media_value(response, cells, limits).worth(limits.upper / 2), rtol=1e-12
    )


def test_a_steep_curve_starts_from_nothing():
    """A power rule √(x / h), far below its half-saturation: value and slope at nothing are those of next to nothing."""
    response = random_response(channels=1, draws=1, lags=0)
    response = replace(response, half_saturation=np.full((1, 1, 1), 1e8), slope=np.full((1, 1), 0.5))
    cells = cells_of(response, 1)
    value = media_value(response, cells, limits_of(cells))
    plans = np.array([0.0, *np.geomspace(1.0, 1e3, 40)]).reshape(-1, 1, 1, 1)
    found = [value.gradient(plan, np.ones(1)) for plan in plans]
    np.testing.assert_allclose(
        [worth for worth, _ in found], [response.contribution(p).sum() for p in plans], rtol=1e-9
    )
    assert (np.diff([slope.item() for _, slope in found]) < 0).all()


@pytest.mark.parametrize("kind", ["gradient", "tangent"])
def test_gradients_are_differences(kind):
    response, cells, limits = mixed_world(seed=3)
    value = media_value(response, cells, limits)
    weights = np.random.default_rng(0).dirichlet(np.ones(value.draws))
    plan = 0.1 * limits.upper + 0.7 * np.random.default_rng(2).random(limits.shape) * limits.upper

    def at(spend):
        if kind == "gradient":
            return value.gradient(spend, weights)[0]
        return value.tangent(spend, weights).at(spend)

    slope = value.gradient(plan, weights)[1] if kind == "gradient" else value.tangent(plan, weights).slope
    step = 1e-6
    for cell in np.ndindex(*limits.shape):
        up, down = plan.copy(), plan.copy()
        up[cell] += step
        down[cell] -= step
        assert slope[cell] == pytest.approx((at(up) - at(down)) / (2 * step), rel=1e-5, abs=1e-7)


def test_a_sensitivity_by_draw_week_and_market_pulls_back_as_differences():
    response, cells, limits = mixed_world(seed=4)
    value = media_value(response, cells, limits)
    sensitivity = np.random.default_rng(0).random((value.draws, 5 + response.carry_over_weeks, 2))
    plan = 0.5 * limits.upper
    effect, slope = value.pull_back(plan, sensitivity)
    direction = np.random.default_rng(1).normal(size=limits.shape)
    change = (value.weekly(plan + 1e-6 * direction) - value.weekly(plan - 1e-6 * direction)) / 2e-6
    np.testing.assert_allclose(effect, value.weekly(plan))
    assert float(np.vdot(slope, direction)) == pytest.approx(float((sensitivity * change).sum()), rel=1e-6)


@pytest.mark.parametrize("kept", [0, 10**9])
@pytest.mark.parametrize("enveloped", [False, True])
def test_a_gradient_asked_for_later_is_that_asked_for_at_once(kept, enveloped, monkeypatch):
    monkeypatch.setattr("workbench.scenarios.response.value.KEPT", kept)
    response, cells, limits = mixed_world(seed=5)
    value, plan = media_value(response, cells, limits), 0.3 * limits.upper
    caused = value.caused(plan, enveloped=enveloped)
    sensitivity = np.random.default_rng(0).random(caused.weekly.shape)
    effect, slope = value.pull_back(plan, sensitivity, enveloped=enveloped)
    np.testing.assert_allclose(caused.weekly, effect, rtol=1e-12)
    np.testing.assert_allclose(caused.pull_back(sensitivity), slope, rtol=1e-12)


def chord_between(start, end, half, slope):
    """End, intercept and slope of the chord of a week without carry-over."""
    chords, one = np.empty((1, 1, 3, 1)), np.zeros(1, dtype=int)
    least, most, shape = np.array([[start]]), np.array([[end]]), (1, 1)
    envelope(least, most, one, one + HILL, np.ones((1, 1, 1)), np.full(shape, half), np.full(shape, slope), chords)
    return chords.ravel()


@given(start=st.floats(0, 3), width=st.floats(0.01, 8), half=st.floats(0.1, 4), slope=st.floats(0.5, 4))
@settings(max_examples=100, deadline=None)
def test_the_envelope_is_the_upper_hull_of_a_dense_curve(start, width, half, slope):
    """S-shaped or not, against the convex hull of 2,000 of its points."""
    at = np.linspace(start, start + width, 2001)
    share = at**slope / (half**slope + at**slope)
    end, intercept, rise = chord_between(start, start + width, half, slope)
    enveloped = np.where(at < end, intercept + rise * at, share)
    assert np.all(enveloped >= share - 1e-12)
    corners = np.append(np.column_stack([at, share]), [[at[-1], -1.0], [at[0], -1.0]], axis=0)
    hull = ConvexHull(corners).vertices
    top = np.sort(hull[hull < len(at)])
    np.testing.assert_allclose(enveloped, np.interp(at, at[top], share[top]), atol=2e-5)


@given(seed=st.integers(0, 10_000), slope=st.floats(0.7, 3.5))
@settings(max_examples=25, deadline=None)
def test_no_plan_is_worth_more_than_a_tangent_says(seed, slope):
    response, cells, limits = mixed_world(seed=seed, slope=slope)
    value = media_value(response, cells, limits)
    weights = np.random.default_rng(seed).dirichlet(np.ones(value.draws))
    touch, *plans = random_plans(limits, 30, seed)
    tangent = value.tangent(touch, weights)
    for plan in [*plans, limits.lower, limits.upper, touch]:
        assert float(weights @ value.worth(plan)) <= tangent.at(plan) + 1e-9


def test_a_smaller_domain_has_tighter_tangents_and_renews_only_what_changed():
    response, cells, limits = mixed_world(slope=3.0)
    value = media_value(response, cells, limits)
    weights = np.full(value.draws, 1 / value.draws)
    plan = 0.4 * limits.upper
    wide = value.tangent(plan, weights).at(plan)
    upper = limits.upper.copy()
    upper[:, 1, 0] = np.maximum(0.5 * upper[:, 1, 0], plan[:, 1, 0])
    narrow = limits.within(limits.lower, upper)
    renewed, fresh = (
        value.within(narrow).tangent(plan, weights),
        media_value(response, cells, narrow).tangent(plan, weights),
    )
    np.testing.assert_array_equal(renewed.slope, fresh.slope)
    assert value.worth(plan).mean() <= renewed.at(plan) < wide


def test_values_do_not_depend_on_how_draws_are_chunked():
    response, cells, limits = mixed_world()
    value = media_value(response, cells, limits)
    alone = [media_value(response.thinned(6), cells, limits).thinned(6).worth(limits.upper)]
    np.testing.assert_array_equal(value.worth(limits.upper), alone[0])
    assert value.thinned(3).draws == 3
