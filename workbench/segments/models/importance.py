"""Importance weights whose largest are smoothed by a Pareto tail, which also says whether they can be trusted."""

from __future__ import annotations

import numpy as np


def smoothed_weights(log_weights: np.ndarray) -> tuple[np.ndarray, float]:
    """Pareto-smoothed weights, the largest 1, shape (N,), and the shape k of their tail.

    Args:
        log_weights: Finite, shape (N,).
    """
    # Takes seconds to import, and readers of saved segments never ask for it.
    from arviz_stats.base import array_stats

    smoothed, pareto_k = array_stats.psislw(-log_weights)
    return np.exp(smoothed - smoothed.max()), float(pareto_k)
