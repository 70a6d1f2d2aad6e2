"""BG/NBD against its paper, against integration of its definition, and against customers simulated by it."""

from dataclasses import replace

import ibis
import numpy as np
import pytest
from scipy.integrate import fixed_quad, quad
from scipy.optimize import approx_fprime
from scipy.special import hyp2f1
from scipy.stats import beta, gamma

from tests.segments.populations import simulate_triples
from workbench.errors import FitError
from workbench.segments.models.beta_quadrature import beta_quadrature
from workbench.segments.models.bgnbd import BGNBD
from workbench.segments.summaries import Triples, as_triples, unique_histories

PUBLISHED = np.array([0.243, 4.414, 0.793, 2.426])


def one(x: float, recency: float, age: float) -> Triples:
    return Triples(frequency=np.array([x]), recency=np.array([recency]), age=np.array([age]), customers=np.ones(1))


def test_cdnow_gives_the_parameters_of_fader_hardie_lee_2005(cdnow_summaries: ibis.Table) -> None:
    fit = BGNBD().fit(as_triples(unique_histories(cdnow_summaries), "week"))
    np.testing.assert_allclose(fit.parameters, PUBLISHED, atol=5e-4)
    assert fit.log_likelihood == pytest.approx(-9582.4, abs=0.05)
    assert fit.identified


def test_expected_purchases_of_the_paper_s_example_customer() -> None:
    """Fader, Hardie, Lee, Implementing the BG/NBD Model in Excel: x = 2, t_x = 30.43, T = 38.86, 39 weeks: 1.226."""
    model, customer = BGNBD(), one(2, 30.43, 38.86)
    purchases = model.purchases_if_alive(PUBLISHED, customer.frequency, customer.age[:, None], np.array([39.0]))
    expected = model.probability_alive(PUBLISHED, customer) * purchases[0, :, 0]
    assert expected[0] == pytest.approx(1.226, abs=5e-4)


@pytest.mark.parametrize(("x", "recency", "age"), [(0, 0.0, 20.0), (1, 5.0, 20.0), (4, 18.0, 30.0), (3, 2.0, 30.0)])
def test_likelihood_is_the_mixture_over_rates_and_dropout(x: int, recency: float, age: float) -> None:
    """The paper's individual likelihood, integrated numerically over λ ~ Gamma(r, α) and p ~ Beta(a, b)."""
    r, alpha, a, b = 1.4, 6.0, 1.8, 3.1
    rates, dropouts = gamma(r, scale=1 / alpha), beta(a, b)

    def individual(rate: np.ndarray, p: np.ndarray) -> np.ndarray:
        alive = (1 - p) ** x * rate**x * np.exp(-rate * age)
        dropped = p * (1 - p) ** (x - 1) * rate**x * np.exp(-rate * recency) if x else 0.0
        return (alive + dropped) * rates.pdf(rate) * dropouts.pdf(p)

    def over_rates(p: float) -> float:
        return float(fixed_quad(lambda u: individual(u**2, p) * 2 * u, 0, 2.5, n=120)[0])

    integral, _ = quad(over_rates, 0, 1, epsrel=1e-8)
    value, _ = BGNBD().log_likelihood(np.array([r, alpha, a, b]), one(x, recency, age))
    assert value == pytest.approx(np.log(integral), abs=1e-5)


def test_gradient_is_the_slope_of_the_likelihood() -> None:
    triples = simulate_triples(*PUBLISHED, customers=500, seed=1)
    for parameters in (PUBLISHED, np.array([1.5, 20.0, 0.1, 9.0])):
        _, gradient = BGNBD().log_likelihood(parameters, triples)
        slope = approx_fprime(parameters, lambda p: BGNBD().log_likelihood(p, triples)[0], 1e-7 * parameters)
        np.testing.assert_allclose(gradient, slope, rtol=1e-3, atol=1e-3)


def test_grouping_customers_with_the_same_history_changes_nothing() -> None:
    model, triples = BGNBD(), simulate_triples(*PUBLISHED, customers=50, seed=2)
    twice = replace(triples, customers=2 * triples.customers)
    stacked = triples.take(np.tile(np.arange(50), 2))
    assert model.log_likelihood(PUBLISHED, twice)[0] == pytest.approx(model.log_likelihood(PUBLISHED, stacked)[0])


