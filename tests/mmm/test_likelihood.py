"""The integrated likelihood and the baseline's draws against dense Gaussian algebra."""

import numpy as np
import pytest
from scipy import stats

from tests.mmm.worlds import simulate
from workbench.config import MediaMix
from workbench.mmm.density.likelihood import integrated_log_likelihood, rotate
from workbench.mmm.inputs.design import build_design
from workbench.mmm.posterior.coefficients import component_series, draw_coefficients


@pytest.fixture(scope="module")
def case():
    design = build_design(simulate(seed=3, weeks=60, markets=2).panel, MediaMix(), {})
    residual = np.random.default_rng(1).normal(1.0, 0.2, size=(60, 2))
    return design.baseline, rotate(design.baseline), residual, np.array([0.07, 0.2])


def test_the_integrated_likelihood_is_the_dense_multivariate_normal(case):
    baseline, rotation, residual, noise = case
    for m, value in enumerate(integrated_log_likelihood(residual, noise, rotation)):
        scaled = baseline.columns[m] * baseline.prior_sd
        covariance = scaled @ scaled.T + noise[m] ** 2 * np.eye(len(residual))
        dense = stats.multivariate_normal.logpdf(residual[:, m], np.zeros(len(residual)), covariance)
        assert value == pytest.approx(dense, abs=1e-8)


def test_baseline_draws_have_the_closed_form_posterior(case):
    baseline, rotation, residual, noise = case
    draws = 40_000
    repeated = np.broadcast_to(residual, (draws, *residual.shape))
    drawn = draw_coefficients(
        repeated, np.broadcast_to(noise, (draws, 2)), baseline, rotation, np.random.default_rng(5)
    )
    for m in range(2):
        columns = baseline.columns[m]
        covariance = np.linalg.inv(np.diag(baseline.prior_sd**-2) + columns.T @ columns / noise[m] ** 2)
        mean = covariance @ columns.T @ residual[:, m] / noise[m] ** 2
        sd = np.sqrt(np.diag(covariance))
        np.testing.assert_allclose((drawn[:, m].mean(axis=0) - mean) / sd, 0, atol=4.5 / np.sqrt(draws))
        np.testing.assert_allclose(
            np.cov(drawn[:, m].T) / np.outer(sd, sd), covariance / np.outer(sd, sd), atol=6 / np.sqrt(draws)
        )


def test_components_add_up_to_the_baseline(case):
    baseline, _, _, _ = case
    coefficients = np.random.default_rng(2).normal(size=(3, 2, len(baseline.prior_sd)))
    total = sum(component_series(coefficients, baseline).values())
    np.testing.assert_allclose(total, np.einsum("mtk,dmk->dtm", baseline.columns, coefficients))
