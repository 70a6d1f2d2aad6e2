"""What the spend can tell before fitting, and the test that would tell the rest."""

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm
import xarray as xr
from scipy import stats

from tests.mmm.spend_worlds import Rule, company
from tests.mmm.worlds import simulate
from workbench.config import MediaMix
from workbench.data.panel import Panel
from workbench.mmm.checks.identifiability import (
    collinearity_check,
    correlations,
    own_variation,
    own_variation_check,
    spend_checks,
)
from workbench.mmm.checks.learnt import learnt_check, learnt_estimates, learnt_from_data
from workbench.mmm.checks.resolving_test import (
    LONGEST_TEST,
    WANTED_PRECISION,
    described,
    resolving_test,
    resolving_tests,
    standard_error,
    usual_spend,
    weekly_noise,
)
from workbench.mmm.checks.spend_follows_demand import SIGNIFICANCE, follows_expectation, follows_surprises
from workbench.mmm.inputs.design import Design
from workbench.mmm.inputs.priors import Z_90, LogNormal, Priors
from workbench.mmm.inputs.robust_regression import RobustFit
from workbench.mmm.prepare import prepare
from workbench.result import Check

WORLDS = 100


def laid_out(panel: Panel, config: MediaMix | None = None) -> tuple[Design, Priors, list[RobustFit]]:
    prepared = prepare(panel, config or MediaMix(), {})
    return prepared.design, prepared.priors, prepared.quick_fits


def failed(rule: Rule, seeds: range, *, persistence: float = 0.0, waver: float = 0.1) -> dict[str, float]:
    """Share of worlds in which each check names a channel, and how often it names the first one."""
    named: dict[str, list[bool]] = {"spend_follows_demand": [], "spend_follows_season": []}
    for seed in seeds:
        laid = laid_out(company(rule, seed=seed, persistence=persistence, waver=waver))
        for check in spend_checks(*laid):
            if check.name in named:
                named[check.name].append(check.passed is False)
    return {name: float(np.mean(found)) for name, found in named.items()}


def check_of(panel: Panel, name: str) -> Check:
    return next(check for check in spend_checks(*laid_out(panel)) if check.name == name)


def test_independent_flights_are_not_suspected():
    """At most as often as chance allows: 100 worlds, a limit of 1% each, and the upper end of a binomial's 99%."""
    shares = failed("own flights", range(WORLDS))
    allowed = stats.binom.ppf(0.99, WORLDS, SIGNIFICANCE) / WORLDS
    assert shares["spend_follows_demand"] <= allowed
    assert shares["spend_follows_season"] <= 0.01


def test_chance_is_uniform_where_spend_follows_nothing():
    chances = []
    for seed in range(60):
        design, _, fits = laid_out(company("own flights", seed=seed, markets=2))
        chances.append(follows_surprises(design, fits, negligible=0.0)[0])
    assert stats.kstest(chances, "uniform").pvalue > 0.01


def test_budgets_that_follow_surprises_are_found():
    assert failed("last week's surprise", range(20), persistence=0.6)["spend_follows_demand"] >= 0.95


def test_a_shock_to_all_markets_counts_once():
    """National flights beside national surprises, in ten markets alike: pooled as if independent, chance would look like proof."""
    rng = np.random.default_rng(4)
    chances = []
    for seed in range(40):
        panel = company("own flights", seed=seed, weeks=80)
        copies = 8
        wide = replace(
            panel,
            markets=tuple(f"m{i}" for i in range(copies)),
            kpi=panel.kpi + 2e3 * rng.normal(size=(80, copies)),
            value=np.ones((80, copies)),
            control=np.repeat(panel.control, copies, axis=1),
            holidays=np.repeat(panel.holidays, copies, axis=1),
            spend=np.repeat(panel.spend, copies, axis=1),
            exposure=np.repeat(panel.exposure, copies, axis=1),
        )
        design, _, fits = laid_out(wide)
        chances.append(follows_surprises(design, fits, negligible=0.0).min())
    assert np.mean(np.array(chances) < SIGNIFICANCE / 2) <= 0.1


