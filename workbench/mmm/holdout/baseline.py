"""The baseline as the weeks before an origin leave it known.

With p = U'r in the rotated basis of `density.likelihood`, and v = U'u what all markets shared before the origin within the space of
the baseline, the rotated coefficients of market m are

    z_i | v ~ Normal(s_i (p_i − v_i) / (s_i² + σ²), σ² / (s_i² + σ²))
    v_i ~ Normal(ω_i Σ_m p_mi / (s_i² + σ_m²), ω_i)        1/ω_i = 1/τ² + Σ_m 1 / (s_i² + σ_m²).

Fitted values don't need v, which is part of what the baseline explains. Forecasts do: without it the trends of all markets would
follow the shocks that they shared, and go on in their direction.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, kw_only=True)
class RotatedBaseline:
    """Distribution of the rotated coefficients, D draws of the other parameters, M markets, K coefficients.

    Attributes:
        gain: s / (s² + σ²), shape (D, M, K).
        rotated: p, shape (D, M, K).
        own_variance: σ² / (s² + σ²), shape (D, M, K).
        shared_mean: Mean of v, shape (D, K).
        shared_variance: ω, shape (D, K).
    """

    gain: np.ndarray
    rotated: np.ndarray
    own_variance: np.ndarray
    shared_mean: np.ndarray
    shared_variance: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        """Shape (D, M, K)."""
        return self.gain * (self.rotated - self.shared_mean[:, None])

    @property
    def variance(self) -> np.ndarray:
        """Of each coefficient, shape (D, M, K)."""
        return self.own_variance + self.gain**2 * self.shared_variance[:, None]

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        """One value for each draw, with what markets share drawn once for all of them, shape (D, M, K)."""
        shared = self.shared_mean + np.sqrt(self.shared_variance) * rng.standard_normal(self.shared_mean.shape)
        own = np.sqrt(self.own_variance) * rng.standard_normal(self.rotated.shape)
        return self.gain * (self.rotated - shared[:, None]) + own


def rotated_baseline(
    rotated: np.ndarray, noise: np.ndarray, week_spread: np.ndarray, singular: np.ndarray
) -> RotatedBaseline:
    """What is known of the coefficients; `rotated` is (D, M, K), `noise` (D, M), `week_spread` (D,), `singular` (K,)."""
    variance = noise[..., None] ** 2
    total = singular**2 + variance
    spread = week_spread[:, None] ** 2
    shared_variance = spread / (1 + spread * (1 / total).sum(axis=1))
    return RotatedBaseline(
        gain=singular / total,
        rotated=rotated,
        own_variance=variance / total,
        shared_mean=shared_variance * (rotated / total).sum(axis=1),
        shared_variance=shared_variance,
    )
