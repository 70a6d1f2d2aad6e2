import numpy as np
import pytest

from workbench.mmm.shapes.adstock import (
    geometric_adstock,
    geometric_weights,
    half_life_weeks,
    lag_matrix,
    retention_of,
    with_history,
)


def test_an_impulse_halves_each_week_and_acts_in_full():
    impulse = np.zeros((13 + 14, 1))
    impulse[13] = 100.0
    carried = geometric_adstock(impulse, np.array([0.5]), carry_over_weeks=13)[0, :, 0]
    np.testing.assert_allclose(carried[1:] / carried[:-1], 0.5)
    assert carried.sum() == pytest.approx(100.0)


def test_a_constant_exposure_acts_as_itself():
    constant = np.full((13 + 5, 2), 7.0)
    carried = geometric_adstock(constant, np.array([0.0, 0.3, 0.9]), carry_over_weeks=13)
    np.testing.assert_allclose(carried, 7.0)


def test_adstock_is_numpy_convolution():
    rng = np.random.default_rng(0)
    exposure = rng.gamma(1.0, size=(8 + 30, 1))
    retention = np.array([0.2, 0.7])
    carried = geometric_adstock(exposure, retention, carry_over_weeks=8)
    for d, weights in enumerate(geometric_weights(retention, 8)):
        np.testing.assert_allclose(carried[d, :, 0], np.convolve(exposure[:, 0], weights, mode="valid"))


def test_lag_matrix_puts_this_week_first():
    np.testing.assert_array_equal(lag_matrix(np.arange(5.0), 2), [[2, 1, 0], [3, 2, 1], [4, 3, 2]])


def test_unknown_history_counts_as_zero_and_long_history_is_cut():
    exposure, history = np.array([[5.0]]), np.array([[1.0], [2.0], [3.0]])
    np.testing.assert_array_equal(with_history(exposure, history, 5)[:, 0], [0, 0, 1, 2, 3, 5])
    np.testing.assert_array_equal(with_history(exposure, history, 2)[:, 0], [2, 3, 5])


@pytest.mark.parametrize("weeks", [0.5, 1.0, 2.0, 5.0])
def test_half_of_the_effect_has_come_after_the_half_life(weeks):
    retention = retention_of(np.array([weeks]))
    assert half_life_weeks(retention)[0] == pytest.approx(weeks)
    if weeks >= 1:
        come = geometric_weights(retention, 400)[0, : int(weeks)].sum()
        assert come == pytest.approx(0.5)
