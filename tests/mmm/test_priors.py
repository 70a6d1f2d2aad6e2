import numpy as np
import pytest
from scipy import stats

from workbench.config import BusinessPrior, Channel, MediaMix
from workbench.errors import SpecError
from workbench.mmm.inputs.priors import LogNormal, build_priors, prior_roas_draws


def test_a_range_holds_the_middle_90_percent():
    prior = LogNormal.from_range(BusinessPrior(lower=0.5, upper=4.0))
    reference = stats.lognorm(s=prior.sigma, scale=np.exp(prior.mu))
    assert reference.ppf([0.05, 0.95]) == pytest.approx([0.5, 4.0])
    assert prior.range == pytest.approx((0.5, 4.0))
    assert (prior.mean, prior.variance) == pytest.approx((reference.mean(), reference.var()))


def test_moments_come_back():
    prior = LogNormal.from_moments(3.0, 2.5)
    assert (prior.mean, prior.variance) == pytest.approx((3.0, 2.5))


def test_weak_priors_add_up_to_the_share_that_media_are_believed_to_cause():
    share = BusinessPrior(lower=0.1, upper=0.4)
    spend, revenue = np.array([20.0, 50.0, 130.0]), 1000.0
    priors = build_priors(MediaMix(media_share=share), [Channel()] * 3, spend, revenue)
    drawn = prior_roas_draws(priors, spend[None, :], 200_000, np.random.default_rng(0)) @ spend / revenue
    wanted = LogNormal.from_range(share)
    assert drawn.mean() == pytest.approx(wanted.mean, rel=0.01)
    assert drawn.std() == pytest.approx(np.sqrt(wanted.variance), rel=0.03)


def test_a_stated_opinion_is_taken_as_it_is():
    stated = Channel(roas=BusinessPrior(lower=1.0, upper=2.0), half_life_weeks=BusinessPrior(lower=1.0, upper=3.0))
    priors = build_priors(MediaMix(), [stated, Channel()], np.array([10.0, 10.0]), 100.0)
    assert priors.roas[0].range == pytest.approx((1.0, 2.0))
    assert priors.half_life[0].range == pytest.approx((1.0, 3.0))
    assert priors.basis == ("roas", "weak")


def test_what_stated_channels_leave_of_the_media_share_goes_to_the_others():
    share = BusinessPrior(lower=0.2, upper=0.4)
    stated = Channel(roas=BusinessPrior(lower=0.9, upper=1.1))
    spend, revenue = np.array([50.0, 50.0, 100.0]), 1000.0
    priors = build_priors(MediaMix(media_share=share), [stated, Channel(), Channel()], spend, revenue)
    drawn = prior_roas_draws(priors, spend[None, :], 200_000, np.random.default_rng(0)) @ spend / revenue
    wanted = LogNormal.from_range(share)
    assert drawn.mean() == pytest.approx(wanted.mean, rel=0.01)
    assert drawn.std() == pytest.approx(np.sqrt(wanted.variance), rel=0.03)


def test_a_cost_per_conversion_is_a_return():
    """A conversion worth 60 that costs between 20 and 50 returns between 60 / 50 and 60 / 20."""
    opinion = Channel(cpa=BusinessPrior(lower=20.0, upper=50.0))
    priors = build_priors(MediaMix(), [opinion], np.array([10.0]), 100.0, value_per_kpi=60.0)
    assert priors.roas[0].range == pytest.approx((1.2, 3.0))
    assert priors.basis == ("cpa",)


def test_a_cost_per_conversion_means_nothing_for_revenue():
    opinion = Channel(cpa=BusinessPrior(lower=20.0, upper=50.0))
    with pytest.raises(SpecError, match="cpa is stated as 20 to 50, but the KPI is revenue.*state roas"):
        build_priors(MediaMix(), [opinion], np.array([10.0]), 100.0)


def test_one_return_is_not_stated_twice():
    with pytest.raises(ValueError, match="roas and cpa state the same thing twice"):
        Channel(cpa=BusinessPrior(lower=20.0, upper=50.0), roas=BusinessPrior(lower=1.0, upper=2.0))


def test_weak_priors_do_not_depend_on_the_currency():
    cheap, dear = (build_priors(MediaMix(), [Channel()], np.array([10.0 * f]), 100.0 * f) for f in (1.0, 1000.0))
    assert (cheap.roas[0].mu, cheap.roas[0].sigma) == pytest.approx((dear.roas[0].mu, dear.roas[0].sigma))
