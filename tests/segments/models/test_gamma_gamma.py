"""Gamma-Gamma against its paper, against integration of its definition, and against simulated spending."""

import ibis
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import approx_fprime, minimize
from scipy.stats import gamma

from workbench.errors import FitError
from workbench.segments.models.gamma_gamma import expected_value, fit_gamma_gamma, likelihood
from workbench.segments.summaries import repeat_spend

PUBLISHED = np.array([6.25, 3.74, 15.44])


def simulate_spend(p: float, q: float, scale: float, *, customers: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    frequency = 1.0 + rng.poisson(2, customers)
    rate = rng.gamma(q, 1 / scale, customers)
    return frequency, rng.gamma(p * frequency, 1 / rate) / frequency


def test_cdnow_gives_the_parameters_of_fader_hardie_lee_2005(cdnow_summaries: ibis.Table) -> None:
    frequency, monetary_value = repeat_spend(cdnow_summaries)
    assert len(frequency) == 946
    np.testing.assert_allclose(fit_gamma_gamma(frequency, monetary_value).parameters, PUBLISHED, atol=5e-3)


def test_density_is_the_mixture_over_scales() -> None:
    """Mean of x purchases given ν is Gamma(p x, ν x), and ν ~ Gamma(q, γ)."""
    p, q, scale, x, m = 3.0, 2.5, 12.0, 4.0, 9.0
    integral, _ = quad(lambda v: gamma.pdf(m, p * x, scale=1 / (v * x)) * gamma.pdf(v, q, scale=1 / scale), 0, 5)
    value, _ = likelihood(np.array([x]), np.array([m])).evaluate(np.array([p, q, scale]))
    assert value == pytest.approx(np.log(integral), abs=1e-7)


def test_gradient_is_the_slope_of_the_likelihood() -> None:
    log_likelihood = likelihood(*simulate_spend(*PUBLISHED, customers=300, seed=1)).evaluate
    slope = approx_fprime(PUBLISHED, lambda parameters: log_likelihood(parameters)[0], 1e-7 * PUBLISHED)
    np.testing.assert_allclose(log_likelihood(PUBLISHED)[1], slope, rtol=1e-3, atol=1e-3)


def test_intervals_cover_the_truth_of_simulated_spending() -> None:
    truth, covered = (6.0, 4.0, 15.0), np.zeros(3)
    for seed in range(40):
        lower, upper = fit_gamma_gamma(*simulate_spend(*truth, customers=1500, seed=seed)).interval(0.95)
        covered += (lower <= truth) & (truth <= upper)
    # 38 of 40 expected; fewer than 33 has a probability of 0.2% per parameter.
    assert (covered >= 33).all(), covered


def test_expected_value_of_the_paper_s_first_customer() -> None:
    """Fader, Hardie (2013): two repeat purchases of 22.35 on average are worth 24.66 each."""
    assert expected_value(np.array([6.25, 3.744, 15.442]), 2, 22.35) == pytest.approx(24.66, abs=0.02)


def test_unknown_customers_are_worth_the_population_s_mean() -> None:
    p, q, scale = PUBLISHED
    assert expected_value(PUBLISHED, 0, 0.0) == pytest.approx(p * scale / (q - 1))


def test_another_currency_scales_gamma_and_nothing_else() -> None:
    frequency, monetary_value = simulate_spend(*PUBLISHED, customers=800, seed=4)
    euros, cents = (fit_gamma_gamma(frequency, unit * monetary_value).parameters for unit in (1, 100))
    np.testing.assert_allclose(cents, euros * [1, 1, 100], rtol=1e-5)


def test_an_infinite_mean_is_refused() -> None:
    with pytest.raises(FitError, match="infinite"):
        fit_gamma_gamma(*simulate_spend(2.0, 0.6, 5.0, customers=2000, seed=2))


def test_three_customers_are_too_few() -> None:
    with pytest.raises(FitError, match="3 customers paid"):
        fit_gamma_gamma(np.ones(3), np.array([1.0, 2.0, 3.0]))


@pytest.mark.parametrize("seed", [1, 4])
def test_few_customers_whose_likelihood_has_no_top_are_fitted_as_high_as_anything(seed: int) -> None:
    """Purchases of one customer seem all alike, or all customers: what isn't known is said, and values stay those of the data."""
    rng = np.random.default_rng(7 * seed + 20)
    frequency = rng.geometric(0.4, 20).astype(float)
    monetary_value = rng.gamma(6 * frequency, 1 / (frequency * rng.gamma(4, 1 / 15, 20)))
    fit = fit_gamma_gamma(frequency, monetary_value)
    assert not fit.identified
    evaluate = likelihood(frequency, monetary_value)

    def height(logs: np.ndarray) -> float:
        return -evaluate.log_likelihood(np.clip(logs, -9, 11))

    tried = [
        minimize(height, np.log(start), method="Nelder-Mead").fun for start in ((6.0, 4.0, 10.0), (60.0, 5.0, 1.0))
    ]
    assert fit.log_likelihood > -min(tried) - 0.05
    assert expected_value(fit.parameters, 0.0, 0.0) == pytest.approx(monetary_value.mean(), rel=0.3)


@pytest.mark.parametrize("spread", [0.0, 1e-6, 1e-4, 1e-3, 0.003, 0.01, 0.03, 0.1, 0.3])
def test_customers_who_are_all_alike_are_each_worth_the_mean(spread: float) -> None:
    """One price, or purchases that vary by chance alone: q has no largest value, and nobody's own mean tells more than everybody's."""
    rng = np.random.default_rng(1)
    frequency = rng.geometric(0.3, 3000).astype(float)
    spent = 20 * (1 + spread * rng.normal(size=3000) / np.sqrt(frequency))
    fit = fit_gamma_gamma(frequency, spent)
    mean = np.average(spent, weights=frequency)
    # Differences below a hundredth are left as they are, since p and q end there.
    tolerance = min(3 * spread, 0.02) + 1e-4
    np.testing.assert_allclose(expected_value(fit.parameters, frequency, spent), mean, rtol=tolerance)
    assert not fit.known[1]
    assert np.isnan(np.array(fit.interval(0.95))[:, 1]).all()


@pytest.mark.parametrize("spread", [1e-4, 1e-3, 0.01, 0.1, 0.3])
def test_customers_who_always_pay_the_same_are_worth_what_they_paid(spread: float) -> None:
    """Customers differ and their purchases don't."""
    rng = np.random.default_rng(2)
    frequency = rng.geometric(0.3, 3000).astype(float)
    spent = 20 / rng.gamma(spread**-2, spread**2, 3000)
    fit = fit_gamma_gamma(frequency, spent)
    tolerance = 0.3 * spread if spread >= 0.1 else 3 * spread
    np.testing.assert_allclose(expected_value(fit.parameters, frequency, spent), spent, rtol=tolerance)


@pytest.mark.parametrize("share", [0.001, 0.01, 0.1])
def test_two_prices_of_two_kinds_of_customers(share: float) -> None:
    rng = np.random.default_rng(3)
    frequency = rng.geometric(0.3, 3000).astype(float)
    spent = np.where(rng.random(3000) < share, 30.0, 20.0)
    fit = fit_gamma_gamma(frequency, spent)
    np.testing.assert_allclose(expected_value(fit.parameters, frequency, spent), spent, rtol=0.1)
    assert not fit.known[0]


def test_draws_in_other_parameters_are_those_of_the_fit() -> None:
    """The covariance that the search's own coordinates give is the inverse of the curvature in the paper's parameters."""
    frequency, spent = simulate_spend(6.0, 4.0, 15.0, customers=4000, seed=5)
    # In units of the mean, as the fit is.
    mean = float(np.average(spent, weights=frequency))
    fit, log_likelihood = fit_gamma_gamma(frequency, spent), likelihood(frequency, spent / mean).log_likelihood
    at, step = np.log(fit.parameters / [1, 1, mean]), 1e-3
    shifts = step * np.eye(3)
    curvature = np.array(
        [
            [
                sum(a * b * log_likelihood(at + a * one + b * two) for a in (1, -1) for b in (1, -1)) / (4 * step**2)
                for two in shifts
            ]
            for one in shifts
        ]
    )
    np.testing.assert_allclose(fit.log_covariance, np.linalg.inv(-curvature), rtol=0.02)
    np.testing.assert_allclose(
        np.cov(np.log(fit.draws(40_000, np.random.default_rng(1))).T), fit.log_covariance, rtol=0.1
    )
