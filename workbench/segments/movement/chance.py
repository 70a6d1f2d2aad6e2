"""Stability indices that samples of one distribution reach by chance, so that few customers don't cry wolf.

A formula says it where bins are well filled. A handful of customers leaves some bins empty, and those weigh most in the index; so there
both samples are drawn again and again from what they hold together.
"""

from __future__ import annotations

import numpy as np

from workbench.customers import drift
from workbench.customers.drift import FrozenBins

MANY = 10_000
DRAWS = 2_000
# What `drift.psi` counts an empty bin as.
EMPTY = 0.5e-4
# Of runs without drift, all columns together.
FALSE_ALARMS = 0.01


def psi_by_chance(bins: FrozenBins, shares: np.ndarray, count: int, *, columns: int) -> float:
    """The index that any of so many columns exceeds in at most one of a hundred runs without drift.

    Args:
        shares: Of each bin today, shape (B + 1,).
        count: Customers today.
    """
    if min(bins.count, count) >= MANY:
        return drift.psi_by_chance(bins, count)
    held = bins.count * np.array(bins.shares) + count * shares
    both, rng = held[held > 0] / held.sum(), np.random.default_rng(0)
    before, after = (np.maximum(rng.multinomial(size, both, DRAWS) / size, EMPTY) for size in (bins.count, count))
    drawn = np.sum((after - before) * np.log(after / before), axis=1)
    return float(np.quantile(drawn, 1 - FALSE_ALARMS / columns))
