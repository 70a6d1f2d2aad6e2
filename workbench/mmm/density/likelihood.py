"""The likelihood with the baseline integrated out.

With media m, noise σ and baseline columns B whose coefficients are Normal(0, S²), the KPI of one market is

    y ~ Normal(m, B S² B' + σ² I).

The singular values s and left vectors U of B S turn that covariance diagonal: with r = y − m and p = U' r

    log p(y) = −½ Σᵢ [pᵢ² / (σ² + sᵢ²) + log(σ² + sᵢ²)] − ½ [(r'r − p'p) / σ² + (T − K) log σ²] − ½ T log 2π.

Sampling never sees the baseline's coefficients; `baseline` draws them exactly afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.mmm.inputs.design import Baseline

LOG_2PI = float(np.log(2 * np.pi))


@dataclass(frozen=True, kw_only=True)
class Rotation:
    """Singular value decomposition of each market's prior-scaled baseline, B S = U s V'.

    Attributes:
        left: U, shape (M, T, K).
        singular: s, shape (M, K), in decreasing order.
        right: V', shape (M, K, K).
    """

    left: np.ndarray
    singular: np.ndarray
    right: np.ndarray


def rotate(baseline: Baseline) -> Rotation:
    left, singular, right = np.linalg.svd(baseline.columns * baseline.prior_sd, full_matrices=False)
    return Rotation(left=left, singular=singular, right=right)


def integrated_log_likelihood(residual: np.ndarray, noise: np.ndarray, rotation: Rotation) -> np.ndarray:
    """Log-density of each market's KPI, shape (M,), given `residual` = KPI − media (T, M) and `noise` (M,)."""
    weeks = len(residual)
    rotated = np.einsum("mtk,tm->mk", rotation.left, residual)
    variance = noise**2
    explained = variance[:, None] + rotation.singular**2
    left_over = (residual**2).sum(axis=0) - (rotated**2).sum(axis=1)
    free = weeks - rotation.singular.shape[1]
    quadratic = (rotated**2 / explained).sum(axis=1) + left_over / variance
    log_determinant = np.log(explained).sum(axis=1) + free * np.log(variance)
    return -0.5 * (quadratic + log_determinant + weeks * LOG_2PI)
