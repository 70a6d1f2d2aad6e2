"""Fits of businesses whose returns are known, and what must hold for every fit."""

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.mmm.worlds import World, rescaled, simulate
from workbench.config import BusinessPrior, Channel, MediaMix
from workbench.mmm.fit import fit_media_mix
from workbench.mmm.prepare import prepare
from workbench.mmm.result import MediaMixResult
from workbench.result import Provenance

pytestmark = pytest.mark.slow
CONFIG = MediaMix(trend_knots_per_year=2, yearly_harmonics=2)


def fit(world: World, *, lift: pd.DataFrame | None = None, seed: int = 4, **channels: Channel) -> MediaMixResult:
    each = {name.replace("_", " "): channel for name, channel in channels.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return fit_media_mix(prepare(world.panel, CONFIG, each, lift), provenance=Provenance(), seed=seed)


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(seed=11)


@pytest.fixture(scope="module")
def result(world) -> MediaMixResult:
    return fit(world)


def test_known_returns_lie_inside_the_90_percent_intervals():
    inside = []
    for seed in range(20, 24):
        world = simulate(seed=seed)
        found = fit(world).estimates.query("quantity == 'roas'")
        inside += list((found.lower <= world.roas) & (world.roas <= found.upper))
    assert np.mean(inside) >= 0.75


def test_several_markets_find_the_known_returns_more_precisely(world, result):
    many = simulate(seed=12, markets=4)
    found = fit(many)
    assert "shared_shocks" not in {check.name for check in found.failed_checks}
    assert "convergence" not in {check.name for check in found.failed_checks}
    roas = found.estimates.query("quantity == 'roas'")
    np.testing.assert_allclose(np.log(roas.estimate), np.log(many.roas), atol=0.15)
    one = result.estimates.query("quantity == 'roas'")
    assert ((roas.upper / roas.lower).to_numpy() < (one.upper / one.lower).to_numpy()).all()


def test_a_shock_that_hits_all_markets_at_once_is_shared_or_named():
    world = simulate(seed=13, markets=2)
    shock = 1 + 0.1 * np.random.default_rng(0).normal(size=(len(world.panel.weeks), 1))
    shaken = replace(world, panel=replace(world.panel, kpi=world.panel.kpi * shock))
    alone = fit_media_mix(
        prepare(shaken.panel, CONFIG.model_copy(update={"shared_weeks": False}), {}), provenance=Provenance(), seed=4
    )
    assert "shared_shocks" in {check.name for check in alone.failed_checks}
    together = fit(shaken)
    assert "shared_shocks" not in {check.name for check in together.failed_checks}


def test_contributions_add_up_to_the_fitted_kpi(world, result):
    total = result.contributions.groupby("week").estimate.sum().to_numpy()
    np.testing.assert_allclose(total, result.fit.fitted, rtol=1e-9)
    np.testing.assert_allclose(total.sum(), world.panel.revenue.sum(), rtol=0.01)
    shares = result.estimates.query("quantity == 'contribution_share'").estimate.sum()
    assert shares == pytest.approx(total.sum() / world.panel.revenue.sum())


def test_weekly_contributions_follow_the_truth(world, result):
    for c, channel in enumerate(world.panel.channels):
        weekly = result.contributions.set_index("component").loc[channel, "estimate"].to_numpy()
        assert np.corrcoef(weekly, world.media[:, 0, c])[0, 1] > 0.9


def test_another_currency_scales_money_and_leaves_returns_alone(world, result):
    dear = fit(replace(world, panel=rescaled(world.panel, 2.0)))
    for quantity, factor in (("roas", 1.0), ("marginal_roas", 1.0), ("contribution", 2.0), ("half_life", 1.0)):
        before, after = (r.estimates.set_index("quantity").loc[quantity].reset_index() for r in (result, dear))
        error = (before.upper - before.lower) / 3.29 * np.sqrt(2 / 400) * factor
        assert (abs(after.estimate - factor * before.estimate) < 4 * error).all()


def test_a_saved_result_evaluates_to_the_same_numbers(result, tmp_path):
    result.save(tmp_path / "result")
    loaded = MediaMixResult.load(tmp_path / "result")
    plan = np.full((8, 1, 2), 50_000.0)
    np.testing.assert_allclose(loaded.response.contribution(plan), result.response.contribution(plan), rtol=1e-12)
    pd.testing.assert_frame_equal(loaded.curves, result.curves)
    assert loaded.findings == result.findings


def test_the_saved_response_reproduces_the_fitted_contributions(world, result):
    panel = world.panel
    media = result.response.contribution(panel.window_spend, panel.exposure[: panel.carry_in])
    for c, channel in enumerate(panel.channels):
        weekly = result.contributions.set_index("component").loc[channel, "estimate"].to_numpy()
        np.testing.assert_allclose(media[:, :, 0, c].mean(axis=0), weekly, rtol=1e-9)


def test_roas_is_contribution_over_spend(result):
    numbers = result.estimates.set_index(["quantity", "entity"]).estimate
    np.testing.assert_allclose(numbers["roas"], numbers["contribution"] / numbers["spend"], rtol=1e-9)


def test_a_lift_test_narrows_and_moves_the_return_of_its_channel(world, result):
    spent = world.panel.window_spend[40:52, 0, 0].sum()
    lift = pd.DataFrame(
        {
            "experiment_id": ["go dark"],
            "channel": ["channel 0"],
            "markets": ["market 0"],
            "start": [world.panel.weeks[40]],
            "end": [world.panel.weeks[52] - pd.Timedelta(days=1)],
            "spend_change": [spent],
            "lift": [3.0 * spent],
            "lift_se": [0.1 * spent],
        }
    )
    tested = fit(world, lift=lift)
    before, after = result.estimate("roas", "channel 0"), tested.estimate("roas", "channel 0")
    assert after.upper - after.lower < 0.7 * (before.upper - before.lower)
    assert abs(after.estimate - 3.0) < abs(before.estimate - 3.0)
    assert [check.name for check in tested.checks if check.name == "lift_agreement"]


def test_a_stated_return_is_respected(world, result):
    opinion = Channel(roas=BusinessPrior(lower=2.9, upper=3.1))
    roas = fit(world, channel_0=opinion).estimate("roas", "channel 0")
    assert roas.estimate == pytest.approx(3.0, abs=0.1)


def test_identical_channels_are_named_as_inseparable():
    world = simulate(seed=5)
    twin = np.repeat(world.panel.spend[..., :1], 2, axis=-1)
    found = fit(replace(world, panel=replace(world.panel, spend=twin, exposure=twin)))
    failed = {check.name for check in found.failed_checks}
    assert {"collinear_spend", "own_variation"} <= failed
    assert any("moved together" in sentence for sentence in found.findings)
