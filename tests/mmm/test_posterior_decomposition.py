"""The KPI taken apart market by market, against all draws of all markets at once."""

import numpy as np
import pytest

from tests.mmm.posteriors import orders_and_impressions, prepared, result_of, sample
from workbench.mmm.density.parameters import natural
from workbench.mmm.posterior.baseline import SHARED_WEEKS, BaselineModel
from workbench.mmm.posterior.coefficients import draw_baseline
from workbench.mmm.posterior.decomposition import decompose
from workbench.mmm.posterior.fitted_response import response_model
from workbench.mmm.result import MediaMixResult

SUMMARY = ["estimate", "lower", "upper"]


@pytest.fixture(scope="module")
def result() -> MediaMixResult:
    return result_of(orders_and_impressions())


@pytest.fixture(scope="module")
def whole(result) -> np.ndarray:
    """Currency of every draw, week, market and part, from the saved posterior."""
    response, baseline = result.response, BaselineModel.from_dataset(result.posterior)
    before = len(response.exposure_history) - response.fitted_weeks
    media = response.kpi_of_exposure(response.exposure_history[before:], response.exposure_history[:before])
    media = media * response.path[:, :, None, :]
    rest = np.stack([baseline.of_market(m) for m in range(len(response.markets))], axis=2)
    return np.concatenate([media, rest], axis=-1) * result.posterior["value"].to_numpy()[:, :, None]


def expected(draws: np.ndarray) -> np.ndarray:
    return np.stack([draws.mean(axis=0), *np.quantile(draws, [0.05, 0.95], axis=0)])


def test_every_week_market_and_part_has_its_own_mean_and_interval(result, whole):
    parts = result.contributions.component.unique()
    assert SHARED_WEEKS in parts
    for p, name in enumerate(parts):
        found = result.contributions[result.contributions.component == name][SUMMARY].to_numpy()
        np.testing.assert_allclose(found, expected(whole[..., p]).reshape(3, -1).T, rtol=1e-9, atol=1e-6)


def test_intervals_of_the_total_are_those_of_the_summed_draws(result, whole):
    for p, name in enumerate(result.contributions.component.unique()):
        found = result.totals[result.totals.component == name][SUMMARY].to_numpy()
        np.testing.assert_allclose(found, expected(whole[..., p].sum(axis=2)).T, rtol=1e-9, atol=1e-6)


def test_parts_add_up_to_the_fitted_kpi(result, whole):
    weekly = result.contributions.groupby(["week", "market"]).estimate.sum()
    np.testing.assert_allclose(weekly, result.fit.set_index(["week", "market"]).fitted[weekly.index], rtol=1e-9)
    np.testing.assert_allclose(result.fit.fitted, whole.sum(axis=-1).mean(axis=0).ravel(), rtol=1e-9)


def test_shares_of_channels_and_baseline_are_those_of_the_draws(result, whole):
    revenue = result.fit.actual.sum()
    by_part = whole.sum(axis=(1, 2)) / revenue
    for c, name in enumerate(result.response.channels):
        share = result.estimate("contribution_share", name)
        np.testing.assert_allclose([share.estimate, share.lower, share.upper], expected(by_part[:, c]))
    baseline = result.estimate("contribution_share", "baseline")
    rest = by_part[:, len(result.response.channels) :].sum(axis=1)
    np.testing.assert_allclose([baseline.estimate, baseline.lower, baseline.upper], expected(rest))


def test_a_new_observation_spreads_as_its_parts_the_noise_and_a_new_shared_week():
    """Without baseline uncertainty in the weeks' own effects, its variance is that of the parts plus noise² plus τ²(1 − leverage)."""
    model = prepared(orders_and_impressions(weeks=80))
    draws = natural(sample(model, 4000).flat(4000), model.design, model.priors)
    rng = np.random.default_rng(5)
    response = response_model(draws, model.design)
    baseline = draw_baseline(response, draws, model.design, model.rotation, rng)
    found = decompose(response, baseline, draws, model.design, model.rotation, rng)
    market, scale = 1, model.design.kpi_scale[1]
    fixed = baseline.of_market(market)[..., :-1].sum(axis=-1)
    media = response.kpi_of_exposure(model.design.panel.exposure[13:], model.design.panel.exposure[:13])[:, :, market]
    systematic = (fixed + (media * response.path).sum(axis=-1)) / scale
    leverage = (model.rotation.left**2).sum(axis=1)
    variance = (
        systematic.var(axis=0) + (draws.noise[:, market] ** 2).mean() + (draws.week_spread**2).mean() * (1 - leverage)
    )
    lower, upper = found.predicted[0.8][:, :, market] / scale
    np.testing.assert_allclose(((upper - lower) / (2 * 1.2816 * np.sqrt(variance))).mean(), 1.0, atol=0.03)
