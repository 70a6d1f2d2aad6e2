"""Curves with known optima."""

from collections.abc import Callable

import numpy as np


def hill(half: float, slope: float, largest: float = 1.0) -> Callable[[np.ndarray], np.ndarray]:
    return lambda spend: largest * spend**slope / (spend**slope + half**slope)
