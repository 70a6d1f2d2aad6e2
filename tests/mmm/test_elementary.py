"""The branch-free elementary functions against numpy's, over every range that a density may reach."""

import math

import numba
import numpy as np
import pytest

from workbench.mmm.density import elementary
from workbench.mmm.density.compiled import OPTIONS

RELATIVE = 1e-14


@numba.njit(**OPTIONS)
def _over(function, numbers):
    return np.array([function(number) for number in numbers])


def test_exp_is_that_of_numpy():
    x = np.concatenate([np.linspace(-700, 700, 100_001), np.linspace(-1, 1, 10_001), [0.0, 1e-300, -1e-300]])
    np.testing.assert_allclose(_over(elementary.exp, x), np.exp(x), rtol=RELATIVE)


@pytest.mark.parametrize("beyond", [701.0, 1e300, math.inf])
def test_exp_stays_finite_and_above_zero_beyond_its_range(beyond):
    largest, smallest = _over(elementary.exp, np.array([beyond, -beyond]))
    np.testing.assert_allclose([largest, smallest], np.exp([700.0, -700.0]), rtol=RELATIVE)


def test_log_is_that_of_numpy_even_around_one():
    x = np.concatenate([np.geomspace(1e-300, 1e300, 100_001), 1 + np.geomspace(1e-15, 1, 1001), np.sqrt([0.5, 2.0])])
    np.testing.assert_allclose(_over(elementary.log, x), np.log(x), rtol=RELATIVE)


def test_log_keeps_the_last_bits_on_both_sides_of_where_its_exponent_changes():
    edges = np.sqrt(0.5) * 2.0 ** np.arange(-1000, 1000, 7)
    x = np.concatenate([np.nextafter(edges, 0), edges, np.nextafter(edges, np.inf)])
    np.testing.assert_allclose(_over(elementary.log, x), np.log(x), rtol=RELATIVE)


def test_tanh_is_that_of_numpy_from_the_tiny_to_the_saturated():
    x = np.concatenate([np.geomspace(1e-300, 1e3, 100_001), [0.0]])
    np.testing.assert_allclose(_over(elementary.tanh, np.concatenate([x, -x])), np.tanh([*x, *-x]), rtol=RELATIVE)
