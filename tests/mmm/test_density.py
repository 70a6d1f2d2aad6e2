"""The sampled density and the numpy response against the model that PyMC states."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pymc as pm
import pytensor
import pytest
from pytensor.compile.mode import Mode

from tests.mmm.worlds import simulate
from workbench.config import Channel, MediaMix
from workbench.mmm.checks.lift_agreement import expected_lift
from workbench.mmm.density.callbacks import density_at, parameters_at
from workbench.mmm.density.parameters import CHANNEL_BLOCKS, POOLED_BLOCKS, channel_priors, natural
from workbench.mmm.density.starting_point import StartingPoint
from workbench.mmm.model import build_model
from workbench.mmm.posterior.fitted_response import response_model
from workbench.mmm.prepare import prepare

PYTHON = Mode(linker="py", optimizer="fast_compile")
pytestmark = pytest.mark.slow
FORMS = [
    Channel(saturation="hill", adstock="weibull"),
    Channel(saturation="logistic", adstock="delayed"),
    Channel(saturation="none"),
    Channel(saturation="michaelis_menten"),
]
PLAIN = {"shared_weeks": False}
FULL = {"signs": {"weather": "negative"}, "effectiveness_knots_per_year": 2}


@pytest.fixture(
    scope="module",
    params=[(1, PLAIN), (1, FULL), (3, PLAIN), (3, FULL)],
    ids=["national", "national, everything", "three markets", "three markets, everything"],
)
def prepared(request):
    markets, options = request.param
    world = simulate(seed=markets, weeks=60, markets=markets, roas=(1.0, 2.0, 0.5, 1.5))
    forms = FORMS if "signs" in options else [Channel(saturation=form.saturation) for form in FORMS]
    config = MediaMix(carry_over_weeks=6, yearly_harmonics=2, **options)
    found = prepare(world.panel, config, dict(zip(world.panel.channels, forms, strict=True)), _lift(world.panel))
    return replace(found, design=replace(found.design, persistence=0.5 if "signs" in options else 0.0))


@pytest.fixture(scope="module")
def model(prepared):
    return build_model(prepared)


@pytest.fixture(scope="module")
def data(prepared):
    size = prepared.layout.size
    plain = StartingPoint(centre=np.zeros(size), scale=np.ones(size), doubt=prepared.data.doubt)
    return prepared.data_around(plain)


@pytest.fixture(scope="module")
def positions(prepared):
    return np.random.default_rng(8).normal(scale=0.7, size=(4, prepared.layout.size))


def test_density_is_that_of_the_pymc_model(prepared, model, data, positions):
    stated = model.compile_logp(mode=PYTHON)
    ours = [density_at(position, data)[0] - _log_jacobian(position, data) for position in positions]
    theirs = [float(stated(_point(parameters_at(position, data), prepared))) for position in positions]
    np.testing.assert_allclose(np.diff(ours), np.diff(theirs), rtol=1e-9, atol=1e-6)


def test_gradient_is_that_of_the_pymc_model(prepared, model, data, positions):
    position, layout, places = positions[0], prepared.layout, _places(prepared)
    point = _point(parameters_at(position, data), prepared)
    stated, start, by_parameter = model.compile_dlogp(mode=PYTHON)(point), 0, np.empty(layout.size)
    for variable in model.continuous_value_vars:
        stop = start + point[variable.name].size
        indices, scale, _ = places[variable.name]
        by_parameter[indices] = scale * stated[start:stop]
        start = stop
    moves = 1e-4 * np.eye(layout.size)
    by_jacobian = [(_log_jacobian(position + h, data) - _log_jacobian(position - h, data)) / 2e-4 for h in moves]
    theirs = _jacobian(position, data) @ by_parameter + by_jacobian
    np.testing.assert_allclose(density_at(position, data)[1], theirs, rtol=1e-6, atol=1e-4)


def test_density_does_not_depend_on_the_samplers_coordinates(prepared, data, positions):
    centre, scale = prepared.data.centre, prepared.data.scale
    value, gradient = density_at(positions[0], data)
    moved, slopes = density_at((positions[0] - centre) / scale, prepared.data)
    assert moved == pytest.approx(value)
    np.testing.assert_allclose(slopes, gradient * scale, rtol=1e-7, atol=1e-7)


def test_numpy_response_is_that_of_the_pymc_model(prepared, model, positions):
    design = prepared.design
    response = response_model(natural(positions, design, prepared.priors), design)
    panel = design.panel
    media = response.kpi_of_exposure(panel.exposure[panel.carry_in :], panel.exposure[: panel.carry_in])
    media = (media * response.path[:, :, None, :]).sum(axis=-1)
    lift = expected_lift(response, design, prepared.tests)
    stated = _compiled(model, ["media", "expected_lift"])
    for d, position in enumerate(positions):
        their_media, their_lift = stated(_point(position, prepared))
        np.testing.assert_allclose(media[d] / design.kpi_scale, their_media, rtol=1e-9)
        np.testing.assert_allclose(lift[d], their_lift, rtol=1e-9)


def _jacobian(position, data) -> np.ndarray:
    """Derivatives of the parameters, along the last axis, by the sampler's coordinates."""
    steps = 1e-6 * np.eye(len(position))
    return np.array([(parameters_at(position + h, data) - parameters_at(position - h, data)) / 2e-6 for h in steps])