@pytest.mark.parametrize("horizon", [1.0, 13.0, 52.0])
def test_expected_purchases_equal_the_paper_s_closed_form(horizon: float) -> None:
    """Equation 10 with ₂F₁, where that can be evaluated in double precision."""
    r, alpha, a, b = PUBLISHED
    x, age = np.arange(12.0), np.linspace(10, 100, 12)
    z = horizon / (alpha + age + horizon)
    paper = (a + b + x - 1) / (a - 1) * (1 - (1 - z) ** (r + x) * hyp2f1(r + x, b + x, a + b + x - 1, z))
    ours = BGNBD().purchases_if_alive(PUBLISHED, x, age[:, None], np.array([horizon]))[0, :, 0]
    np.testing.assert_allclose(ours, paper, rtol=1e-7)


def test_expected_purchases_survive_where_the_closed_form_does_not() -> None:
    """At a = 1 the closed form divides by zero; without dropout purchases go on at the rate (r + x) / (α + T)."""
    model, frequent = BGNBD(), np.array([300.0])
    at_one = [
        model.purchases_if_alive(np.array([1, 5, a, 3.0]), frequent, np.array([[100.0]]), np.array([52.0]))
        for a in (0.9999, 1.0)
    ]
    assert at_one[0].item() == pytest.approx(at_one[1].item(), rel=1e-3)
    endless = model.purchases_if_alive(np.array([0.7, 9.0, 1e-4, 1e5]), frequent, np.array([[100.0]]), np.array([10.0]))
    assert endless.item() == pytest.approx(300.7 / 109 * 10, rel=1e-4)


def test_quadrature_integrates_polynomials_of_beta_exactly() -> None:
    nodes, weights = beta_quadrature(np.array([0.8, 5.0]), np.array([2.4, 1.0]), 8)
    for row, (a, b) in enumerate([(0.8, 2.4), (5.0, 1.0)]):
        for power in range(1, 15):
            moment = np.prod((a + np.arange(power)) / (a + b + np.arange(power)))
            assert weights[row] @ nodes[row] ** power == pytest.approx(moment, rel=1e-9)


def test_probability_alive_is_the_share_of_simulated_survivors() -> None:
    """Of customers with one repeat purchase early on, the share who would buy ever after."""
    rng = np.random.default_rng(5)
    r, alpha, a, b = 1.0, 10.0, 1.0, 2.0
    rate, p = rng.gamma(r, 1 / alpha, 4_000_000), rng.beta(a, b, 4_000_000)
    first, second = rng.exponential(1 / rate), rng.exponential(1 / rate)
    dropped = rng.random(len(rate)) < p
    seen_once = (np.abs(first - 6) < 1.0) & (dropped | (first + second > 30))
    model_says = BGNBD().probability_alive(np.array([r, alpha, a, b]), one(1, 6.0, 30.0))[0]
    survivors = 1 - dropped[seen_once].mean()
    assert model_says == pytest.approx(survivors, abs=4 * np.sqrt(0.25 / seen_once.sum()))


def test_one_time_buyers_are_always_alive() -> None:
    assert BGNBD().probability_alive(PUBLISHED, one(0, 0.0, 200.0))[0] == 1


@pytest.mark.slow
def test_intervals_cover_the_truth_of_simulated_shops() -> None:
    truth, worlds = (0.6, 8.0, 0.8, 3.0), 60
    covered = np.zeros(4)
    for seed in range(worlds):
        lower, upper = BGNBD().fit(simulate_triples(*truth, customers=3000, seed=seed)).interval(0.95)
        covered += (lower <= truth) & (truth <= upper)
    # 57 of 60 expected; fewer than 51 has a probability of 0.3% per parameter.
    assert (covered >= 51).all(), covered


def test_shops_without_dropout_show_no_evidence_of_it() -> None:
    model = BGNBD()
    endless = simulate_triples(0.7, 9.0, 1e-9, 1.0, customers=3000, seed=3)
    leaving = simulate_triples(0.7, 9.0, 0.8, 3.0, customers=3000, seed=3)
    assert model.dropout_evidence(model.fit(endless), endless) < 3.84
    assert model.dropout_evidence(model.fit(leaving), leaving) > 100


def test_nobody_who_bought_again_is_an_error_with_the_count() -> None:
    triples = Triples(frequency=np.zeros(1), recency=np.zeros(1), age=np.array([10.0]), customers=np.array([500.0]))
    with pytest.raises(FitError, match="0 of 500 customers bought on more than one day"):
        BGNBD().fit(triples)
