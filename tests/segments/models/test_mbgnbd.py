"""MBG/NBD against published numbers, against integration of its definition, and against customers simulated by it."""

from collections.abc import Callable

import ibis
import numpy as np
import pytest
from scipy.optimize import approx_fprime
from scipy.stats import beta, gamma

from tests.segments.models.simulators import one, simulate_mbgnbd
from workbench.segments.models.bgnbd import BGNBD
from workbench.segments.models.mbgnbd import MBGNBD
from workbench.segments.summaries import as_triples, unique_histories

PUBLISHED = np.array([0.5248, 6.183, 0.8914, 1.614])
TRUTH = np.array([1.4, 6.0, 1.8, 3.1])
HISTORIES = [(0, 0.0, 20.0), (1, 5.0, 20.0), (4, 18.0, 30.0), (3, 2.0, 30.0)]


def mixed(individual: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> float:
    """Integral over λ ~ Gamma(r, α) and p ~ Beta(a, b), on a grid that is fine near zero."""
    r, alpha, a, b = TRUTH
    nodes, weights = np.polynomial.legendre.leggauss(300)
    rate, p = 5 * ((nodes + 1) / 2)[:, None] ** 3, ((nodes + 1) / 2) ** 3
    measure = np.outer(5 * 1.5 * ((nodes + 1) / 2) ** 2 * weights, 1.5 * ((nodes + 1) / 2) ** 2 * weights)
    return float((measure * individual(rate, p) * gamma.pdf(rate, r, scale=1 / alpha) * beta.pdf(p, a, b)).sum())


def test_cdnow_gives_the_published_parameters(cdnow_summaries: ibis.Table) -> None:
    fit = MBGNBD().fit(as_triples(unique_histories(cdnow_summaries), "week"))
    assert (np.abs(fit.parameters - PUBLISHED) < [6e-5, 6e-4, 6e-5, 6e-4]).all(), fit.parameters
    assert fit.log_likelihood == pytest.approx(-9582.13, abs=0.01)
    assert fit.identified


@pytest.mark.parametrize(("x", "recency", "age"), HISTORIES)
def test_all_expectations_are_mixtures_over_rates_and_dropout(x: int, recency: float, age: float) -> None:
    """Likelihood, P(alive) and expected purchases from the customer's own: (1 − e^(−λpt)) / p purchases follow survival."""
    ahead, model, customer = 15.0, MBGNBD(), one(x, recency, age)

    def alive(rate: np.ndarray, p: np.ndarray) -> np.ndarray:
        return (1 - p) ** (x + 1) * rate**x * np.exp(-rate * age)

    likelihood = mixed(lambda rate, p: alive(rate, p) + p * (1 - p) ** x * rate**x * np.exp(-rate * recency))
    survivors = mixed(alive)
    purchases = mixed(lambda rate, p: alive(rate, p) * -np.expm1(-rate * p * ahead) / p)
    assert model.log_likelihood(TRUTH, customer)[0] == pytest.approx(np.log(likelihood), abs=1e-6)
    assert model.probability_alive(TRUTH, customer)[0] == pytest.approx(survivors / likelihood, rel=1e-5)
    if_alive = model.purchases_if_alive(TRUTH, customer.frequency, customer.age[:, None], np.array([ahead]))
    assert if_alive.item() == pytest.approx(purchases / survivors, rel=1e-5)


def test_gradient_is_the_slope_of_the_likelihood() -> None:
    triples = simulate_mbgnbd(*PUBLISHED, customers=500, seed=1)
    for parameters in (PUBLISHED, np.array([1.5, 20.0, 0.1, 9.0])):
        _, gradient = MBGNBD().log_likelihood(parameters, triples)
        slope = approx_fprime(parameters, lambda p: MBGNBD().log_likelihood(p, triples)[0], 1e-7 * parameters)
        np.testing.assert_allclose(gradient, slope, rtol=1e-3, atol=1e-3)


def test_one_time_buyers_are_the_less_alive_the_longer_ago_they_bought() -> None:
    recent, long_ago = (MBGNBD().probability_alive(PUBLISHED, one(0, 0.0, age))[0] for age in (1.0, 100.0))
    assert long_ago < recent < 1
    assert not MBGNBD().one_time_buyers_always_alive()


def test_only_a_world_with_dropout_shows_evidence_of_it() -> None:
    endless = simulate_mbgnbd(0.7, 9.0, 1e-9, 1.0, customers=3000, seed=3)
    leaving = simulate_mbgnbd(0.7, 9.0, 0.8, 3.0, customers=3000, seed=3)
    model = MBGNBD()
    assert model.dropout_evidence(model.fit(endless), endless) < 3.84
    assert model.dropout_evidence(model.fit(leaving), leaving) > 100


def test_customers_of_this_world_are_fitted_better_than_by_bg_nbd() -> None:
    triples = simulate_mbgnbd(0.6, 8.0, 0.8, 2.0, customers=6000, seed=4)
    assert MBGNBD().fit(triples).log_likelihood > BGNBD().fit(triples).log_likelihood + 5


@pytest.mark.slow
def test_intervals_cover_the_truth_of_simulated_shops() -> None:
    truth, worlds, covered = (0.6, 8.0, 0.8, 3.0), 30, np.zeros(4)
    for seed in range(worlds):
        lower, upper = MBGNBD().fit(simulate_mbgnbd(*truth, customers=2000, seed=seed)).interval(0.9)
        covered += (lower <= truth) & (truth <= upper)
    # 27 of 30 expected; fewer than 22 has a probability of 0.8% per parameter.
    assert (covered >= 22).all(), covered
