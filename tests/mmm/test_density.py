"""The sampled density and the numpy response against the model that PyMC states."""

import numpy as np
import pandas as pd
import pymc as pm
import pytensor
import pytest
from pytensor.compile.mode import Mode

from tests.mmm.worlds import simulate
from workbench.config import Channel, MediaMix
from workbench.mmm.checks.lift_agreement import expected_lift
from workbench.mmm.density.likelihood import rotate
from workbench.mmm.density.log_density import density_data, density_layout, log_density
from workbench.mmm.density.parameters import CHANNEL_BLOCKS, channel_priors, natural
from workbench.mmm.fit import priors_of
from workbench.mmm.inputs.design import build_design
from workbench.mmm.inputs.lift_tests import build_lift_tests
from workbench.mmm.model import build_model
from workbench.mmm.posterior.decomposition import response_model

PYTHON = Mode(linker="py", optimizer="fast_compile")
pytestmark = pytest.mark.slow
FORMS = ("hill", "logistic", "none")


@pytest.fixture(scope="module", params=[1, 3], ids=["national", "three markets"])
def case(request):
    world = simulate(seed=request.param, weeks=60, markets=request.param, roas=(1.0, 2.0, 0.5))
    channels = {name: Channel(saturation=form) for name, form in zip(world.panel.channels, FORMS, strict=True)}
    config = MediaMix(carry_over_weeks=6, yearly_harmonics=2)
    design = build_design(world.panel, config, channels)
    priors = priors_of(world.panel, config, channels)
    rotation, tests = rotate(design.baseline), build_lift_tests(_lift(world.panel), design)
    position = np.random.default_rng(8).normal(scale=0.7, size=(4, density_layout(design).size))
    return design, priors, rotation, tests, position


@pytest.fixture(scope="module")
def model(case):
    design, priors, rotation, tests, _ = case
    return build_model(design, priors, rotation, tests)


def test_density_is_that_of_the_pymc_model(case, model):
    design, priors, rotation, tests, positions = case
    data = density_data(design, priors, rotation, tests)
    stated = model.compile_logp(mode=PYTHON)
    ours = [log_density(position, data)[0] for position in positions]
    theirs = [float(stated(_point(position, design, priors))) for position in positions]
    np.testing.assert_allclose(np.diff(ours), np.diff(theirs), rtol=1e-9, atol=1e-7)


def test_gradient_is_that_of_the_pymc_model(case, model):
    design, priors, rotation, tests, positions = case
    layout, (_, sigma) = density_layout(design), channel_priors(priors, design.shape[2])
    gradient = layout.split(log_density(positions[0], density_data(design, priors, rotation, tests))[1])
    point = _point(positions[0], design, priors)
    stated = model.compile_dlogp(mode=PYTHON)(point)
    start = 0
    for variable in model.continuous_value_vars:
        stop = start + point[variable.name].size
        name = variable.name.removesuffix("_log__")
        scale = (
            sigma[CHANNEL_BLOCKS.index(name)] if variable.name == f"{name}_log__" and name in CHANNEL_BLOCKS else 1.0
        )
        np.testing.assert_allclose(gradient[name].ravel() / scale, stated[start:stop], rtol=1e-8, atol=1e-6)
        start = stop


def test_numpy_response_is_that_of_the_pymc_model(case, model):
    design, priors, _, tests, positions = case
    drawn = natural(positions, density_layout(design), priors)
    response = response_model(drawn, design)
    panel = design.panel
    media = response.kpi_of_exposure(panel.exposure[panel.carry_in :], panel.exposure[: panel.carry_in]).sum(axis=-1)
    lift = expected_lift(response, design, tests)
    stated = _compiled(model, ["media", "expected_lift"])
    for d, position in enumerate(positions):
        their_media, their_lift = stated(_point(position, design, priors))
        np.testing.assert_allclose(media[d] / design.kpi_scale, their_media, rtol=1e-9)
        np.testing.assert_allclose(lift[d], their_lift, rtol=1e-9)


def _lift(panel) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "experiment_id": ["up", "blackout", "line"],
            "channel": panel.channels,
            "markets": [panel.markets[0], ";".join(panel.markets), panel.markets[-1]],
            "start": pd.to_datetime(["2022-05-02", "2022-08-01", "2022-11-07"]),
            "end": pd.to_datetime(["2022-05-29", "2022-08-28", "2022-12-04"]),
            "spend_change": [20_000.0, -30_000.0, 10_000.0],
            "lift": [25_000.0, -40_000.0, 6_000.0],
            "lift_se": [9_000.0, 20_000.0, 4_000.0],
            "weight": [1.0, 0.5, 1.0],
        }
    )


def _point(position, design, priors) -> dict[str, np.ndarray]:
    """The flat vector as the value variables of the PyMC model."""
    mu, sigma = channel_priors(priors, design.shape[2])
    point = {}
    for name, block in density_layout(design).split(position).items():
        if name.endswith("_offset") or f"{name}_offset" in density_layout(design).shapes:
            point[name] = block
        elif name in CHANNEL_BLOCKS:
            i = CHANNEL_BLOCKS.index(name)
            point[f"{name}_log__"] = mu[i] + sigma[i] * block
        else:
            point[f"{name}_log__"] = block
    return point


def _compiled(model: pm.Model, names: list[str]):
    values = model.replace_rvs_by_values([model[name] for name in names])
    function = pytensor.function(model.value_vars, values, mode=PYTHON, on_unused_input="ignore")
    return lambda point: function(*(point[variable.name] for variable in model.value_vars))
