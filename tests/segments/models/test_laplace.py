"""Likelihoods that are quadratic in logarithms and likelihoods that aren't, whose exact distributions are known."""

import numpy as np
import pytest
from scipy.stats import gamma, kstest

from tests.segments.populations import simulate_triples
from workbench.segments.models.bgnbd import BGNBD
from workbench.segments.models.laplace import is_quadratic, sample_likelihood
from workbench.segments.models.likelihood import Fit, Likelihood, maximise


def rate_of_waiting(times: int) -> Likelihood:
    """So many exponential waiting times of mean one: with a flat prior on its logarithm their rate is Gamma(times, times)."""

    def evaluate(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        rate = parameters[0]
        return float(times * np.log(rate) - rate * times), np.array([times / rate - times])

    return Likelihood(evaluate, observations=times)


def fitted(times: int) -> Fit:
    return maximise(rate_of_waiting(times), [(0.3,), (3.0,)], ("rate",))


def test_many_waiting_times_are_quadratic_and_few_are_not() -> None:
    assert fitted(400).quadratic
    assert fitted(400).sample is None
    assert not fitted(5).quadratic


def test_draws_of_a_skew_likelihood_follow_its_exact_distribution() -> None:
    fit = fitted(5)
    draws = fit.draws(1000, np.random.default_rng(1))[:, 0]
    assert kstest(draws, gamma(5, scale=1 / 5).cdf).statistic < 0.04
    assert fit.pareto_k < 0.7
    lower, upper = fit.interval(0.9)
    np.testing.assert_allclose([lower[0], upper[0]], gamma(5, scale=1 / 5).ppf([0.05, 0.95]), rtol=0.04)


def test_laplace_would_have_erred_there() -> None:
    """The case is worth the effort: its 90% interval misses the exact upper end by more than a tenth of its length."""
    fit = fitted(5)
    lower, upper = np.exp(np.array([-1.645, 1.645]) * np.sqrt(fit.log_covariance[0, 0]))
    exact = gamma(5, scale=1 / 5).ppf([0.05, 0.95])
    assert (upper - exact[1]) / (exact[1] - exact[0]) > 0.1 or (lower - exact[0]) / (exact[1] - exact[0]) > 0.1


def test_two_standard_errors_of_a_quadratic_cost_two() -> None:
    covariance = np.array([[2.0, 0.6], [0.6, 0.5]])
    precision = np.linalg.inv(covariance)
    assert is_quadratic(lambda x: -x @ precision @ x / 2, np.zeros(2), covariance)
    assert not is_quadratic(lambda x: -x @ precision @ x / 2 - 0.3 * x[0] ** 3, np.zeros(2), covariance)


def test_a_part_of_the_histories_says_how_the_likelihood_of_all_departs() -> None:
    """All data's quadratic with the departure of every fourth history gives the quantiles that all data give."""
    model, triples = BGNBD(), simulate_triples(0.5, 8.0, 0.9, 2.0, customers=1600, seed=2)
    fit = model.fit(triples)
    summit, samples = np.log(fit.parameters), []
    for step in (1, 4):
        some = triples.take(slice(None, None, step))
        each = Likelihood(lambda p, some=some: model.log_likelihood(p, some), observations=float(some.customers.sum()))
        curvature = np.array(
            [(each.loss(summit + h)[1] - each.loss(summit - h)[1]) / 2e-4 for h in 1e-4 * np.eye(len(summit))]
        )
        samples.append(sample_likelihood(each.loss, curvature, 1600.0, summit, fit.log_covariance).shifts)
    errors = np.sqrt(np.diag(fit.log_covariance))
    for share in (0.05, 0.5, 0.95):
        np.testing.assert_allclose(*(np.quantile(each, share, axis=0) / errors for each in samples), atol=0.3)


def test_what_the_data_do_not_know_stays_where_it_is() -> None:
    """Without dropout its parameters are unknown: draws hold them fixed and still follow the others."""
    triples = simulate_triples(0.7, 9.0, 1e-9, 1.0, customers=300, seed=3)
    fit = BGNBD().fit(triples)
    draws = fit.draws(500, np.random.default_rng(0))
    assert list(fit.known) == [True, True, False, False]
    assert draws[:, 0].std() > 0
    np.testing.assert_allclose(np.log(draws[:, 3] / fit.parameters[3]).std(), 0, atol=0.05)


@pytest.mark.parametrize("times", [5, 400])
def test_draws_repeat_with_their_seed(times: int) -> None:
    one, two = (fitted(times).draws(20, np.random.default_rng(4)) for _ in range(2))
    np.testing.assert_array_equal(one, two)
