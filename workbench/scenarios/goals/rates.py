"""What comes with revenue, such as orders and new customers: how much a unit of it brings in a stretch of time to come.

No model foresees these. Per unit of revenue they are taken to be as in the last stretch, and to move from there as far as they have
moved from stretch to stretch before, together: that holds where the rate wanders, and where it is the same but for chance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import NormalDist

import numpy as np
from scipy.stats import t as student

from workbench.scenarios.goals.chance import LEVEL

PATHS = 4_000
# Fewer moves from stretch to stretch say too little of how far the next one goes.
LEAST_MOVES = 3


def rates_ahead(counts: Sequence[Mapping[str, float]], revenue: Sequence[float], *, seed: int) -> dict[str, np.ndarray]:
    """Draws of each quantity per unit of revenue in the next stretch, shape (PATHS,); empty where too little is known.

    Args:
        counts: Quantities of stretches of equal length, the oldest first; one that is 0 or missing in any of them is left out.
        revenue: Of the same stretches.
        seed: Of the draws.
    """
    if len(counts) <= LEAST_MOVES or not all(total > 0 for total in revenue):
        return {}
    names = [name for name in counts[-1] if all(each.get(name, 0.0) > 0 for each in counts)]
    rates = np.log([[each[name] for name in names] for each in counts]) - np.log(revenue)[:, None]
    moves = np.diff(rates, axis=0)
    # So few moves tell their own spread roughly: the normal is widened so that its interval holds what Student's would.
    tail = (1 + LEVEL) / 2
    wider = float(student.ppf(tail, len(moves))) / NormalDist().inv_cdf(tail)
    steps = np.random.default_rng(seed).normal(size=(PATHS, len(moves))) @ moves * (wider / np.sqrt(len(moves)))
    drawn = np.exp(rates[-1] + steps)
    return {name: drawn[:, k] for k, name in enumerate(names)}
