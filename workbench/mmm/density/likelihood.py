"""The likelihood with the baseline and what markets share integrated out.

With media and sampled effects taken off, the KPI of market m is

    r_m = B (c̄ + c_m) + u + ε_m      c̄, c_m ~ Normal(0, S²)   u ~ Normal(0, τ² R)   ε_m ~ Normal(0, σ_m² R)

with the baseline's columns B alike in all markets: c_m is a market's own course, c̄ the course that all share, u what all
share in a week. (Of one market alone, c̄ and u are nothing.) Surprises last, R_tt' = ρ^|t−t'| with a persistence ρ that is
known before: below, r_m and B stand for what `shapes.surprises.whiten` makes of them, for which R is I. The singular values s
and left vectors U of B S = U s V' then make weeks independent: with p_m = U' r_m, own variances v_mi = σ_m² + sᵢ², shared
variances w_i = τ² + sᵢ², outside of B's space v_m = σ_m² and w = τ², each direction i is normal over markets with covariance
diag(v_i) + w_i 1 1', so that, with h_i = Σ_m 1 / v_mi, b_i = Σ_m p_mi / v_mi and g_i = w_i / (1 + w_i h_i),

    log p(r) = Σ_i {−½ Σ_m [p_mi² / v_mi + log v_mi] + ½ g_i b_i² − ½ log(1 + w_i h_i)} − ½ M T log 2π − ½ M log |R|,

where the T − K directions outside need only sums: Σ p_mi² = r_m'r_m − p_m'p_m, and the norm of Σ_m r_m / σ_m² out there.
Sampling never sees c̄, c and u; `posterior.coefficients` draws them exactly afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.mmm.inputs.design import Baseline
from workbench.mmm.shapes.surprises import log_volume, whiten

LOG_2PI = float(np.log(2 * np.pi))


@dataclass(frozen=True, kw_only=True)
class Rotation:
    """Singular value decomposition of the prior-scaled and whitened baseline, B S = U s V'.

    Attributes:
        left: U, shape (T, K).
        singular: s, shape (K,), in decreasing order.
        right: V', shape (K, K).
        persistence: Of the surprises that were whitened.
    """

    left: np.ndarray
    singular: np.ndarray
    right: np.ndarray
    persistence: float


def rotate(baseline: Baseline, persistence: float) -> Rotation:
    columns = whiten(baseline.columns.T, persistence).T * baseline.prior_sd
    left, singular, right = np.linalg.svd(columns, full_matrices=False)
    return Rotation(left=left, singular=singular, right=right, persistence=persistence)


def integrated_log_likelihood(
    residual: np.ndarray, noise: np.ndarray, week_spread: float | None, rotation: Rotation
) -> float:
    """Log-density of the KPI given `residual`, what media and sampled effects leave of it (T, M), and `noise` (M,).

    `week_spread` is None where markets share nothing.
    """
    weeks, markets = residual.shape
    residual = whiten(residual.T, rotation.persistence).T
    free = weeks - len(rotation.singular)
    rotated, squared = rotation.left.T @ residual, rotation.singular**2
    inside, outside = noise**2 + squared[:, None], noise**2
    left_over = (residual**2).sum(axis=0) - (rotated**2).sum(axis=0)
    own = (rotated**2 / inside + np.log(inside)).sum() + (left_over / outside + free * np.log(outside)).sum()
    total = markets * (log_volume(weeks, rotation.persistence) - 0.5 * weeks * LOG_2PI) - 0.5 * own
    if week_spread is None:
        return float(total)
    pulled = (residual - rotation.left @ rotated) @ (1 / outside)
    b, shared = (rotated / inside).sum(axis=1), week_spread**2 + squared
    growth = 1 + shared * (1 / inside).sum(axis=1)
    growth_outside = 1 + week_spread**2 * (1 / outside).sum()
    total += 0.5 * (shared / growth * b**2 - np.log(growth)).sum()
    return float(total + 0.5 * (week_spread**2 / growth_outside * pulled @ pulled - free * np.log(growth_outside)))
