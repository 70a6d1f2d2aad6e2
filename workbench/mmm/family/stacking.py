"""Weights of several models by how well their mixture foresees.

The weights w on the simplex maximise

    Σ_t n_t log Σ_k w_k p_k(y_t) + c/K Σ_k log w_k

with p_k(y_t) the density that model k of K gave to held-out point t, and n_t what that point counts. With c = 0 this is
stacking. Points are few and models many, so that stacking alone would often put all weight on one of several that are as good;
c is what the models start with together, as if they had shared the credit for that many points already (a Dirichlet prior).

References:
    Yao, Vehtari, Simpson and Gelman (2018), Using Stacking to Average Bayesian Predictive Distributions.
"""

from __future__ import annotations

import numpy as np

STEPS = 20_000
TOLERANCE = 1e-9


def stacking_weights(log_density: np.ndarray, count: np.ndarray | float = 1.0, prior_count: float = 0.0) -> np.ndarray:
    """Weights by expectation maximisation, each step of which raises the objective; it is concave, so the top is the top.

    Args:
        log_density: Log predictive density of each point under each model, shape (point, K).
        count: What each point counts, shape (point,) or a number.
        prior_count: Count that all models start with together.

    Returns:
        Shape (K,), summing to one.
    """
    points, models = log_density.shape
    density = np.exp(log_density - log_density.max(axis=1, keepdims=True))
    counts = np.broadcast_to(np.asarray(count, dtype=float), (points,))
    weights = np.full(models, 1 / models)
    for _ in range(STEPS):
        credit = (counts / (density @ weights)) @ density * weights
        updated = (credit + prior_count / models) / (counts.sum() + prior_count)
        if np.abs(updated - weights).max() < TOLERANCE:
            return np.asarray(updated)
        weights = updated
    return np.asarray(weights)
