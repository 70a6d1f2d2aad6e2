"""Counts in categories that may be looked at on any day: the sequential multinomial test."""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln

type Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

# The alternative's shares lie within half a percentage point of even ones, which is what a broken assignment looks like.
CONCENTRATION = 10_000.0


def sequential_p_values(counts: Array, shares: Array) -> Array:
    """The p-value after each look, valid whenever the looking stops; it never rises again.

    It is the inverse of the largest Bayes factor so far, of Dirichlet-distributed shares against the intended ones.

    Args:
        counts: Cumulative counts, shape (look, category).
        shares: Intended shares, shape (category,), above 0, with sum 1.

    References:
        Lindon, Malek (2022), Anytime-Valid Inference for Multinomial Count Data, NeurIPS.
    """
    prior = CONCENTRATION * shares
    total = counts.sum(axis=1)
    log_bayes_factor = (
        gammaln(CONCENTRATION)
        - gammaln(CONCENTRATION + total)
        + (gammaln(prior + counts) - gammaln(prior) - counts * np.log(shares)).sum(axis=1)
    )
    return np.exp(-np.maximum.accumulate(np.maximum(log_bayes_factor, 0.0)))
