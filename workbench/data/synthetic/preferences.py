"""What customers like: each has shares of categories of their own, from which every order draws one."""

from __future__ import annotations

import numpy as np

CATEGORIES = ("home", "garden", "kitchen", "sports", "toys")
_CONCENTRATION = np.array([0.9, 0.5, 0.8, 0.5, 0.3])


def draw_preferences(customers: int, rng: np.random.Generator) -> np.ndarray:
    """Shares of categories, Dirichlet-distributed, shape (customer, category)."""
    weights = rng.standard_gamma(_CONCENTRATION, (customers, len(CATEGORIES))) + 1e-12
    return weights / weights.sum(axis=1, keepdims=True)


def draw_categories(preferences: np.ndarray, customer: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Index of a category for each of these customers' deeds."""
    thresholds = np.cumsum(preferences[:, :-1], axis=1)
    return (rng.random(len(customer))[:, None] >= thresholds[customer]).sum(axis=1)