def test_many_markets_do_not_make_a_negligible_relation_a_suspicion():
    design, _, fits = laid_out(simulate(seed=1, markets=60, weeks=156).panel)
    assert follows_surprises(design, fits).min() > SIGNIFICANCE


def test_budgets_as_a_share_of_sales_are_found():
    for rule in ("share of last week's sales", "share of expected sales"):
        shares = failed(rule, range(20), waver=0.05)
        assert shares["spend_follows_season"] >= 0.95


def test_the_follower_is_named_with_the_test_that_resolves_it():
    check = check_of(company("share of expected sales", seed=1, markets=3, waver=0.05), "spend_follows_season")
    assert check.passed is False
    assert "The spend of channel 0 rises and falls" in check.detail
    assert "hold channel 0 at zero in market" in check.detail
    assert "to know its return within ±" in check.detail


def test_the_expectation_is_the_season_of_the_world():
    """The squared correlation is that with the season that the world was made with."""
    design, _, fits = laid_out(company("share of expected sales", seed=5, weeks=156, waver=0.1))
    spend = design.panel.window_spend[:, 0, 0]
    assert follows_expectation(design, fits)[0] == pytest.approx(
        np.corrcoef(spend, fits[0].baseline)[0, 1] ** 2, rel=1e-9
    )
    weeks = np.arange(156)
    waves = sm.add_constant(np.stack([np.sin(2 * np.pi * weeks / 52), np.cos(2 * np.pi * weeks / 52)], axis=1))
    assert follows_expectation(design, fits)[0] == pytest.approx(sm.OLS(spend, waves).fit().rsquared, abs=0.1)


def test_correlations_are_within_markets():
    panel = simulate(seed=3, markets=2).panel
    window = panel.exposure[panel.carry_in :]
    wanted = np.mean([np.corrcoef(window[:, m].T)[0, 1] for m in range(2)])
    assert correlations(panel)["channel 0", "channel 1"] == pytest.approx(wanted)


def test_own_variation_is_one_minus_r_squared():
    design, _, _ = laid_out(simulate(seed=3).panel)
    exposure = design.exposure[design.carry_over_weeks :, 0]
    others = np.hstack([design.baseline.of_market(0), exposure[:, [1]]])
    # The baseline holds the constant, so the R² is the centred one.
    r_squared = 1 - sm.OLS(exposure[:, 0], others).fit().ssr / ((exposure[:, 0] - exposure[:, 0].mean()) ** 2).sum()
    assert own_variation(design)[0] == pytest.approx(1 - r_squared)


def test_twins_are_named_with_the_test_that_resolves_them():
    panel = simulate(seed=5, roas=(4.0, 1e-6)).panel
    twin = np.repeat(panel.spend[..., :1], 2, axis=-1)
    design, priors, fits = laid_out(replace(panel, spend=twin, exposure=twin))
    for check in (collinearity_check(design, priors, fits), own_variation_check(design, priors, fits)):
        assert check.passed is False
        assert "hold channel 1 at zero every other" in check.detail


def test_the_standard_error_of_a_geo_test_is_that_of_least_squares():
    """Spend withheld in two of four markets for eight weeks: relative KPI on an effect of each week and one slope."""
    design, priors, fits = laid_out(simulate(seed=7, markets=4).panel)
    sharp = replace(priors, half_life=(LogNormal(np.log(0.01), 0.1),) * 2)
    pattern = np.zeros((8, 4))
    pattern[:, [0, 2]] = 1.0
    lost = pattern * usual_spend(design)[:, 0] / design.panel.revenue.mean(axis=0)
    columns = np.column_stack([lost.ravel(), np.kron(np.eye(8), np.ones((4, 1)))])
    weights = np.tile([fit.scale**-2 for fit in fits], 8)
    wanted = np.sqrt(np.linalg.inv(columns.T * weights @ columns)[0, 0])
    assert standard_error(pattern, design, sharp, fits, 0) == pytest.approx(wanted)


