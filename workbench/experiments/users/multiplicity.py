"""Several comparisons at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

type Correction = Literal["holm", "benjamini_hochberg"]


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


def benjamini_hochberg(p_values: np.ndarray) -> np.ndarray:
    """Benjamini and Hochberg's adjusted p-values: claims below alpha are false in a share of alpha at most, on average.

    Args:
        p_values: Shape (comparison,), in [0, 1].

    References:
        Benjamini, Hochberg (1995), Controlling the False Discovery Rate.
    """
    order = np.argsort(p_values, kind="stable")[::-1]
    rank = np.arange(len(p_values), 0, -1)
    stepped = np.minimum(np.minimum.accumulate(len(p_values) / rank * p_values[order]), 1.0)
    adjusted = np.empty(len(p_values))
    adjusted[order] = stepped
    return adjusted


CORRECTIONS: dict[Correction, Callable[[np.ndarray], np.ndarray]] = {
    "holm": holm,
    "benjamini_hochberg": benjamini_hochberg,
}
