"""What priors imply, against closed forms, and the checks that refuse absurd ones."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.mmm.worlds import World, simulate
from workbench.config import BusinessPrior, Channel, MediaMix
from workbench.data.panel import Panel
from workbench.mmm.checks.prior_beliefs import (
    observed_variation,
    prior_checks,
    prior_predictive,
    prior_predictive_check,
    priors_check,
    weekly_variation,
)
from workbench.mmm.inputs.design import LEVEL_SD
from workbench.mmm.inputs.prior_beliefs import PriorBeliefs, prior_table, prior_table_in_words
from workbench.mmm.inputs.priors import prior_roas_draws
from workbench.mmm.prepare import prepare
from workbench.mmm.response import ResponseModel
from workbench.result import Check

STATED = {
    "channel 0": Channel(
        roas=BusinessPrior(lower=1.0, upper=3.0),
        half_life_weeks=BusinessPrior(lower=1.0, upper=4.0),
        half_saturation=BusinessPrior(lower=0.5, upper=2.0),
    ),
    "channel 1": Channel(roas=BusinessPrior(lower=2.0, upper=4.0)),
}


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(seed=1, weeks=104)


def beliefs(
    panel: Panel,
    config: MediaMix | None = None,
    channels: dict[str, Channel] | None = None,
    lift: pd.DataFrame | None = None,
) -> PriorBeliefs:
    return prepare(panel, config or MediaMix(), channels or {}, lift).beliefs(seed=3)


def named(checks: list[Check], name: str) -> Check:
    return next(check for check in checks if check.name == name)


def test_the_table_says_what_was_stated(world):
    """Ranges come back from 1,000 draws; the share of sales is return × spend ÷ revenue."""
    panel = world.panel
    row = prior_table(beliefs(panel, channels=STATED)).iloc[0]
    assert (row.roas_lower, row.roas_upper) == pytest.approx((1.0, 3.0), rel=0.1)
    assert (row.weeks_to_half_lower, row.weeks_to_half_upper) == pytest.approx((1.0, 4.0), rel=0.15)
    assert row.roas == pytest.approx(np.sqrt(3.0), rel=0.05)
    assert row.share == pytest.approx(row.roas * panel.window_spend[..., 0].sum() / panel.revenue.sum())
    window = panel.window_spend[:, 0, 0]
    typical = window[window > 0].mean()
    assert (row.half_saturation_lower, row.half_saturation_upper) == pytest.approx(
        (0.5 * typical, 2 * typical), rel=0.1
    )
    assert row.basis == "roas"


def test_the_table_in_words_has_ranges_in_money(world):
    words = prior_table_in_words(beliefs(world.panel, channels=STATED)).iloc[0]
    assert words["Known from"] == "stated return"
    assert words["Return per €1"].startswith("€")
    assert words["Half of the effect within"].endswith("weeks")


def test_a_cost_per_conversion_becomes_a_return_at_the_conversions_value(world):
    """Conversions worth 50 in the first half and 70 in the second, weighted by how many there were."""
    panel = world.panel
    value = np.where(np.arange(len(panel.weeks)) < 52, 50.0, 70.0)[:, None]
    conversions = replace(panel, kpi=panel.kpi / value, value=value)
    worth = panel.kpi.sum() / conversions.kpi.sum()
    opinion = Channel(cpa=BusinessPrior(lower=20.0, upper=40.0))
    prior = beliefs(conversions, channels={"channel 0": opinion})
    assert prior.priors.roas[0].range == pytest.approx((worth / 40, worth / 20))
    assert prior_table_in_words(prior)["Known from"].tolist() == ["stated cost per conversion", "no opinion"]


def test_returns_of_several_markets_are_those_of_the_pooled_prior():
    """Market returns with the centre integrated out, against centre and differences drawn one after the other."""
    panel = simulate(seed=2, weeks=60, markets=3).panel
    prepared = prepare(panel, MediaMix(), {})
    ours = np.log(prepared.beliefs(seed=3).roas[:, 0])
    spend = panel.window_spend.sum(axis=0)
    plain = np.log(prior_roas_draws(prepared.priors, spend, 20_000, np.random.default_rng(0))[:, 0])
    assert stats.ks_2samp(ours, plain).pvalue > 0.01


def test_signed_controls_keep_their_sign(world):
    drawn = beliefs(world.panel, MediaMix(signs={"weather": "negative"})).draws.own[:, 0, 0]
    assert (drawn < 0).all()
    assert stats.kstest(-drawn, stats.halfnorm(scale=0.5).cdf).pvalue > 0.01


def test_the_prior_predictive_has_the_variance_of_its_parts(world):
    """Level, trend, season and controls are normal: their variance in a week is the sum of (column × scale)²."""
    silent = {name: Channel(roas=BusinessPrior(lower=1e-9, upper=2e-9)) for name in world.panel.channels}
    prior = beliefs(world.panel, channels=silent)
    drawn = prior_predictive(prior, seed=5)[:, :, 0]
    baseline = prior.design.baseline
    wanted = ((baseline.of_market(0) * np.append(baseline.prior_sd, baseline.own_prior_sd)) ** 2).sum(axis=1) + 0.5**2
    assert wanted.min() > LEVEL_SD**2
    np.testing.assert_allclose(drawn.var(axis=0).mean(), wanted.mean(), rtol=0.15)


def test_sound_priors_pass(world):
    check = prior_predictive_check(beliefs(world.panel, channels=STATED), seed=1)
    assert check.passed
    assert check.value < 0.01


def test_returns_that_imply_three_times_all_sales_fail_with_the_mend(world):
    panel = world.panel
    absurd = 3 * panel.revenue.sum() / panel.window_spend[..., 0].sum()
    opinion = Channel(roas=BusinessPrior(lower=0.9 * absurd, upper=1.1 * absurd))
    check = prior_predictive_check(beliefs(panel, channels={"channel 0": opinion}), seed=1)
    assert check.passed is False
    assert check.value == 1.0
    assert "lower the return stated for channel 0, which implies" in check.detail


def test_a_kpi_that_no_baseline_can_follow_fails(world):
    lonely = np.full_like(world.panel.kpi, 1.0)
    lonely[50] = 1e6
    prior = beliefs(replace(world.panel, kpi=lonely))
    assert observed_variation(prior) == pytest.approx(np.sqrt(len(lonely) - 1), rel=1e-3)
    assert np.quantile(weekly_variation(prior, 1), 0.99) < 3
    check = prior_predictive_check(prior, seed=1)
    assert check.passed is False
    assert "sales swing more than the assumptions allow" in check.detail


def test_stated_returns_that_contradict_the_media_share_are_named_with_both_numbers(world):
    config = MediaMix(media_share=BusinessPrior(lower=0.01, upper=0.03))
    check = named(prior_checks(beliefs(world.panel, config, STATED), 1), "media_share")
    assert check.passed is False
    assert "say that media cause 1" in check.detail
    assert "media_share says 1.0% to 3.0%" in check.detail
    assert "the two contradict each other" in check.detail


def test_a_media_share_beside_stated_returns_is_said_to_be_unused(world):
    config = MediaMix(media_share=BusinessPrior(lower=0.1, upper=0.4))
    check = named(prior_checks(beliefs(world.panel, config, STATED), 1), "media_share")
    assert check.passed
    assert "media_share itself isn't used" in check.detail


def test_weak_channels_and_channels_with_tests_are_named(world):
    panel = world.panel
    spent = panel.window_spend[40:44, 0, 0].sum()
    lift = pd.DataFrame(
        {
            "experiment_id": ["go dark"],
            "channel": ["channel 0"],
            "markets": ["market 0"],
            "start": [panel.weeks[40]],
            "end": [panel.weeks[44] - pd.Timedelta(days=1)],
            "spend_change": [spent],
            "lift": [spent],
            "lift_se": [0.2 * spent],
        }
    )
    check = priors_check(beliefs(panel, channels={"channel 0": STATED["channel 0"]}, lift=lift))
    assert "No opinion was stated on channel 1" in check.detail
    assert "the test outweighs this: channel 0 (go dark)" in check.detail
    assert prior_table(beliefs(panel, lift=lift)).tests.tolist() == ["go dark", ""]


def test_prior_curves_are_response_curves(world):
    """At the median half-saturation point, half of the median largest effect, as a Hill curve has it."""
    prior = beliefs(world.panel, channels=STATED)
    assert isinstance(prior.response, ResponseModel)
    half = prior.half_saturation[:, [0]]
    reached = np.array([prior.response.channel_curve("channel 0", point)[d, 0] for d, point in enumerate(half[:20])])
    np.testing.assert_allclose(reached, prior.response.coefficient[:20, 0, 0] / 2, rtol=1e-9)
