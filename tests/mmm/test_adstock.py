import numba
import numpy as np
import pytest
from scipy import stats

from workbench.mmm.density.lag_weights import ADSTOCK_FORMS
from workbench.mmm.density.lag_weights import lag_weights as weights_in_density
from workbench.mmm.shapes.adstock import adstock, lag_matrix, lag_weights, weeks_to_half, with_history

compiled_weights = numba.njit(weights_in_density.py_func)


def geometric(retention, carry_over_weeks):
    half_life = np.log(0.5) / np.log(np.asarray(retention))
    return lag_weights(half_life, np.ones_like(half_life), "geometric", carry_over_weeks)


def test_an_impulse_halves_each_week_and_acts_in_full():
    impulse = np.zeros((13 + 14, 1))
    impulse[13] = 100.0
    carried = adstock(impulse, geometric([0.5], 13))[0, :, 0]
    np.testing.assert_allclose(carried[1:] / carried[:-1], 0.5)
    assert carried.sum() == pytest.approx(100.0)


@pytest.mark.parametrize("form", ["geometric", "delayed", "weibull"])
def test_a_constant_exposure_acts_as_itself(form):
    weights = lag_weights(np.array([0.2, 1.0, 6.0]), np.array([0.5, 1.0, 3.0]), form, 13)
    np.testing.assert_allclose(adstock(np.full((13 + 5, 2), 7.0), weights), 7.0)


def test_adstock_is_numpy_convolution():
    rng = np.random.default_rng(0)
    exposure = rng.gamma(1.0, size=(8 + 30, 1))
    weights = geometric([0.2, 0.7], 8)
    carried = adstock(exposure, weights)
    for d in range(2):
        np.testing.assert_allclose(carried[d, :, 0], np.convolve(exposure[:, 0], weights[d], mode="valid"))


def test_weibull_weights_are_those_of_the_distribution_with_that_median():
    half_life, exponent = 2.5, 1.7
    distribution = stats.weibull_min(exponent, scale=half_life / np.log(2) ** (1 / exponent))
    assert distribution.median() == pytest.approx(half_life)
    expected = np.diff(distribution.cdf(np.arange(15)))
    weights = lag_weights(np.array([half_life]), np.array([exponent]), "weibull", 13)[0]
    np.testing.assert_allclose(weights, expected / expected.sum())


def test_weibull_with_exponent_one_is_geometric():
    half_life = np.array([0.4, 3.0])
    one = np.ones(2)
    np.testing.assert_allclose(lag_weights(half_life, one, "weibull", 9), lag_weights(half_life, one, "geometric", 9))


def test_delayed_weights_are_a_bell_around_the_peak():
    weights = lag_weights(np.array([1.5]), np.array([2.0]), "delayed", 13)[0]
    sd = 1.5 / np.sqrt(2 * np.log(2))
    bell = stats.norm(2.0, sd).pdf(np.arange(14))
    np.testing.assert_allclose(weights, bell / bell.sum())
    assert weights[3] / weights[2] == pytest.approx(0.5 ** (1 / 1.5**2))


@pytest.mark.parametrize("form", list(ADSTOCK_FORMS))
def test_compiled_weights_and_slopes_are_those_of_numpy(form):
    log_half_life, log_shape, step = np.array([-1.2, 0.3, 1.5]), np.array([-0.7, 0.2, 1.0]), 1e-6

    def at(half_life, shape):
        return lag_weights(np.exp(half_life), np.exp(shape), form, 13)

    found = np.empty((3, 3, 14))
    compiled_weights(found, log_half_life, log_shape, np.full(3, ADSTOCK_FORMS[form]))
    by_half_life = (at(log_half_life + step, log_shape) - at(log_half_life - step, log_shape)) / (2 * step)
    by_shape = (at(log_half_life, log_shape + step) - at(log_half_life, log_shape - step)) / (2 * step)
    np.testing.assert_allclose(found[:, 0], at(log_half_life, log_shape), rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(found[:, 1], by_half_life, atol=1e-8)
    np.testing.assert_allclose(found[:, 2], by_shape, atol=1e-8)


def test_lag_matrix_puts_this_week_first():
    np.testing.assert_array_equal(lag_matrix(np.arange(5.0), 2), [[2, 1, 0], [3, 2, 1], [4, 3, 2]])


def test_unknown_history_counts_as_zero_and_long_history_is_cut():
    exposure, history = np.array([[5.0]]), np.array([[1.0], [2.0], [3.0]])
    np.testing.assert_array_equal(with_history(exposure, history, 5)[:, 0], [0, 0, 1, 2, 3, 5])
    np.testing.assert_array_equal(with_history(exposure, history, 2)[:, 0], [2, 3, 5])


@pytest.mark.parametrize("weeks", [1.0, 2.0, 5.0])
@pytest.mark.parametrize("form", ["geometric", "weibull"])
def test_half_of_the_effect_has_come_after_the_half_life(weeks, form):
    weights = lag_weights(np.array([weeks]), np.array([1.4]), form, 400)[0]
    assert weights[: int(weeks)].sum() == pytest.approx(0.5)
    assert weeks_to_half(np.array([weeks]), np.array([1.4]), form, 400)[0] == weeks


def test_half_of_a_delayed_effect_has_come_around_its_peak():
    weights = lag_weights(np.array([1.2]), np.array([4.0]), "delayed", 30)[0]
    weeks = weeks_to_half(np.array([1.2]), np.array([4.0]), "delayed", 30)[0]
    whole = int(weeks)
    assert weights[:whole].sum() + (weeks - whole) * weights[whole] == pytest.approx(0.5)
    assert weeks == pytest.approx(4.5, abs=0.05)
