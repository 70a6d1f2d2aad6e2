"""The holdout against closed forms, a dense normal distribution, and businesses whose future is known to be like their past, or not."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import multivariate_normal, norm

from tests.mmm.worlds import World, simulate
from workbench.config import MediaMix
from workbench.mmm.density.parameters import natural
from workbench.mmm.holdout.checks import holdout_checks
from workbench.mmm.holdout.expanding import Holdout, hold_out
from workbench.mmm.holdout.forecast import forecast
from workbench.mmm.holdout.naive import seasonal_naive
from workbench.mmm.holdout.origins import cut_panel, first_weeks, prepare_cut
from workbench.mmm.holdout.scores import crps, inside
from workbench.mmm.posterior.fitted_response import response_model
from workbench.mmm.short_fit import Effort

CONFIG = MediaMix(trend_knots_per_year=2, yearly_harmonics=2)
EFFORT = Effort(draws=300, tune=300)


def test_crps_of_normal_samples_is_the_closed_form():
    """Gneiting and Raftery (2007), equation 21: σ [z (2Φ(z) − 1) + 2φ(z) − 1/√π] with z = (y − μ) / σ."""
    mu, sigma, actual = 3.0, 2.0, np.array([3.0, 4.5, -3.0])
    z = (actual - mu) / sigma
    exact = sigma * (z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - 1 / np.sqrt(np.pi))
    samples = np.random.default_rng(0).normal(mu, sigma, size=(400_000, 1))
    np.testing.assert_allclose(crps(samples, actual), exact, atol=0.01)


def test_crps_is_unbiased_for_few_samples():
    few = np.random.default_rng(1).normal(size=(5, 200_000))
    exact = quad(lambda x: (norm.cdf(x) - (x >= 0.7)) ** 2, -8, 8, points=[0.7])[0]
    assert crps(few, np.full(200_000, 0.7)).mean() == pytest.approx(exact, abs=0.005)


def test_seasonal_naive_repeats_last_year_with_each_error_that_it_made():
    series = np.concatenate([np.arange(52.0), np.arange(52.0) + 10, [7.0, 9.0]])
    samples = seasonal_naive(series, 3)
    np.testing.assert_array_equal(samples[:52], np.tile([12.0 + 10, 13.0 + 10, 14.0 + 10], (52, 1)))
    np.testing.assert_array_equal(samples[52:], [[9.0, 10.0, 11.0], [10.0, 11.0, 12.0]])


def test_horizons_follow_each_other_and_shrink_with_the_panel():
    panel = simulate(seed=0).panel
    assert [(cut.history, cut.horizon) for cut in cut_panel(panel)] == [(91, 13), (104, 13), (117, 13)]
    assert [(cut.history, cut.horizon) for cut in cut_panel(first_weeks(panel, 104))] == [(78, 13), (91, 13)]
    assert [(cut.history, cut.horizon) for cut in cut_panel(first_weeks(panel, 85))] == [(78, 7)]
    assert cut_panel(first_weeks(panel, 80)) == ()


def test_an_origin_before_a_channels_first_week_is_left_out():
    panel = simulate(seed=0).panel
    spend = panel.spend.copy()
    spend[: panel.carry_in + 100, :, 1] = 0
    assert [cut.history for cut in cut_panel(replace(panel, spend=spend, exposure=spend))] == [104, 117]


def test_nothing_of_the_held_out_kpi_reaches_the_model():
    panel = simulate(seed=1, markets=2).panel
    cut = cut_panel(panel)[0]
    other = panel.kpi.copy()
    other[cut.history :] *= 1000
    models = [prepare_cut(cut_panel(p)[0], CONFIG, {}).prepared for p in (panel, replace(panel, kpi=other))]
    for name in ("kpi", "exposure", "prior_mu", "centre", "scale", "own"):
        first, second = (getattr(model.data, name) for model in models)
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(("markets", "persistence"), [(1, 0.0), (2, 0.0), (1, 0.7), (2, 0.5)])
def test_forecast_is_the_conditional_of_a_dense_normal_distribution(markets, persistence):
    """All weeks of all markets are jointly normal given the parameters: condition each of the last 13 on those before it."""
    ahead, draws = _drawn(markets, 3, persistence)
    found = forecast(draws, ahead, np.random.default_rng(0)).log_density
    actual = ahead.cut.panel.kpi[ahead.cut.history :] / ahead.prepared.design.kpi_scale
    given = [_dense(ahead, _only(draws, d)) for d in range(3)]
    horizon = len(actual)
    for m in range(markets):
        ends = [slice(m * horizon, m * horizon + t) for t in range(1, horizon + 1)]
        until = [
            np.log(
                np.mean([multivariate_normal.pdf(actual[: t + 1, m], mean[end], cov[end, end]) for mean, cov in given])
            )
            for t, end in enumerate(ends)
        ]
        np.testing.assert_allclose(found[:, m], np.diff(until, prepend=0.0), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("persistence", [0.0, 0.7])
def test_paths_have_the_moments_of_that_distribution_over_weeks_and_markets(persistence):
    """What markets share makes their forecasts err together: a total of independent markets would look too certain."""
    ahead, one = _drawn(2, 1, persistence)
    mean, covariance = _dense(ahead, one)
    many = {name: np.repeat(values, 8000, axis=0) for name, values in vars(one).items()}
    paths = forecast(type(one)(**many), ahead, np.random.default_rng(0)).paths / ahead.prepared.design.kpi_scale
    paths = np.moveaxis(paths, 1, 2).reshape(8000, -1)
    sd = np.sqrt(np.diag(covariance))
    np.testing.assert_allclose((paths.mean(axis=0) - mean) / sd, 0, atol=0.06)
    np.testing.assert_allclose(np.cov(paths.T) / np.outer(sd, sd), covariance / np.outer(sd, sd), atol=0.06)
    assert np.diag((covariance / np.outer(sd, sd))[:13, 13:]).mean() > 0.2


def _drawn(markets: int, draws: int, persistence: float):
    cut = cut_panel(simulate(seed=2, markets=markets).panel)[0]
    ahead = prepare_cut(cut, CONFIG, {})
    lasting = replace(ahead.prepared, design=replace(ahead.prepared.design, persistence=persistence))
    ahead = replace(ahead, prepared=lasting)
    position = 0.2 * np.random.default_rng(5).normal(size=(draws, ahead.prepared.layout.size)) - 0.5
    return ahead, natural(position, ahead.prepared.design, ahead.prepared.priors)


def _only(draws, d):
    return type(draws)(**{name: values[[d]] for name, values in vars(draws).items()})


def _dense(ahead, one):
    """Mean and covariance of the weeks after the origin given those before it, one market after another."""
    design, n, markets = ahead.prepared.design, ahead.cut.history, len(ahead.cut.panel.markets)
    panel, weeks = ahead.cut.panel, len(ahead.cut.panel.weeks)
    exposure = panel.exposure[panel.carry_in :], panel.exposure[: panel.carry_in]
    media = response_model(one, design).kpi_of_exposure(*exposure)[0].sum(axis=-1) / design.kpi_scale
    own = np.concatenate([design.baseline.own, ahead.own], axis=1)
    known = media + np.einsum("mtj,mj->tm", own, one.own[0])
    columns = np.vstack([design.baseline.columns, ahead.columns]) * design.baseline.prior_sd
    course = columns @ columns.T if markets > 1 else 0.0
    lasting = design.persistence ** np.abs(np.subtract.outer(np.arange(weeks), np.arange(weeks)))
    covariance = np.kron(np.ones((markets, markets)), course + one.week_spread[0] ** 2 * lasting)
    for m in range(markets):
        place = slice(m * weeks, (m + 1) * weeks)
        covariance[place, place] += columns @ columns.T + one.noise[0, m] ** 2 * lasting
    past = np.tile(np.arange(weeks) < n, markets)
    gain = np.linalg.solve(covariance[np.ix_(past, past)], covariance[np.ix_(past, ~past)]).T
    kpi = panel.kpi / design.kpi_scale
    mean = known.T.ravel()[~past] + gain @ (kpi - known).T.ravel()[past]
    left = covariance[np.ix_(~past, ~past)] - gain @ covariance[np.ix_(past, ~past)]
    return mean, left


def test_intervals_of_two_normals_cover_as_often_as_they_say():
    rng = np.random.default_rng(3)
    samples = multivariate_normal([0, 0], [[1, 0.5], [0.5, 2]]).rvs(20_000, random_state=rng)
    covered = inside(multivariate_normal([0, 0], [[1, 0.5], [0.5, 2]]).rvs(20_000, random_state=rng), samples, 0.8)
    np.testing.assert_allclose(covered.mean(axis=0), 0.8, atol=0.02)


def test_a_panel_too_short_to_hold_out_weeks_says_so():
    (check,) = holdout_checks(hold_out(first_weeks(simulate(seed=0).panel, 80), CONFIG, {}, seed=1))
    assert check.passed is None
    assert "82 weeks" in check.detail


def judged(world: World) -> tuple[Holdout, dict]:
    found = hold_out(world.panel, CONFIG, {}, seed=1, effort=EFFORT)
    return found, {check.name: check for check in holdout_checks(found)}


@pytest.mark.slow
def test_intervals_of_unseen_weeks_cover_as_they_say_over_many_businesses():
    """Weeks after one origin are off together, so that four businesses of 39 weeks still vary by some 10 points."""
    covered = {0.5: [], 0.8: [], 0.95: []}
    for seed in range(4):
        found, checks = judged(simulate(seed=seed))
        assert checks["holdout"].passed
        assert checks["holdout_without_media"].passed
        for coverage in found.coverage:
            covered[coverage.level].append(coverage.found)
    for level, shares in covered.items():
        assert np.mean(shares) == pytest.approx(level, abs=0.17)


@pytest.mark.slow
def test_a_season_that_breaks_fails_the_check():
    world = simulate(seed=2)
    weeks = np.arange(len(world.panel.weeks))
    season = 0.08 * world.panel.kpi.mean() * np.sin(2 * np.pi * weeks / 52.0 + 0.4)
    turned = world.panel.kpi - 2 * np.where(weeks >= len(weeks) - 39, season, 0.0)[:, None]
    _, checks = judged(replace(world, panel=replace(world.panel, kpi=turned)))
    assert checks["holdout"].passed is False
    assert "intervals are wrong" in checks["holdout"].detail


@pytest.mark.slow
def test_media_without_an_effect_are_named():
    world = simulate(seed=1)
    _, checks = judged(replace(world, panel=replace(world.panel, kpi=world.panel.kpi - world.media.sum(axis=-1))))
    assert checks["holdout"].passed
    assert checks["holdout_without_media"].passed is False
