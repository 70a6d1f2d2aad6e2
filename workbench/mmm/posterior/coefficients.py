"""The baseline's coefficients, drawn exactly given the media and the noise of each draw."""

from __future__ import annotations

import numpy as np

from workbench.mmm.density.likelihood import Rotation
from workbench.mmm.inputs.design import Baseline


def draw_coefficients(
    residual: np.ndarray, noise: np.ndarray, baseline: Baseline, rotation: Rotation, rng: np.random.Generator
) -> np.ndarray:
    """Coefficients of the baseline's columns.

    In the rotated basis their posterior is independent: given p = U'r, the i-th is normal with mean
    sᵢ pᵢ / (sᵢ² + σ²) and variance σ² / (sᵢ² + σ²).

    Args:
        residual: KPI − media, shape (D, T, M).
        noise: Shape (D, M).
        baseline: The columns.
        rotation: Their decomposition.
        rng: Source of randomness.

    Returns:
        Shape (D, M, K).
    """
    rotated = np.einsum("mtk,dtm->dmk", rotation.left, residual, optimize=True)
    variance = noise[..., None] ** 2
    total = rotation.singular**2 + variance
    mean = rotation.singular * rotated / total
    drawn = mean + np.sqrt(variance / total) * rng.standard_normal(mean.shape)
    return baseline.prior_sd * np.einsum("mik,dmi->dmk", rotation.right, drawn, optimize=True)


def component_series(coefficients: np.ndarray, baseline: Baseline) -> dict[str, np.ndarray]:
    """Each component's part of the KPI, shape (D, T, M), by component name."""
    names = np.array(baseline.component)
    return {
        name: np.einsum(
            "mtk,dmk->dtm", baseline.columns[..., names == name], coefficients[..., names == name], optimize=True
        )
        for name in baseline.components
    }
