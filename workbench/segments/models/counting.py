"""Chances of at least so many purchases at a gamma-distributed rate."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import numpy as np


def at_least(shape: np.ndarray, exposure: np.ndarray) -> Iterator[np.ndarray]:
    """P(N ≥ 1), P(N ≥ 2), and so on without end, of a count that is negative binomial.

    Args:
        shape: Of the gamma-distributed rate; broadcasts with `exposure`.
        exposure: Time over the gamma distribution's own, above 0.
    """
    log_ratio = np.log(exposure / (1 + exposure))
    log_chance = -shape * np.log1p(exposure)
    reached = -np.expm1(log_chance)
    for purchases in count(1):
        yield np.maximum(reached, 0.0)
        log_chance = log_chance + np.log((shape + purchases - 1) / purchases) + log_ratio
        reached = reached - np.exp(log_chance)
