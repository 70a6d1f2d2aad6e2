"""What is known of the baseline's coefficients once media and noise are given.

With p = U'r in the rotated basis of `density.likelihood`, and what all markets share in direction i, x_i = s_i z̄_i + u_i, made of
their common course z̄ and of the weeks u, the rotated coefficients z of market m and of the course are

    x_i ~ Normal(g_i Σ_m p_mi / (s_i² + σ_m²), g_i)        1/g_i = 1/(τ² + s_i²) + Σ_m 1/(s_i² + σ_m²)
    z_mi | x ~ Normal(s_i (p_mi − x_i) / (s_i² + σ_m²), σ_m² / (s_i² + σ_m²))
    z̄_i | x ~ Normal(s_i x_i / (s_i² + τ²), τ² / (s_i² + τ²)).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, kw_only=True)
class RotatedBaseline:
    """Distribution of the rotated coefficients, D draws of the other parameters, M markets, K coefficients.

    Attributes:
        singular: s, shape (K,).
        gain: s / (s² + σ²), shape (D, M, K).
        rotated: p, shape (D, M, K).
        own_variance: σ² / (s² + σ²), shape (D, M, K).
        shared_mean: Mean of x, shape (D, K).
        shared_variance: g, shape (D, K).
        course_gain: s / (s² + τ²), shape (D, K); zeros where markets share nothing.
        course_variance: τ² / (s² + τ²), shape (D, K); zeros where markets share nothing.
    """

    singular: np.ndarray
    gain: np.ndarray
    rotated: np.ndarray
    own_variance: np.ndarray
    shared_mean: np.ndarray
    shared_variance: np.ndarray
    course_gain: np.ndarray
    course_variance: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        """Of each market's coefficients, the common course included, shape (D, M, K)."""
        shared = self.shared_mean[:, None]
        return self.gain * (self.rotated - shared) + self.course_gain[:, None] * shared

    @property
    def variance(self) -> np.ndarray:
        """Of the same, each by itself, shape (D, M, K)."""
        through_shared = (self.course_gain[:, None] - self.gain) ** 2 * self.shared_variance[:, None]
        return self.own_variance + self.course_variance[:, None] + through_shared

    def draw(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """One value for each draw: coefficients, the common course included, (D, M, K), and rotated weeks u, (D, K)."""
        shared = self.shared_mean + np.sqrt(self.shared_variance) * rng.standard_normal(self.shared_mean.shape)
        course = self.course_gain * shared + np.sqrt(self.course_variance) * rng.standard_normal(shared.shape)
        own = self.gain * (self.rotated - shared[:, None])
        own = own + np.sqrt(self.own_variance) * rng.standard_normal(own.shape)
        return own + course[:, None], shared - self.singular * course


def rotated_baseline(
    rotated: np.ndarray, noise: np.ndarray, week_spread: np.ndarray, singular: np.ndarray
) -> RotatedBaseline:
    """What is known of the coefficients.

    Args:
        rotated: p, shape (D, M, K).
        noise: Shape (D, M).
        week_spread: Shape (D,); zeros where markets share nothing.
        singular: Shape (K,).
    """
    variance = noise[..., None] ** 2
    total = singular**2 + variance
    spread = week_spread[:, None] ** 2
    shares = spread > 0
    shared = np.where(shares, spread + singular**2, 0.0)
    shared_variance = shared / (1 + shared * (1 / total).sum(axis=1))
    course_total = np.where(shares, shared, 1.0)
    return RotatedBaseline(
        singular=singular,
        gain=singular / total,
        rotated=rotated,
        own_variance=variance / total,
        shared_mean=shared_variance * (rotated / total).sum(axis=1),
        shared_variance=shared_variance,
        course_gain=np.where(shares, singular / course_total, 0.0),
        course_variance=np.where(shares, spread / course_total, 0.0),
    )
