"""The placebo channel against the integrals that its odds stand for, and in businesses where it did nothing, or something."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import lognorm, norm

from tests.mmm.worlds import simulate
from workbench.config import MediaMix
from workbench.mmm.checks.placebo import (
    AGAINST,
    PLACEBO,
    Placebo,
    add_placebo,
    fit_placebo,
    odds_of_effect,
    placebo_check,
)
from workbench.mmm.sampling import Effort

CONFIG = MediaMix(trend_knots_per_year=2, yearly_harmonics=2)


def test_a_placebo_keeps_the_rhythm_and_costs_as_much_as_the_smallest_channel():
    panel = simulate(seed=0, markets=2, roas=(1.0, 2.0, 3.0)).panel
    wider, source = add_placebo(panel)
    spend = panel.window_spend.sum(axis=(0, 1))
    c = panel.channels.index(source)
    assert spend[c] == spend.max()
    assert wider.channels[-1] == PLACEBO
    assert wider.window_spend[..., -1].sum() == pytest.approx(spend.min())
    ratio = np.sort(wider.spend[..., -1], axis=0)[-50:] / np.sort(panel.spend[..., c], axis=0)[-50:]
    np.testing.assert_allclose(ratio, ratio[0, 0])
    assert abs(np.corrcoef(wider.spend[:, 0, -1], panel.spend[:, 0, c])[0, 1]) < 0.3
    np.testing.assert_array_equal(wider.spend[..., :-1], panel.spend)


@pytest.mark.parametrize(("observed", "error"), [(0.0, 0.3), (0.5, 0.3), (1.0, 0.3), (1.0, 5.0), (1.2, 0.4)])
def test_odds_are_the_ratio_of_marginal_likelihoods(observed, error):
    """One observation of the effect with a known error: the data's probability with any effect, and with a small one."""
    prior = lognorm(s=1.0)
    small = prior.ppf(0.1)
    of_any, of_small = (
        quad(lambda x: prior.pdf(x) * norm.pdf(observed, x, error), 0, end, points=[min(end, 0.1)], limit=200)[0]
        for end in (60, small)
    )
    rng = np.random.default_rng(0)
    before = prior.rvs(400_000, random_state=rng)
    likelihood = norm.pdf(observed, before, error)
    after = rng.choice(before, size=400_000, p=likelihood / likelihood.sum())
    assert odds_of_effect(after, before) == pytest.approx(of_any / (of_small / 0.1), rel=0.05)


def test_odds_seldom_speak_for_an_effect_where_it_is_small():
    """Markov's inequality: at most one in twenty, here with a prior that tells little from an observation that tells some."""
    prior, rng = lognorm(s=1.5), np.random.default_rng(1)
    before = prior.rvs(20_000, random_state=rng)
    small = before[before <= np.quantile(before, 0.1)]
    alarms = []
    for truth in rng.choice(small, size=400):
        likelihood = norm.pdf(rng.normal(truth, 0.4), before, 0.4)
        after = rng.choice(before, size=2000, p=likelihood / likelihood.sum())
        alarms.append(odds_of_effect(after, before) >= AGAINST)
    assert np.mean(alarms) <= 1 / AGAINST


@pytest.mark.parametrize(("odds", "passed"), [(0.2, True), (0.95, None), (3.0, None), (40.0, False)])
def test_the_check_can_pass_fail_and_stay_undecided(odds, passed):
    found = Placebo(
        source="tv", spend=1e6, odds=odds, contribution=(2e5, 1e4, 9e5), believed=(1e5, 4e6), currency="EUR"
    )
    check = placebo_check(found)
    assert check.passed is passed
    assert ("can't tell" in check.detail) is (passed is None)
    assert ("missing control" in check.detail) is (passed is False)


@pytest.mark.slow
def test_a_placebo_without_effect_passes():
    for seed in (0, 1):
        found = fit_placebo(simulate(seed=seed).panel, CONFIG, {}, seed=1, effort=Effort())
        assert placebo_check(found).passed is True
        assert found.contribution[2] < found.believed[1] / 2


@pytest.mark.slow
def test_a_placebo_that_sales_followed_fails():
    """Whatever drove these sales, it moved as the placebo does: the model must not take it for nothing."""
    panel = simulate(seed=0).panel
    wider, _ = add_placebo(panel)
    moved, acting = [], 0.0
    for amount in wider.spend[:, 0, -1]:
        acting = 0.4 * acting + 0.6 * amount
        moved.append(acting)
    caused = 1.5 * np.array(moved)[panel.carry_in :, None]
    found = fit_placebo(replace(panel, kpi=panel.kpi + caused), CONFIG, {}, seed=1, effort=Effort())
    assert placebo_check(found).passed is False
    assert found.contribution[0] == pytest.approx(caused.sum(), rel=0.3)
