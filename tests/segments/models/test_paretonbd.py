"""Pareto/NBD against published numbers, against integration of its definition, and against customers simulated by it."""

from collections.abc import Callable
from itertools import pairwise

import ibis
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import approx_fprime
from scipy.special import hyp2f1
from scipy.stats import gamma

from tests.segments.models.simulators import one, simulate_paretonbd
from workbench.segments.models.paretonbd import ParetoNBD
from workbench.segments.summaries import as_triples, unique_histories

PUBLISHED = np.array([0.5533, 10.578, 0.6062, 11.668])
TRUTH = np.array([1.4, 6.0, 1.8, 20.0])
HISTORIES = [(0, 0.0, 20.0), (1, 5.0, 20.0), (4, 18.0, 30.0), (3, 2.0, 30.0), (2, 30.0, 30.0)]


def mixed(individual: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> float:
    """Integral over λ ~ Gamma(r, α) and μ ~ Gamma(s, β), on a grid that is fine near zero."""
    r, alpha, s, beta = TRUTH
    nodes, weights = np.polynomial.legendre.leggauss(300)
    unit, measure = ((nodes + 1) / 2) ** 3, 1.5 * ((nodes + 1) / 2) ** 2 * weights
    rate, lapse = 5 * unit[:, None], 2 * unit
    prior = gamma.pdf(rate, r, scale=1 / alpha) * gamma.pdf(lapse, s, scale=1 / beta)
    return float((np.outer(5 * measure, 2 * measure) * individual(rate, lapse) * prior).sum())


def test_cdnow_gives_the_parameters_of_fader_hardie_lee_2005(cdnow_summaries: ibis.Table) -> None:
    fit = ParetoNBD().fit(as_triples(unique_histories(cdnow_summaries), "week"))
    assert (np.abs(fit.parameters - PUBLISHED) < [6e-5, 6e-4, 6e-5, 1e-3]).all(), fit.parameters
    assert fit.log_likelihood == pytest.approx(-9594.98, abs=0.01)
    assert fit.identified


@pytest.mark.parametrize(("x", "recency", "age"), HISTORIES)
def test_all_expectations_are_mixtures_over_rates_and_lifetimes(x: int, recency: float, age: float) -> None:
    """Likelihood, P(alive) and expected purchases from the customer's own: λ/μ (1 − e^(−μt)) purchases follow survival."""
    ahead, model, customer = 15.0, ParetoNBD(), one(x, recency, age)

    def alive(rate: np.ndarray, lapse: np.ndarray) -> np.ndarray:
        return rate**x * np.exp(-(rate + lapse) * age)

    def left(rate: np.ndarray, lapse: np.ndarray) -> np.ndarray:
        both = rate + lapse
        return rate**x * lapse / both * (np.exp(-both * recency) - np.exp(-both * age))

    survivors = mixed(alive)
    likelihood = survivors + (mixed(left) if recency < age else 0.0)
    purchases = mixed(lambda rate, lapse: alive(rate, lapse) * rate / lapse * -np.expm1(-lapse * ahead))
    assert model.log_likelihood(TRUTH, customer)[0] == pytest.approx(np.log(likelihood), abs=1e-6)
    assert model.probability_alive(TRUTH, customer)[0] == pytest.approx(survivors / likelihood, rel=1e-5)
    if_alive = model.purchases_if_alive(TRUTH, customer.frequency, customer.age[:, None], np.array([ahead]))
    assert if_alive.item() == pytest.approx(purchases / survivors, rel=1e-5)


@pytest.mark.parametrize("alpha_and_beta", [(10.6, 11.7), (4.0, 30.0), (30.0, 4.0)])
def test_probability_alive_equals_the_paper_s_closed_form(alpha_and_beta: tuple[float, float]) -> None:
    """Fader and Hardie (2005), equation 22, with ₂F₁, where their difference doesn't cancel."""
    r, s, (alpha, beta) = 0.55, 0.61, alpha_and_beta
    high, low = max(alpha, beta), min(alpha, beta)
    for x, recency, age in [(0, 0.0, 39.0), (2, 10.0, 39.0), (7, 30.0, 35.0)]:
        c = r + s + x

        def part(u: float, c: float = c, x: int = x) -> float:
            second = s + 1 if alpha >= beta else r + x
            return float(hyp2f1(c, second, c + 1, (high - low) / (high + u)) / (high + u) ** c)

        odds = s / c * (alpha + age) ** (r + x) * (beta + age) ** s * (part(recency) - part(age))
        ours = ParetoNBD().probability_alive(np.array([r, alpha, s, beta]), one(x, recency, age))[0]
        assert ours == pytest.approx(1 / (1 + odds), rel=1e-9)


def test_odds_of_dropout_hold_over_twelve_orders_of_magnitude_of_parameters() -> None:
    """The odds against adaptive integration, for frequent buyers and short lapses too, where ₂F₁ fails."""
    rng = np.random.default_rng(0)
    for _ in range(60):
        r, alpha, s, beta = np.exp(rng.uniform([-3, -3, -6, -3], [2, 6, 3, 9]))
        x, age = float(rng.choice([0, 1, 5, 20, 400])), float(np.exp(rng.uniform(0, 6)))
        recency = age * rng.uniform(0, 1) if x else 0.0

        density, log_fall = _density_of_leaving(r, alpha, s, beta, x, recency)
        edges = np.linspace(*np.log(min(alpha, beta) + np.array([recency, age])), 100)
        integral = sum(quad(density, low, high, epsabs=0)[0] for low, high in pairwise(edges))
        log_odds = min(np.log(integral) + log_fall(age), 700.0)
        alive = ParetoNBD().probability_alive(np.array([r, alpha, s, beta]), one(x, recency, age))[0]
        assert np.log1p(np.exp(-abs(log_odds))) + max(log_odds, 0) == pytest.approx(-np.log(alive), abs=1e-8)


def _density_of_leaving(
    r: float, alpha: float, s: float, beta: float, x: float, recency: float
) -> tuple[Callable[[float], float], Callable[[float], float]]:
    """Of leaving at u, by the logarithm of u and the smaller of α and β; and how far it falls from the last purchase to u."""
    near = min(alpha, beta)

    def log_fall(u: float) -> float:
        return (r + x) * np.log((alpha + u) / (alpha + recency)) + s * np.log((beta + u) / (beta + recency))

    def density(w: float) -> float:
        return s / (beta + np.exp(w) - near) * np.exp(w - log_fall(np.exp(w) - near))

    return density, log_fall


def test_gradient_is_the_slope_of_the_likelihood() -> None:
    triples = simulate_paretonbd(*PUBLISHED, customers=500, seed=1)
    for parameters in (PUBLISHED, np.array([1.5, 20.0, 0.1, 9.0]), np.array([0.3, 0.05, 4.0, 200.0])):
        _, gradient = ParetoNBD().log_likelihood(parameters, triples)
        slope = approx_fprime(parameters, lambda p: ParetoNBD().log_likelihood(p, triples)[0], 1e-7 * parameters)
        np.testing.assert_allclose(gradient, slope, rtol=1e-3, atol=1e-3)


def test_purchases_pass_smoothly_through_lifetimes_of_shape_one() -> None:
    """At s = 1 the closed form divides by zero; there it is (r+x)/(α+T) × (β+T) × log((β+T+t)/(β+T))."""
    levels, age, times = np.array([3.0]), np.array([[30.0]]), np.array([52.0])
    near, at = (
        ParetoNBD().purchases_if_alive(np.array([0.5, 10, s, 12]), levels, age, times).item() for s in (1 + 1e-7, 1.0)
    )
    assert at == pytest.approx(3.5 / 40 * 42 * np.log(94 / 42))
    assert near == pytest.approx(at, rel=1e-6)


def test_only_a_world_with_dropout_shows_evidence_of_it() -> None:
    endless = simulate_paretonbd(0.7, 9.0, 1e-9, 1.0, customers=3000, seed=3)
    leaving = simulate_paretonbd(0.7, 9.0, 0.8, 20.0, customers=3000, seed=3)
    model = ParetoNBD()
    assert model.dropout_evidence(model.fit(endless), endless) < 3.84
    assert model.dropout_evidence(model.fit(leaving), leaving) > 50


@pytest.mark.slow
def test_intervals_cover_the_truth_of_simulated_shops() -> None:
    truth, worlds, covered = (0.6, 8.0, 0.8, 20.0), 12, np.zeros(4)
    for seed in range(worlds):
        lower, upper = ParetoNBD().fit(simulate_paretonbd(*truth, customers=800, seed=seed)).interval(0.9)
        covered += (lower <= truth) & (truth <= upper)
    # 10.8 of 12 expected; fewer than 8 has a probability of 0.4% per parameter.
    assert (covered >= 8).all(), covered
