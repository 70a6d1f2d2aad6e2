"""What was integrated out of the likelihood, drawn exactly given the media and the noise of each draw."""

from __future__ import annotations

import numpy as np

from workbench.mmm.density.likelihood import Rotation
from workbench.mmm.inputs.design import Baseline


def draw_shared_weeks(
    residual: np.ndarray, noise: np.ndarray, week_spread: np.ndarray, rotation: Rotation, rng: np.random.Generator
) -> np.ndarray:
    """What all markets share in a week, apart from the baseline.

    Outside of the baseline's space it is normal with mean g Σ_m r_m / σ_m² and variance g = τ² / (1 + τ² Σ_m 1/σ_m²).

    Args:
        residual: KPI − media − sampled effects, shape (D, T, M).
        noise: Shape (D, M).
        week_spread: Shape (D,).
        rotation: Decomposition of the baseline.
        rng: Source of randomness.

    Returns:
        Shape (D, T).
    """
    precision = noise**-2.0
    gain = week_spread**2 / (1 + week_spread**2 * precision.sum(axis=1))
    drawn = gain[:, None] * np.einsum("dtm,dm->dt", residual, precision)
    drawn += np.sqrt(gain)[:, None] * rng.standard_normal(drawn.shape)
    return drawn - (drawn @ rotation.left) @ rotation.left.T


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


def component_series(coefficients: np.ndarray, own: np.ndarray, baseline: Baseline) -> dict[str, np.ndarray]:
    """Each component's part of the KPI, shape (D, T, M), by component name; coefficients (D, M, K) and (D, M, J)."""
    names, own_names = np.array(baseline.component), np.array(baseline.own_component)
    series = {}
    for name in baseline.components:
        common = np.einsum("tk,dmk->dtm", baseline.columns[:, names == name], coefficients[..., names == name])
        special = np.einsum("mtj,dmj->dtm", baseline.own[..., own_names == name], own[..., own_names == name])
        series[name] = common + special
    return series
