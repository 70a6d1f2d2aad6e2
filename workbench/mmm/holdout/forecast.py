"""The KPI of weeks after an origin, as the model that was learnt before it foresees them given their media and controls.

Given the sampled parameters θ, week t after the origin is normal with

    mean      media(θ)_t + own(θ)_t + a_t' E[z | θ]
    variance  Σᵢ a_ti² Var[zᵢ | θ] + σ² + τ²         a_t = V' S b_t

where z are the baseline's rotated coefficients (see `posterior.coefficients`), b_t its columns in that week and τ what all markets
share in a week. The predictive density is the mean of these normals over the draws of θ; paths over weeks draw z too.
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
        log_density: Log predictive density of what happened, KPI relative to the market's mean before the origin, shape (H, M).
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
    variance = spread**2 @ loadings.T**2 + noise**2 + draws.week_spread[:, None] ** 2
    actual = ahead.cut.panel.kpi[history:, m] / design.kpi_scale[m]
    log_density = logsumexp(norm.logpdf(actual, expected, np.sqrt(variance)), axis=0) - np.log(response.draws)
    drift = (spread * rng.standard_normal(spread.shape)) @ loadings.T
    paths = expected + drift + shared + noise * rng.standard_normal(expected.shape)
    return Forecast(paths=design.kpi_scale[m] * paths, log_density=log_density)


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
