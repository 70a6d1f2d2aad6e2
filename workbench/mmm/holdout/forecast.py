"""The KPI of weeks after an origin, as the model that was learnt before it foresees them given their media and controls.

Given the sampled parameters θ, the weeks after the origin are jointly normal in each market, with

    mean         media(θ) + own(θ) + A E[z | θ]
    covariance   A Var[z | θ] A' + (σ² + τ²) I         A = B S V

where z are the baseline's rotated coefficients (see `posterior.coefficients`), B its columns after the origin and τ what all markets
share in a week. Paths are drawn from these. How well they foresee is said in two ways: by paths, weeks ahead (`scores`); and by
densities, each week given the market's weeks before it, so that a drift of the level that nobody can foresee counts once:

    log p(y_t | y_<t) = log Σ_θ p(y_≤t | θ) − log Σ_θ p(y_<t | θ).

References:
    Bürkner, Gabry and Vehtari (2020), Approximate Leave-Future-Out Cross-Validation for Bayesian Time Series Models.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp
from scipy.stats import norm

from workbench.mmm.density.parameters import Draws
from workbench.mmm.holdout.origins import PreparedCut
from workbench.mmm.posterior.fitted_response import response_model
from workbench.mmm.response import ResponseModel


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """What the model foresees for H weeks and M markets.

    Attributes:
        paths: New observations in KPI units, D draws of all weeks and markets together, shape (D, H, M).
        log_density: Log predictive density of what happened, each week given its market's weeks before it; KPI relative to the
            market's mean before the origin; shape (H, M).
    """

    paths: np.ndarray
    log_density: np.ndarray


def forecast(draws: Draws, ahead: PreparedCut, rng: np.random.Generator) -> Forecast:
    """Foresee the weeks after the origin with draws of the model of the weeks before it."""
    response = response_model(draws, ahead.prepared.design)
    shared = draws.week_spread[:, None] * rng.standard_normal((response.draws, ahead.cut.horizon))
    markets = [_of_market(m, response, draws, ahead, shared, rng) for m in range(len(response.markets))]
    return Forecast(
        paths=np.stack([each.paths for each in markets], axis=-1),
        log_density=np.stack([each.log_density for each in markets], axis=-1),
    )


def _of_market(
    m: int, response: ResponseModel, draws: Draws, ahead: PreparedCut, shared: np.ndarray, rng: np.random.Generator
) -> Forecast:
    """The same for one market, without its axis."""
    history, design = ahead.cut.history, ahead.prepared.design
    explained, noise = _media_and_own(m, response, draws, ahead), draws.noise[:, m, None]
    mean, spread = _rotated_coefficients(design.kpi[:, m] - explained[:, :history], noise, ahead)
    loadings = _loadings(ahead)
    expected = explained[:, history:] + mean @ loadings.T
    error = ahead.cut.panel.kpi[history:, m] / design.kpi_scale[m] - expected
    own_variance = noise**2 + draws.week_spread[:, None] ** 2
    drift = (spread * rng.standard_normal(spread.shape)) @ loadings.T
    paths = expected + drift + shared + noise * rng.standard_normal(expected.shape)
    return Forecast(
        paths=design.kpi_scale[m] * paths, log_density=_log_density(error, loadings, spread**2, own_variance)
    )


def _log_density(error: np.ndarray, loadings: np.ndarray, drift: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Of each week given those before it, shape (H,).

    Args:
        error: What happened less what was expected, shape (D, H).
        loadings: A, shape (H, K).
        drift: Variances of the rotated coefficients, shape (D, K).
        own: Variance of a week around them, shape (D, 1).
    """
    covariance = (loadings * drift[:, None, :]) @ loadings.T + own[:, :, None] * np.eye(len(loadings))
    factor = np.linalg.cholesky(covariance)
    standard = np.linalg.solve(factor, error[..., None])[..., 0]
    given_parameters = norm.logpdf(standard) - np.log(np.diagonal(factor, axis1=1, axis2=2))
    together = logsumexp(np.cumsum(given_parameters, axis=1), axis=0) - np.log(len(error))
    return np.diff(together, prepend=0.0)


def _media_and_own(m: int, response: ResponseModel, draws: Draws, ahead: PreparedCut) -> np.ndarray:
    """Media and the effects of the market's own columns in all weeks, relative to the mean KPI, shape (D, T)."""
    panel, design = ahead.cut.panel, ahead.prepared.design
    window = panel.exposure[panel.carry_in :, [m]], panel.exposure[: panel.carry_in, [m]]
    media = response.of_market(m).kpi_of_exposure(*window)[:, :, 0]
    log_path = draws.effectiveness @ ahead.effectiveness_ramps
    path = np.exp(log_path - log_path[..., [ahead.cut.history - 1]])
    own = np.concatenate([design.baseline.own[m], ahead.own[m]])
    return np.einsum("dtc,dct->dt", media, path) / design.kpi_scale[m] + draws.own[:, m] @ own.T


def _rotated_coefficients(residual: np.ndarray, noise: np.ndarray, ahead: PreparedCut) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of the rotated coefficients given what is left before the origin, each (D, K)."""
    rotation = ahead.prepared.rotation
    total = rotation.singular**2 + noise**2
    return rotation.singular * (residual @ rotation.left) / total, noise / np.sqrt(total)


def _loadings(ahead: PreparedCut) -> np.ndarray:
    """How the weeks after the origin load on the rotated coefficients, shape (H, K)."""
    return np.asarray((ahead.columns * ahead.prepared.design.baseline.prior_sd) @ ahead.prepared.rotation.right.T)
