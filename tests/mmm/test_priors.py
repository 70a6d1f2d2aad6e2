import numpy as np
import pytest
from scipy import stats

from workbench.config import BusinessPrior, Channel, MediaMix
from workbench.mmm.inputs.priors import LogNormal, build_priors, describe_weak_priors, prior_roas_draws


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


def test_a_stated_opinion_is_taken_as_it_is_and_the_rest_is_named():
    stated = Channel(roas=BusinessPrior(lower=1.0, upper=2.0), half_life_weeks=BusinessPrior(lower=1.0, upper=3.0))
    priors = build_priors(MediaMix(), [stated, Channel()], np.array([10.0, 10.0]), 100.0)
    assert priors.roas[0].range == pytest.approx((1.0, 2.0))
    assert priors.half_life[0].range == pytest.approx((1.0, 3.0))
    sentence = describe_weak_priors(("tv", "search"), priors)
    assert "search" in sentence
    assert "tv" not in sentence


def test_weak_priors_do_not_depend_on_the_currency():
    cheap, dear = (build_priors(MediaMix(), [Channel()], np.array([10.0 * f]), 100.0 * f) for f in (1.0, 1000.0))
    assert (cheap.roas[0].mu, cheap.roas[0].sigma) == pytest.approx((dear.roas[0].mu, dear.roas[0].sigma))