def _log_jacobian(position, data) -> float:
    return float(np.linalg.slogdet(_jacobian(position, data))[1])


def _lift(panel) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "experiment_id": ["up", "blackout", "line"],
            "channel": panel.channels[:3],
            "markets": [panel.markets[0], ";".join(panel.markets), panel.markets[-1]],
            "start": pd.to_datetime(["2022-05-02", "2022-08-01", "2022-11-07"]),
            "end": pd.to_datetime(["2022-05-29", "2022-08-28", "2022-12-04"]),
            "spend_change": [8_000.0, -30_000.0, 10_000.0],
            "lift": [10_000.0, -40_000.0, 6_000.0],
            "lift_se": [9_000.0, 20_000.0, 4_000.0],
            "weight": [1.0, 0.5, 1.0],
        }
    )


def _places(prepared) -> dict[str, tuple[np.ndarray, np.ndarray | float, np.ndarray | float]]:
    """Where each value variable of the PyMC model stands in the flat vector, with its unit and its middle there."""
    layout, baseline = prepared.layout, prepared.design.baseline
    mu, sigma = channel_priors(prepared.priors)
    places = {}
    for name, block in layout.split(np.arange(layout.size)).items():
        if name == "own":
            for j, sign in enumerate(baseline.own_sign):
                places[f"{baseline.own_component[j]} {j}" + ("_log__" if sign else "")] = (block[:, j], 1.0, 0.0)
        elif name in CHANNEL_BLOCKS and not (name in POOLED_BLOCKS and layout.markets > 1):
            i = CHANNEL_BLOCKS.index(name)
            places[f"{name}_log__"] = (block, sigma[i], mu[i])
        else:
            logarithm = name == "noise" or name.endswith("_spread")
            places[f"{name}_log__" if logarithm else name] = (block, 1.0, 0.0)
    return {name: (indices.ravel(), scale, middle) for name, (indices, scale, middle) in places.items()}


def _point(position, prepared) -> dict[str, np.ndarray]:
    """The flat vector as the value variables of the PyMC model."""
    shapes = prepared.layout.shapes
    point = {}
    for name, (indices, scale, middle) in _places(prepared).items():
        shape = shapes.get(name.removesuffix("_log__"), (prepared.layout.markets,))
        point[name] = (middle + scale * position[indices]).reshape(() if name == "week_spread_log__" else shape)
    return point


def _compiled(model: pm.Model, names: list[str]):
    values = model.replace_rvs_by_values([model[name] for name in names])
    function = pytensor.function(model.value_vars, values, mode=PYTHON, on_unused_input="ignore")
    return lambda point: function(*(point[variable.name] for variable in model.value_vars))
