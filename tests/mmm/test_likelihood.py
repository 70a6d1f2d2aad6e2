"""The integrated likelihood and the draws of what was integrated out, against dense Gaussian algebra."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from scipy.linalg import block_diag

from tests.mmm.worlds import simulate
from workbench.config import MediaMix
from workbench.mmm.density.likelihood import integrated_log_likelihood, rotate
from workbench.mmm.density.parameters import Draws
from workbench.mmm.inputs.design import build_design
from workbench.mmm.posterior.baseline import BaselineModel
from workbench.mmm.posterior.coefficients import draw_integrated

WEEKS, MARKETS, WEEK_SPREAD = 60, 2, 0.12
NOISE = np.array([0.07, 0.2])


@pytest.fixture(scope="module", params=[0.0, 0.6], ids=["surprises of one week", "surprises that last"])
def case(request):
    design = build_design(simulate(seed=3, weeks=WEEKS, markets=MARKETS).panel, MediaMix(), {})
    design = replace(design, persistence=request.param)
    residual = np.random.default_rng(1).normal(1.0, 0.2, size=(WEEKS, MARKETS))
    return design, rotate(design.baseline, design.persistence), residual


def test_the_integrated_likelihood_is_the_dense_multivariate_normal(case):
    design, rotation, residual = case
    dense = stats.multivariate_normal.logpdf(residual.T.ravel(), np.zeros(WEEKS * MARKETS), _covariance(design))
    assert integrated_log_likelihood(residual, NOISE, WEEK_SPREAD, rotation) == pytest.approx(dense, abs=1e-8)


def test_markets_that_share_nothing_have_independent_likelihoods(case):
    design, rotation, residual = case
    scaled = design.baseline.columns * design.baseline.prior_sd
    dense = [
        stats.multivariate_normal.logpdf(r, np.zeros(WEEKS), scaled @ scaled.T + sd**2 * _correlation(design))
        for r, sd in zip(residual.T, NOISE, strict=True)
    ]
    assert integrated_log_likelihood(residual, NOISE, None, rotation) == pytest.approx(sum(dense), abs=1e-8)


@pytest.mark.parametrize("week_spread", [0.0, WEEK_SPREAD])
def test_coefficients_and_shared_weeks_have_the_closed_form_posterior(case, week_spread):
    design, rotation, residual = case
    draws = 40_000
    given = Draws(
        noise=np.broadcast_to(NOISE, (draws, MARKETS)),
        week_spread=np.full(draws, week_spread),
        **dict.fromkeys(
            ("roas", "half_saturation", "slope", "half_life", "carry_over_shape", "own", "effectiveness"), np.zeros(0)
        ),
    )
    white = np.linalg.solve(np.linalg.cholesky(_correlation(design)), residual)
    rotated = np.broadcast_to((rotation.left.T @ white).T, (draws, MARKETS, len(rotation.singular)))
    weighted = np.broadcast_to(white @ NOISE**-2, (draws, WEEKS))
    coefficients, weeks = draw_integrated(rotated, weighted, given, design, rotation, np.random.default_rng(5))
    effect, prior, unknown = _statement(design, week_spread)
    gain = prior @ effect.T @ np.linalg.inv(effect @ prior @ effect.T + _noise(design))
    mean = unknown @ gain @ residual.T.ravel()
    covariance = unknown @ (prior - gain @ effect @ prior) @ unknown.T
    drawn = np.hstack([*(coefficients[:, m] for m in range(MARKETS)), weeks])
    sd = np.maximum(np.sqrt(np.diag(covariance)), 1e-12)
    np.testing.assert_allclose((drawn.mean(axis=0) - mean) / sd, 0, atol=4.5 / np.sqrt(draws))
    np.testing.assert_allclose(
        np.cov(drawn.T) / np.outer(sd, sd), covariance / np.outer(sd, sd), atol=6 / np.sqrt(draws)
    )


def test_components_add_up_to_the_baseline(case):
    baseline = case[0].baseline
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


def _statement(design, week_spread) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unknowns are each market's own coefficients, those of the common course, and the weeks.

    Returns:
        Their effect on the KPI, market after market; their prior covariance; and what of them is reported: the sum of own and
        common coefficients by market, and the weeks.
    """
    columns, prior_sd = design.baseline.columns, design.baseline.prior_sd
    width, shares = len(prior_sd), week_spread > 0
    own, course = np.kron(np.eye(MARKETS), columns), np.tile(columns, (MARKETS, 1))
    effect = np.hstack([own, course, np.tile(np.eye(WEEKS), (MARKETS, 1))])
    coefficients = np.concatenate([np.tile(prior_sd**2, MARKETS), shares * prior_sd**2])
    prior = block_diag(np.diag(coefficients), week_spread**2 * _correlation(design))
    reported = np.zeros((MARKETS * width + WEEKS, len(prior)))
    reported[: MARKETS * width, : MARKETS * width] = np.eye(MARKETS * width)
    reported[: MARKETS * width, MARKETS * width : (MARKETS + 1) * width] = np.tile(np.eye(width), (MARKETS, 1))
    reported[MARKETS * width :, (MARKETS + 1) * width :] = np.eye(WEEKS)
    return effect, prior, reported


def _covariance(design) -> np.ndarray:
    effect, prior, _ = _statement(design, WEEK_SPREAD)
    return effect @ prior @ effect.T + _noise(design)


def _noise(design) -> np.ndarray:
    return np.kron(np.diag(NOISE**2), _correlation(design))


def _correlation(design) -> np.ndarray:
    return design.persistence ** np.abs(np.subtract.outer(np.arange(WEEKS), np.arange(WEEKS)))
