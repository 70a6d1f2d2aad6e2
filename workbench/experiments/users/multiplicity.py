"""Several comparisons at once."""

from __future__ import annotations

import numpy as np


def holm(p_values: np.ndarray) -> np.ndarray:
    """Holm's adjusted p-values: below alpha they keep the chance of any false positive in the family below alpha.

    Args:
        p_values: Shape (comparison,), in [0, 1].

    References:
        Holm (1979), A Simple Sequentially Rejective Multiple Test Procedure.
    """
    order = np.argsort(p_values, kind="stable")
    remaining = len(p_values) - np.arange(len(p_values))
    stepped = np.minimum(np.maximum.accumulate(remaining * p_values[order]), 1.0)
    adjusted = np.empty(len(p_values))
    adjusted[order] = stepped
    return adjusted
