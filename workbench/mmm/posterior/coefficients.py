"""What was integrated out of the likelihood, drawn exactly given the media and the noise of each draw."""

from __future__ import annotations

import numpy as np

from workbench.mmm.density.likelihood import Rotation
from workbench.mmm.density.parameters import Draws
from workbench.mmm.inputs.design import Baseline, Design
from workbench.mmm.posterior.baseline import BaselineModel
from workbench.mmm.posterior.media import media_of_market
from workbench.mmm.response import ResponseModel


def draw_baseline(
    response: ResponseModel, draws: Draws, design: Design, rotation: Rotation, rng: np.random.Generator
) -> BaselineModel:
    """The baseline of every draw, market by market; what all markets share in a week follows from all their residuals."""
    coefficients, weighted = [], np.zeros((response.draws, response.fitted_weeks))
    for m in range(len(response.markets)):
        residual = _residual(response, draws, design, m)
        common = draw_coefficients(residual[..., None], draws.noise[:, [m]], design.baseline, rotation, rng)
        coefficients.append(np.hstack([common[:, 0], draws.own[:, m]]) * design.kpi_scale[m])
        weighted += residual * draws.noise[:, m, None] ** -2.0
    weeks = draw_shared_weeks(weighted, draws.noise, draws.week_spread, rotation, rng) if design.shared_weeks else None
    return BaselineModel(
        components=(*design.baseline.component, *design.baseline.own_component),
        columns=np.stack([design.baseline.of_market(m) for m in range(len(response.markets))]),
        coefficient=np.stack(coefficients, axis=1, dtype=np.float32, casting="same_kind"),
        week_effect=None if weeks is None else weeks.astype(np.float32),
        kpi_scale=design.kpi_scale,
    )


def draw_coefficients(
    residual: np.ndarray, noise: np.ndarray, baseline: Baseline, rotation: Rotation, rng: np.random.Generator
) -> np.ndarray:
    """Coefficients of the baseline's common columns.

    In the rotated basis their posterior is independent: given p = U'r, the i-th is normal with mean
    sᵢ pᵢ / (sᵢ² + σ²) and variance σ² / (sᵢ² + σ²). The shared weeks lie outside of that basis and don't matter.

    Args:
        residual: KPI − media − sampled effects, shape (D, T, M).
        noise: Shape (D, M).
        baseline: The columns.
        rotation: Their decomposition.
        rng: Source of randomness.

    Returns:
        Shape (D, M, K).
    """
    rotated = np.einsum("tk,dtm->dmk", rotation.left, residual, optimize=True)
    variance = noise[..., None] ** 2
    total = rotation.singular**2 + variance
    mean = rotation.singular * rotated / total
    drawn = mean + np.sqrt(variance / total) * rng.standard_normal(mean.shape)
    return baseline.prior_sd * (drawn @ rotation.right)


def draw_shared_weeks(
    weighted: np.ndarray, noise: np.ndarray, week_spread: np.ndarray, rotation: Rotation, rng: np.random.Generator
) -> np.ndarray:
    """What all markets share in a week, apart from the baseline.

    Outside of the baseline's space it is normal with mean g Σ_m r_m / σ_m² and variance g = τ² / (1 + τ² Σ_m 1/σ_m²).

    Args:
        weighted: Σ_m r_m / σ_m² with r_m = KPI − media − sampled effects, shape (D, T).
        noise: Shape (D, M).
        week_spread: Shape (D,).
        rotation: Decomposition of the baseline.
        rng: Source of randomness.

    Returns:
        Shape (D, T).
    """
    gain = week_spread**2 / (1 + week_spread**2 * (noise**-2.0).sum(axis=1))
    drawn = gain[:, None] * weighted + np.sqrt(gain)[:, None] * rng.standard_normal(weighted.shape)
    return drawn - (drawn @ rotation.left) @ rotation.left.T


def draw_new_weeks(week_spread: np.ndarray, rotation: Rotation, rng: np.random.Generator) -> np.ndarray:
    """What markets would share if the same weeks came again, shape (D, T); `week_spread` is (D,)."""
    drawn = week_spread[:, None] * rng.standard_normal((len(week_spread), len(rotation.left)))
    return drawn - (drawn @ rotation.left) @ rotation.left.T


def _residual(response: ResponseModel, draws: Draws, design: Design, market: int) -> np.ndarray:
    """What media and sampled effects leave of a market's KPI, relative to its mean, shape (D, T)."""
    media = media_of_market(response, market).sum(axis=-1) / design.kpi_scale[market]
    return design.kpi[:, market] - media - draws.own[:, market] @ design.baseline.own[market].T
