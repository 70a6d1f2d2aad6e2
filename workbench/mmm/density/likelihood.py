"""The likelihood with the baseline and the weeks' shared effect integrated out.

With media and sampled effects taken off, the KPI of market m is

    r_m = B c_m + u + ε_m      c_m ~ Normal(0, S²)   u ~ Normal(0, τ² (I − U U'))   ε_m ~ Normal(0, σ_m² I)

with the baseline's columns B alike in all markets, and u what all markets share in a week, apart from the baseline. The
singular values s and left vectors U of B S = U s V' turn the covariance diagonal in B's space; outside of it only u couples
the markets. With p_m = U' r_m, h = Σ_m 1/σ_m², g = τ² / (1 + τ² h) and w the part of Σ_m r_m / σ_m² outside of B's space:

    log p(r) = Σ_m {−½ Σᵢ [p_mi² / (σ_m² + sᵢ²) + log(σ_m² + sᵢ²)] − ½ [(r_m'r_m − p_m'p_m) / σ_m² + (T − K) log σ_m²]}
               + ½ g w'w − ½ (T − K) log(1 + τ² h) − ½ M T log 2π.

Sampling never sees c and u; `posterior.coefficients` draws them exactly afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.mmm.inputs.design import Baseline

LOG_2PI = float(np.log(2 * np.pi))


@dataclass(frozen=True, kw_only=True)
class Rotation:
    """Singular value decomposition of the prior-scaled baseline, B S = U s V'.

    Attributes:
        left: U, shape (T, K).
        singular: s, shape (K,), in decreasing order.
        right: V', shape (K, K).
    """

    left: np.ndarray
    singular: np.ndarray
    right: np.ndarray


def rotate(baseline: Baseline) -> Rotation:
    left, singular, right = np.linalg.svd(baseline.columns * baseline.prior_sd, full_matrices=False)
    return Rotation(left=left, singular=singular, right=right)


def integrated_log_likelihood(residual: np.ndarray, noise: np.ndarray, week_spread: float, rotation: Rotation) -> float:
    """Log-density of the KPI given `residual`, what media and sampled effects leave of it (T, M), and `noise` (M,)."""
    weeks, markets = residual.shape
    free = weeks - len(rotation.singular)
    rotated = rotation.left.T @ residual
    variance = noise**2
    explained = variance + rotation.singular[:, None] ** 2
    left_over = (residual**2).sum(axis=0) - (rotated**2).sum(axis=0)
    own = (rotated**2 / explained + np.log(explained)).sum() + (left_over / variance + free * np.log(variance)).sum()
    precision = (1 / variance).sum()
    outside = (residual - rotation.left @ rotated) @ (1 / variance)
    gain = week_spread**2 / (1 + week_spread**2 * precision)
    shared = gain * outside @ outside - free * np.log1p(week_spread**2 * precision)
    return float(-0.5 * (own + markets * weeks * LOG_2PI) + 0.5 * shared)
