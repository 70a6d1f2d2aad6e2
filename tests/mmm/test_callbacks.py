"""The density as the sampler calls it: the same numbers through one packed array, and codes instead of crashes."""

import ctypes

import numpy as np
import pytest

from tests.mmm.worlds import simulate
from workbench.config import Channel, MediaMix
from workbench.mmm.density.callbacks import (
    DENSITY_NOT_FINITE,
    DONE,
    GRADIENT_NOT_FINITE,
    density_callback,
    position_callback,
)
from workbench.mmm.density.log_density import log_density, parameters
from workbench.mmm.density.packing import pack
from workbench.mmm.prepare import prepare

pytestmark = pytest.mark.slow
STEP = 1e-5


@pytest.fixture(scope="module", params=[1, 3], ids=["national", "three markets"])
def case(request):
    """Three forms of saturation; one market never saw the first channel, and every second week had no spend."""
    world = simulate(seed=request.param, weeks=60, markets=request.param, roas=(1.0, 2.0, 0.5))
    forms = zip(world.panel.channels, ("hill", "logistic", "none"), strict=True)
    channels = {name: Channel(saturation=form) for name, form in forms}
    prepared = prepare(world.panel, MediaMix(carry_over_weeks=6, yearly_harmonics=2), channels)
    data = prepared.data
    exposure = data.exposure.copy()
    exposure[0, 0] = 0.0
    exposure[:, :, ::2] = 0.0
    return data._replace(exposure=exposure), np.random.default_rng(3).normal(scale=0.5, size=prepared.layout.size)


def test_callback_gives_the_density_and_the_gradient(case):
    data, position = case
    code, value, gradient = _call(position, data)
    expected, slopes = log_density(position, data)
    assert code == DONE
    np.testing.assert_allclose(value, expected, rtol=1e-12)
    np.testing.assert_allclose(gradient, slopes, rtol=1e-9, atol=1e-9)


def test_gradient_is_the_slope_of_the_density_where_weeks_and_markets_have_no_exposure(case):
    data, position = case
    steps = np.eye(len(position)) * STEP
    slopes = [(_call(position + h, data)[1] - _call(position - h, data)[1]) / (2 * STEP) for h in steps]
    np.testing.assert_allclose(_call(position, data)[2], slopes, rtol=1e-6, atol=1e-5)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e200, 5000.0])
def test_what_is_not_finite_is_a_code_that_the_sampler_recovers_from(case, value):
    data, position = case
    for i in range(len(position)):
        far = position.copy()
        far[i] = value
        code, density, gradient = _call(far, data)
        finite = np.isfinite(density) and np.isfinite(gradient).all()
        assert code == DONE if finite else code in (DENSITY_NOT_FINITE, GRADIENT_NOT_FINITE)
        assert not (finite and not np.isfinite(value))


def test_each_draw_is_saved_in_the_layouts_coordinates_and_in_the_samplers(case):
    data, position = case
    size = len(position)
    saved = np.empty(2 * size)
    code = position_callback().ctypes(size, 2 * size, _address(position), _address(saved), _address(pack(data)))
    assert code == DONE
    np.testing.assert_allclose(saved[:size], parameters(position, data), rtol=1e-12)
    np.testing.assert_array_equal(saved[size:], position)


def _call(position, data):
    gradient, value, packed = np.empty_like(position), np.empty(1), pack(data)
    arrays = (position, gradient, value, packed)
    code = density_callback().ctypes(len(position), *(_address(array) for array in arrays))
    return code, value[0], gradient


def _address(array):
    return array.ctypes.data_as(ctypes.POINTER(ctypes.c_double))
