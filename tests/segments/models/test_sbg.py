"""The shifted beta-geometric model against its papers, against sums of its definition, and against simulated subscriptions."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import approx_fprime
from scipy.stats import beta

from workbench.errors import FitError
from workbench.segments.models.sbg import (
    Lifetimes,
    discounted_renewals_ever,
    fit_sbg,
    log_likelihood,
    log_survival,
    renewal_probabilities,
)

HIGH_END, REGULAR = (1000, 869, 743, 653, 593, 551, 517, 491), (1000, 631, 468, 382, 326, 289, 262, 241)


def cohort(survivors: tuple[int, ...]) -> Lifetimes:
    left = np.array(survivors, dtype=float)
    still = np.zeros(len(left))
    still[-1] = left[-1]
    return Lifetimes(renewals=np.arange(float(len(left))), ended=np.append(left[:-1] - left[1:], 0.0), active=still)


def simulated(alpha: float, beta_: float, *, subscriptions: int, seed: int) -> Lifetimes:
    """Observed for one to forty renewals."""
    rng = np.random.default_rng(seed)
    lasted = rng.geometric(np.maximum(rng.beta(alpha, beta_, subscriptions), 1e-9)) - 1
    seen = rng.integers(1, 41, subscriptions)
    ended = np.bincount(lasted[lasted < seen], minlength=41).astype(float)
    active = np.bincount(seen[lasted >= seen], minlength=41).astype(float)
    return Lifetimes(renewals=np.arange(41.0), ended=ended, active=active)


@pytest.mark.parametrize(("survivors", "published"), [(HIGH_END, (0.668, 3.806)), (REGULAR, (0.704, 1.182))])
def test_the_cohorts_of_fader_hardie_2007(survivors: tuple[int, ...], published: tuple[float, float]) -> None:
    np.testing.assert_allclose(fit_sbg(cohort(survivors)).parameters, published, atol=6e-4)


def test_projection_and_residual_lifetime_of_the_high_end_cohort() -> None:
    """As computed from the papers' formulas by shifted_beta_geometric_py: 0.460 … 0.378, and 7.530 periods at 10% after seven renewals."""
    parameters = fit_sbg(cohort(HIGH_END)).parameters
    np.testing.assert_allclose(
        np.exp(log_survival(parameters, np.arange(8, 13))), [0.460, 0.436, 0.414, 0.395, 0.378], atol=6e-4
    )
    assert discounted_renewals_ever(parameters, np.array([7.0]), 0.1)[0] == pytest.approx(7.530, abs=1e-3)


def test_survival_is_the_mixture_over_probabilities_of_leaving() -> None:
    for renewals in (0, 1, 7, 40):
        integral, _ = quad(lambda p, n=renewals: (1 - p) ** n * beta.pdf(p, 1.3, 2.1), 0, 1, epsrel=1e-11)
        assert np.exp(log_survival(np.array([1.3, 2.1]), np.array([renewals])))[0] == pytest.approx(integral, rel=1e-8)


def test_renewals_ahead_are_survival_given_survival_so_far() -> None:
    parameters, n = np.array([0.8, 4.0]), np.array([0.0, 5.0])
    ahead = renewal_probabilities(parameters, n, 3)
    expected = [np.exp(log_survival(parameters, n + k) - log_survival(parameters, n)) for k in (1, 2, 3)]
    np.testing.assert_allclose(ahead, np.transpose(expected))


def test_discounted_renewals_are_their_infinite_sum() -> None:
    parameters, n = np.array([0.764, 1.296]), np.arange(5.0)
    summed = renewal_probabilities(parameters, n, 3000) @ 1.1 ** -np.arange(3000.0)
    np.testing.assert_allclose(discounted_renewals_ever(parameters, n, 0.1), summed, rtol=1e-10)


def test_gradient_is_the_slope_of_the_likelihood() -> None:
    lifetimes, parameters = simulated(0.8, 4.0, subscriptions=500, seed=1), np.array([0.5, 7.0])
    slope = approx_fprime(parameters, lambda p: log_likelihood(p, lifetimes)[0], 1e-7 * parameters)
    np.testing.assert_allclose(log_likelihood(parameters, lifetimes)[1], slope, rtol=1e-4)


def test_intervals_cover_the_truth_of_simulated_subscriptions() -> None:
    truth, worlds, covered = (0.8, 4.0), 40, np.zeros(2)
    for seed in range(worlds):
        lower, upper = fit_sbg(simulated(*truth, subscriptions=1500, seed=seed)).interval(0.9)
        covered += (lower <= truth) & (truth <= upper)
    # 36 of 40 expected; fewer than 31 has a probability of 0.5% per parameter.
    assert (covered >= 31).all(), covered


def test_subscriptions_that_are_all_alike_leave_their_spread_unknown() -> None:
    """With one probability of leaving for all, α and β may be any large numbers of that ratio."""
    rng = np.random.default_rng(3)
    ended = np.bincount(np.minimum(rng.geometric(0.2, 5000) - 1, 60), minlength=61).astype(float)
    fit = fit_sbg(Lifetimes(renewals=np.arange(61.0), ended=ended, active=np.zeros(61)))
    assert not fit.known.any()
    assert fit.parameters[0] / fit.parameters.sum() == pytest.approx(0.2, abs=0.01)


def test_nine_ended_subscriptions_are_too_few() -> None:
    with pytest.raises(FitError, match="9 subscriptions have ended"):
        fit_sbg(Lifetimes(renewals=np.arange(2.0), ended=np.array([9.0, 0.0]), active=np.array([0.0, 50.0])))
