"""The KPI of weeks after an origin, as the model that was learnt before it foresees them given their media and controls.

Given the sampled parameters θ, the weeks after the origin, whitened along with the last week before it (`shapes.surprises`), are
jointly normal in each market, with

    mean         media(θ) + own(θ) + A E[z | θ]
    covariance   A Var[z | θ] A' + (σ² + τ²) I         A = B S V

where B are the baseline's columns, z their rotated coefficients (see `posterior.rotated_baseline`) and τ what all markets share
in a week; all of it whitened. How well they foresee is said in two ways: by paths drawn from this, weeks ahead (`scores`); and
by densities, each week given its market's weeks before it, so that a drift of the level that nobody can foresee counts once:

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
from workbench.mmm.posterior.rotated_baseline import rotated_baseline
from workbench.mmm.response import ResponseModel
from workbench.mmm.shapes.surprises import log_volume, unwhiten, whiten


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
    design, rotation, history = ahead.prepared.design, ahead.prepared.rotation, ahead.cut.history
    explained, rotated = _explained(draws, ahead)
    baseline = rotated_baseline(rotated, draws.noise, draws.week_spread, rotation.singular)
    columns = np.vstack([design.baseline.columns[-1], ahead.columns])
    loadings = (columns * design.baseline.prior_sd) @ rotation.right.T
    left = ahead.cut.panel.kpi[history - 1 :] / design.kpi_scale - explained
    error = left - _over_weeks(baseline.mean, loadings)
    densities = _log_densities(error, loadings, baseline.variance, draws, rotation.persistence)
    expected = explained + _over_weeks(baseline.draw(rng)[0], loadings)
    before = ahead.cut.panel.kpi[history - 1] / design.kpi_scale - expected[:, 0]
    paths = expected[:, 1:] + _surprises(before, len(loadings) - 1, draws, rotation.persistence, rng)
    return Forecast(paths=design.kpi_scale * paths, log_density=densities)


def _explained(draws: Draws, ahead: PreparedCut) -> tuple[np.ndarray, np.ndarray]:
    """Media and own columns from the last week before the origin on, shape (D, 1 + H, M), and what they leave before the origin,
    rotated, (D, M, K)."""
    design, history = ahead.prepared.design, ahead.cut.history
    response = response_model(draws, design)
    after, rotated = [], []
    for m in range(len(response.markets)):
        explained = _of_market(m, response, draws, ahead)
        after.append(explained[:, history - 1 :])
        left = whiten(design.kpi[:, m] - explained[:, :history], design.persistence)
        rotated.append(left @ ahead.prepared.rotation.left)
    return np.stack(after, axis=-1), np.stack(rotated, axis=1)


def _of_market(m: int, response: ResponseModel, draws: Draws, ahead: PreparedCut) -> np.ndarray:
    """Media and the effects of the market's own columns in all weeks, relative to the mean KPI, shape (D, T)."""
    panel, design = ahead.cut.panel, ahead.prepared.design
    window = panel.exposure[panel.carry_in :, [m]], panel.exposure[: panel.carry_in, [m]]
    media = response.of_market(m).kpi_of_exposure(*window)[:, :, 0]
    log_path = draws.effectiveness @ ahead.effectiveness_ramps
    path = np.exp(log_path - log_path[..., [ahead.cut.history - 1]])
    own = np.concatenate([design.baseline.own[m], ahead.own[m]])
    return np.einsum("dtc,dct->dt", media, path) / design.kpi_scale[m] + draws.own[:, m] @ own.T


def _over_weeks(coefficients: np.ndarray, loadings: np.ndarray) -> np.ndarray:
    """The baseline, shape (D, week, M), of coefficients (D, M, K) and loadings (week, K)."""
    return np.moveaxis(coefficients @ loadings.T, 1, 2)


def _surprises(
    before: np.ndarray, weeks: int, draws: Draws, persistence: float, rng: np.random.Generator
) -> np.ndarray:
    """New surprises of so many weeks after one that left `before`, (D, M), unexplained; shape (D, H, M)."""
    shared = draws.week_spread[:, None, None] * rng.standard_normal((len(before), 1, weeks))
    own = draws.noise[..., None] * rng.standard_normal((*before.shape, weeks))
    lasting = unwhiten(np.concatenate([before[..., None], shared + own], axis=-1), persistence)
    return np.moveaxis(lasting[..., 1:], 1, 2)


def _log_densities(
    error: np.ndarray, loadings: np.ndarray, drift: np.ndarray, draws: Draws, persistence: float
) -> np.ndarray:
    """Of each week after the origin given those before it, shape (H, M); `error` and `loadings` start in the week before."""
    white = whiten(np.moveaxis(error, 1, 2), persistence)[..., 1:]
    white_loadings = whiten(loadings.T, persistence).T[1:]
    own = draws.noise**2 + draws.week_spread[:, None] ** 2
    each = [_log_density(white[:, m], white_loadings, drift[:, m], own[:, m]) for m in range(own.shape[1])]
    return np.stack(each, axis=-1) + log_volume(2, persistence)


def _log_density(error: np.ndarray, loadings: np.ndarray, drift: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Of each week of one market given those before it, shape (H,).

    Args:
        error: What happened less what was expected, shape (D, H).
        loadings: A, shape (H, K).
        drift: Variances of the rotated coefficients, shape (D, K).
        own: Variance of a week around them, shape (D,).
    """
    covariance = (loadings * drift[:, None, :]) @ loadings.T + own[:, None, None] * np.eye(len(loadings))
    factor = np.linalg.cholesky(covariance)
    standard = np.linalg.solve(factor, error[..., None])[..., 0]
    given_parameters = norm.logpdf(standard) - np.log(np.diagonal(factor, axis1=1, axis2=2))
    together = logsumexp(np.cumsum(given_parameters, axis=1), axis=0) - np.log(len(error))
    return np.diff(together, prepend=0.0)