def test_the_standard_error_of_an_on_off_test_is_that_of_least_squares():
    """One market, carry-over included: the slope of noise on spend as it acts, beside a constant."""
    design, priors, fits = laid_out(simulate(seed=7).panel)
    pattern = (np.arange(12) // 3 % 2 == 0).astype(float)[:, None]
    decay = 0.5 ** (1 / np.exp(priors.half_life[0].mu))
    reach = decay ** np.arange(design.carry_over_weeks + 1)
    acting = np.convolve(pattern[:, 0], reach / reach.sum())[:12]
    columns = sm.add_constant(acting * usual_spend(design)[0, 0])
    wanted = weekly_noise(design, fits)[0] * np.sqrt(np.linalg.inv(columns.T @ columns)[1, 1])
    assert standard_error(pattern, design, priors, fits, 0) == pytest.approx(wanted)


def test_the_resolving_test_is_the_shortest_that_suffices():
    design, priors, fits = laid_out(simulate(seed=7, markets=4).panel)
    test = resolving_test(design, priors, fits, "channel 0")
    assert test.weeks < LONGEST_TEST
    believed = np.exp(priors.roas[0].mu)
    dark = [design.panel.markets.index(name) for name in test.markets]
    for weeks, enough in ((test.weeks, True), (test.weeks - 1, False)):
        pattern = np.zeros((weeks, 4))
        pattern[:, dark] = 1.0
        reached = weeks > 0 and Z_90 * standard_error(pattern, design, priors, fits, 0) <= WANTED_PRECISION * believed
        assert bool(reached) is enough
    assert test.withheld == pytest.approx(test.weeks * usual_spend(design)[dark, 0].sum())
    assert described(test, design).startswith("hold channel 0 at zero in market")


def test_a_channel_too_small_to_test_is_said_to_be():
    panel = simulate(seed=7).panel
    small = panel.spend * np.array([1.0, 1e-3])
    design, priors, fits = laid_out(replace(panel, spend=small, exposure=small))
    frugal = replace(priors, roas=(priors.roas[0], LogNormal(0.0, 1.0)))
    test = resolving_test(design, frugal, fits, "channel 1")
    assert test.precision > 1
    sentence = resolving_tests(design, frugal, fits, design.panel.channels)
    assert sentence.startswith("hold channel 0 at zero every other")
    assert sentence.endswith(
        "no test of 26 weeks would tell much about channel 1: too little spend beside the ups and downs of sales"
    )


def posterior(before: float, after: float) -> xr.Dataset:
    """Log-normal returns of these standard deviations of the logarithm, of one channel."""
    rng = np.random.default_rng(0)
    draws = {"prior_roas": before, "roas": after}
    return xr.Dataset(
        {name: (("draw", "channel"), np.exp(sd * rng.normal(size=(20_000, 1)))) for name, sd in draws.items()},
        coords={"channel": ["channel 0"]},
    )


def test_what_was_learnt_is_one_minus_the_ratio_of_variances():
    assert learnt_from_data(posterior(0.8, 0.4))["channel 0"] == pytest.approx(0.75, abs=0.02)
    assert learnt_from_data(posterior(0.8, 0.8))["channel 0"] == pytest.approx(0.0, abs=0.03)
    assert learnt_from_data(posterior(0.4, 0.8))["channel 0"] == 0.0


def test_a_number_that_is_mostly_assumption_is_named_with_a_test():
    design, priors, fits = laid_out(simulate(seed=7, markets=4).panel)
    check = learnt_check({"channel 0": 0.9, "channel 1": 0.3}, design, priors, fits)
    assert check.passed is False
    assert "the numbers of channel 1 are mostly what was assumed before: hold channel 1 at zero in" in check.detail
    assert learnt_check({"channel 0": 0.9, "channel 1": 0.6}, design, priors, fits).passed
    (estimate,) = learnt_estimates(posterior(0.8, 0.4))
    assert (estimate.quantity, estimate.entity, estimate.unit) == ("learnt_from_data", "channel 0", "%")
