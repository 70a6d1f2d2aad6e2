"""Levers against the outlook that they move, and against a business whose control has a known effect."""

from dataclasses import replace

import numpy as np
import pytest

from tests.mmm.posteriors import orders_and_impressions, result_of
from tests.mmm.test_outlook import controls_frame
from tests.mmm.worlds import simulate
from workbench.config import MediaMix
from workbench.errors import SpecError
from workbench.mmm.fit import fit_media_mix
from workbench.mmm.posterior.controls_ahead import controls_ahead
from workbench.mmm.posterior.levers import lever
from workbench.mmm.posterior.outlook import outlook, weeks_after
from workbench.mmm.prepare import prepare
from workbench.result import Provenance


def test_what_a_lever_brings_is_how_far_it_moves_the_outlook():
    panel = orders_and_impressions(markets=2)
    result = result_of(panel)
    weeks = weeks_after(result, 3)
    before = np.random.default_rng(0).normal(size=(3, 2))
    moved = np.array([[0.0, 0.4], [0.1, 0.0], [0.0, 0.2]])
    low, high = (
        outlook(result, weeks, controls_frame(weeks, panel.markets, values), seed=1).baseline
        for values in (before, before + moved)
    )
    np.testing.assert_allclose(lever(result, "weather", 3).effect @ moved.sum(axis=0), (high - low).sum(axis=(1, 2)))


@pytest.mark.parametrize("weeks_of_history", [52, 110])
def test_a_lever_nobody_moves_is_the_mean_of_the_courses_that_the_outlook_draws_from(weeks_of_history):
    panel = orders_and_impressions(markets=2, weeks=weeks_of_history)
    result = result_of(panel)
    weeks, rng = weeks_after(result, 3), np.random.default_rng(1)
    paths = controls_ahead(result.posterior, weeks, None, 40_000, rng).paths[..., 0]
    otherwise = lever(result, "weather", 3).otherwise
    assert np.abs(otherwise - paths.mean(axis=0)).max() < 5 * paths.std() / np.sqrt(len(paths))


@pytest.mark.slow
def test_a_fitted_lever_finds_the_effect_that_the_business_has():
    """Simulated with 3% of a market's size for each unit of weather."""
    world = simulate(seed=3)
    size = 1e6 * np.random.default_rng(3).uniform(0.7, 1.3)
    result = fit_media_mix(
        prepare(world.panel, MediaMix(yearly_harmonics=2), {}),
        provenance=Provenance(),
        seed=1,
        draws=250,
        tune=250,
        chains=2,
    )
    known = lever(result, "weather", 1)
    lower, upper = np.quantile(known.effect[:, 0] * result.response.value_per_kpi[0], [0.01, 0.99])
    assert lower < 0.03 * size < upper
    assert upper - lower < 0.5 * 0.03 * size


def test_a_lever_the_model_lacks_is_refused():
    panel = simulate(seed=1, weeks=110).panel
    with pytest.raises(SpecError, match="no control 'price'"):
        lever(result_of(panel), "price", 1)
    still = result_of(replace(panel, control=np.ones_like(panel.control)))
    with pytest.raises(SpecError, match="the same in every week"):
        lever(still, "weather", 1)
