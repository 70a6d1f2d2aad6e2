"""Shapley values: a change that several causes made together, shared out among them without an order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from math import factorial

import numpy as np


def shapley_shares(outcome: Callable[[frozenset[str]], np.ndarray], factors: Sequence[str]) -> dict[str, np.ndarray]:
    """Each factor's mean effect over all orders in which the factors could have changed.

    Args:
        outcome: The result once these factors have changed and the others haven't; any shape.
        factors: All of them.

    Returns:
        By factor; they add up to outcome(all) − outcome(none).
    """
    subsets = [frozenset(some) for size in range(len(factors) + 1) for some in combinations(factors, size)]
    outcomes = {some: outcome(some) for some in subsets}
    return {
        factor: sum(
            _weight(len(some), len(factors)) * (outcomes[some | {factor}] - outcomes[some])
            for some in subsets
            if factor not in some
        )
        for factor in factors
    }


def _weight(changed: int, factors: int) -> float:
    """Probability that exactly these changed before the factor in question, in a random order."""
    return factorial(changed) * factorial(factors - changed - 1) / factorial(factors)
