"""Draws summarised: the mean and the central 90% interval."""

from __future__ import annotations

import numpy as np

LEVEL = 0.9


def summarise(draws: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean and the ends of the central 90% interval over the first axis; means of parts add up to the mean of the whole."""
    lower, upper = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return draws.mean(axis=0), lower, upper
