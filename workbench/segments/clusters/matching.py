"""The same names for the same groups from run to run: centres are paired so that they moved least in total."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_uppercase

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

FARTHEST = 1.5


def match_labels(centres: np.ndarray, before: np.ndarray, labels: Sequence[str]) -> list[str]:
    """A label for each centre: that of the earlier centre it is paired with, else one that isn't taken.

    Args:
        centres: Shape (K, F), standardised.
        before: Centres of the last run on the same scale, shape (L, F).
        labels: Theirs.
    """
    matched: dict[int, str] = {}
    if len(before):
        distance = cdist(centres, before)
        now, then = linear_sum_assignment(distance)
        # A centre that moved by more than the customers are apart is another group.
        matched = {int(i): labels[j] for i, j in zip(now, then, strict=True) if distance[i, j] <= FARTHEST}
    free = (letter for letter in ascii_uppercase if letter not in labels)
    return [matched.get(at) or next(free) for at in range(len(centres))]
