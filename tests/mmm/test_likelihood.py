"""The integrated likelihood and the draws of what was integrated out, against dense Gaussian algebra."""

import numpy as np
import pytest
from scipy import stats

from tests.mmm.worlds import simulate
from workbench.config import MediaMix
from workbench.mmm.density.likelihood import integrated_log_likelihood, rotate
from workbench.mmm.inputs.design import build_design
from workbench.mmm.posterior.baseline import BaselineModel
from workbench.mmm.posterior.coefficients import draw_coefficients, draw_shared_weeks

WEEKS, MARKETS, WEEK_SPREAD = 60, 2, 0.12
NOISE = np.array([0.07, 0.2])


@pytest.fixture(scope="module")
def case():
    design = build_design(simulate(seed=3, weeks=WEEKS, markets=MARKETS).panel, MediaMix(), {})
    residual = np.random.default_rng(1).normal(1.0, 0.2, size=(WEEKS, MARKETS))
    return design.baseline, rotate(design.baseline), residual


@pytest.mark.parametrize("week_spread", [0.0, WEEK_SPREAD])
def test_the_integrated_likelihood_is_the_dense_multivariate_normal(case, week_spread):
    baseline, rotation, residual = case
    covariance = np.kron(np.eye(MARKETS), _baseline_covariance(baseline)) + np.kron(
        np.ones((MARKETS, MARKETS)), week_spread**2 * _outside(rotation)
    )
    covariance += np.diag(np.repeat(NOISE**2, WEEKS))
    dense = stats.multivariate_normal.logpdf(residual.T.ravel(), np.zeros(WEEKS * MARKETS), covariance)
    assert integrated_log_likelihood(residual, NOISE, week_spread, rotation) == pytest.approx(dense, abs=1e-8)


def test_coefficients_and_shared_weeks_have_the_closed_form_posterior(case):
    baseline, rotation, residual = case
    draws = 40_000
    repeated = np.broadcast_to(residual, (draws, *residual.shape))
    noise = np.broadcast_to(NOISE, (draws, MARKETS))
    rng = np.random.default_rng(5)
    coefficients = draw_coefficients(repeated, noise, baseline, rotation, rng)
    weighted = np.broadcast_to(residual @ NOISE**-2, (draws, WEEKS))
    weeks = draw_shared_weeks(weighted, noise, np.full(draws, WEEK_SPREAD), rotation, rng)
    prior = [np.diag(baseline.prior_sd**2)] * MARKETS + [WEEK_SPREAD**2 * _outside(rotation)]
    unknown = sum(len(block) for block in prior)
    prior_covariance = np.zeros((unknown, unknown))
    effect = np.zeros((WEEKS * MARKETS, unknown))
    start = 0
    for i, block in enumerate(prior):
        stop = start + len(block)
        prior_covariance[start:stop, start:stop] = block
        for m in range(MARKETS):
            if i in (m, MARKETS):
                effect[m * WEEKS : (m + 1) * WEEKS, start:stop] = np.eye(WEEKS) if i == MARKETS else baseline.columns
        start = stop
    total = effect @ prior_covariance @ effect.T + np.diag(np.repeat(NOISE**2, WEEKS))
    gain = prior_covariance @ effect.T @ np.linalg.inv(total)
    mean = gain @ residual.T.ravel()
    covariance = prior_covariance - gain @ effect @ prior_covariance
    drawn = np.hstack([*(coefficients[:, m] for m in range(MARKETS)), weeks])
    sd = np.sqrt(np.diag(covariance))
    np.testing.assert_allclose((drawn.mean(axis=0) - mean) / sd, 0, atol=4.5 / np.sqrt(draws))
    np.testing.assert_allclose(
        np.cov(drawn.T) / np.outer(sd, sd), covariance / np.outer(sd, sd), atol=6 / np.sqrt(draws)
    )


def test_components_add_up_to_the_baseline(case):
    baseline, _, _ = case
    rng = np.random.default_rng(2)
    columns = np.stack([baseline.of_market(m) for m in range(MARKETS)])
    coefficient = rng.normal(size=(3, MARKETS, columns.shape[2]))
    week_effect, kpi_scale = rng.normal(size=(3, WEEKS)), np.array([2.0, 5.0])
    model = BaselineModel(
        components=(*baseline.component, *baseline.own_component),
        columns=columns,
        coefficient=coefficient,
        week_effect=week_effect,
        kpi_scale=kpi_scale,
    )
    for m in range(MARKETS):
        whole = coefficient[:, m] @ columns[m].T + week_effect * kpi_scale[m]
        np.testing.assert_allclose(model.of_market(m).sum(axis=-1), whole)
        np.testing.assert_allclose(model.of_market(m, slice(10, 20)).sum(axis=-1), whole[:, 10:20])


def _baseline_covariance(baseline) -> np.ndarray:
    scaled = baseline.columns * baseline.prior_sd
    return scaled @ scaled.T


def _outside(rotation) -> np.ndarray:
    """Projection on what the baseline's columns can't follow."""
    return np.eye(WEEKS) - rotation.left @ rotation.left.T
