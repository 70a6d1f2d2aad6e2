"""The numpy response that plans and apps evaluate."""

import subprocess
import sys

import numpy as np
import pytest

from workbench.errors import SpecError
from workbench.mmm.response import ResponseModel


@pytest.fixture(scope="module")
def response() -> ResponseModel:
    rng = np.random.default_rng(0)
    draws, markets, channels, weeks = 20, 2, 3, 30
    return ResponseModel(
        markets=("north", "south"),
        channels=("tv", "search", "mail"),
        saturation=("hill", "logistic", "none"),
        adstock=("geometric", "delayed", "weibull"),
        carry_over_weeks=8,
        half_life=rng.uniform(0.4, 2.0, (draws, channels)),
        carry_over_shape=rng.uniform(0.7, 1.5, (draws, channels)),
        half_saturation=rng.uniform(50, 150, (draws, markets, channels)),
        slope=rng.uniform(0.7, 1.8, (draws, channels)),
        coefficient=rng.uniform(1, 5, (draws, markets, channels)),
        effectiveness=np.zeros((draws, channels, 1)),
        effectiveness_ramps=np.zeros((1, weeks)),
        exposure_per_spend=rng.uniform(5, 10, (markets, channels)),
        value_per_kpi=np.array([2.0, 3.0]),
        spend_history=rng.uniform(5, 20, (weeks, markets, channels)),
        exposure_history=rng.uniform(50, 200, (weeks, markets, channels)),
    )


def test_a_constant_plan_settles_at_the_steady_contribution(response):
    spend = np.full((20, 2, 3), 12.0)
    np.testing.assert_allclose(response.contribution(spend)[:, -1], response.steady_contribution(spend[0]))


def test_a_plan_continues_the_history(response):
    whole = response.kpi_of_exposure(response.exposure_history, response.exposure_history[:0])
    head, tail = response.exposure_history[:20], response.exposure_history[20:]
    np.testing.assert_allclose(response.kpi_of_exposure(tail, head), whole[:, 20:])
    assert response.carry_in == pytest.approx(response.exposure_history[-8:])


def test_the_next_unit_of_spend_is_the_derivative(response):
    spend, step = np.full((2, 3), 12.0), 1e-4
    slope = (response.steady_contribution(spend + step) - response.steady_contribution(spend - step)) / (2 * step)
    np.testing.assert_allclose(response.steady_marginal(spend), slope, rtol=1e-6)


def test_growth_is_the_derivative_by_all_exposure_in_proportion(response):
    exposure, history, step = response.exposure_history[10:], response.exposure_history[:10], 1e-6
    up, down = (response.kpi_of_exposure(exposure * f, history * f) for f in (1 + step, 1 - step))
    np.testing.assert_allclose(
        response.kpi_growth_of_exposure(exposure, history), (up - down) / (2 * step), rtol=1e-6, atol=1e-8
    )


def test_a_channel_curve_splits_spend_over_markets_as_in_the_history(response):
    shares = response.spend_history[..., 1].sum(axis=0) / response.spend_history[..., 1].sum()
    spend = np.zeros((2, 3))
    spend[:, 1] = 40.0 * shares
    expected = response.steady_contribution(spend)[..., 1].sum(axis=1)
    np.testing.assert_allclose(response.channel_curve("search", np.array([40.0]))[:, 0], expected)


def test_no_spend_causes_nothing(response):
    nothing = response.contribution(np.zeros((5, 2, 3)), np.zeros((8, 2, 3)))
    np.testing.assert_array_equal(nothing, 0.0)


@pytest.mark.parametrize(("spend", "words"), [(np.ones((4, 2, 2)), "shape"), (np.full((4, 2, 3), -1.0), "negative")])
def test_impossible_plans_are_refused(response, spend, words):
    with pytest.raises(SpecError, match=words):
        response.contribution(spend)


def test_reading_a_result_never_imports_the_model():
    code = "import sys, workbench.mmm.result; print({'pymc', 'pytensor', 'nutpie', 'numba'} & set(sys.modules))"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "set()"
