"""The density as the sampler calls it: the same numbers through one packed array, and codes instead of crashes."""

import ctypes

import numba
import numpy as np
import pytest
from numba import types

from tests.mmm.worlds import simulate
from workbench.config import Channel, MediaMix
from workbench.mmm.density.callbacks import (
    DENSITY_NOT_FINITE,
    DONE,
    GRADIENT_NOT_FINITE,
    NUMBERS,
    density_callback,
    packed,
    parameters_at,
    position_callback,
)
from workbench.mmm.density.packing import pack, packed_data
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


@pytest.mark.parametrize("name", ["kpi", "exposure", "form", "singular", "starts", "cell_lags"])
def test_compiled_code_sees_each_constant_as_it_is(case, name):
    expected = getattr(case[0], name)
    whole = numba.njit(eval(f"lambda data: data.{name}.astype(np.float64)", {"np": np}))
    shape = numba.njit(eval(f"lambda data: data.{name}.shape"))

    @numba.cfunc(types.void(NUMBERS, NUMBERS, NUMBERS))
    def copy(pointer, values, sizes):
        found, length = whole(packed_data(pointer)).ravel(), shape(packed_data(pointer))
        numba.carray(sizes, (len(length),))[:] = np.array(length)
        numba.carray(values, (len(found),))[:] = found

    values, sizes = np.full(expected.size, np.nan), np.full(expected.ndim, np.nan)
    copy.ctypes(*(_address(array) for array in (pack(case[0]), values, sizes)))
    np.testing.assert_array_equal(sizes, expected.shape)
    np.testing.assert_array_equal(values.reshape(expected.shape), expected)


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
    code = position_callback().ctypes(size, 2 * size, _address(position), _address(saved), _address(packed(data)))
    assert code == DONE
    np.testing.assert_array_equal(saved[:size], parameters_at(position, data))
    np.testing.assert_array_equal(saved[size:], position)


def _call(position, data):
    gradient, value = np.empty_like(position), np.empty(1)
    arrays = (position, gradient, value, packed(data))
    code = density_callback().ctypes(len(position), *(_address(array) for array in arrays))
    return code, value[0], gradient


def _address(array):
    return array.ctypes.data_as(ctypes.POINTER(ctypes.c_double))
