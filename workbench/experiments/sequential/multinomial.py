"""Counts in categories that may be looked at on any day: the sequential multinomial test."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import gammaln

type Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


def sequential_p_values(counts: Array, shares: Array, *, tuned_to: float, tuned_at: float) -> Array:
    """The p-value after each look, valid whenever the looking stops; it never rises again.

    It is the inverse of the largest Bayes factor so far, of Dirichlet-distributed shares against the intended ones. Around these the
    Dirichlet is as narrow as makes the test strongest at its planned size, as the confidence sequence for means is.

    Args:
        counts: Cumulative counts, shape (look, category).
        shares: Intended shares, shape (category,), at least two, above 0, with sum 1.
        tuned_to: Number of units at which it notices the least departure; fixed before the test.
        tuned_at: The alpha at which it does; fixed before the test.

    References:
        Lindon, Malek (2022), Anytime-Valid Inference for Multinomial Count Data, NeurIPS.
    """
    concentration = tuned_to / _evidence(tuned_at, shares.size - 1)
    prior = concentration * shares
    log_bayes_factor = (
        gammaln(concentration)
        - gammaln(concentration + counts.sum(axis=1))
        + (gammaln(prior + counts) - gammaln(prior) - counts * np.log(shares)).sum(axis=1)
    )
    return np.exp(-np.maximum.accumulate(np.maximum(log_bayes_factor, 0.0)))


def _evidence(alpha: float, freedom: int) -> float:
    """Units per concentration at which a departure that is just beyond `alpha` is the smallest, nearly."""
    surprise = -2 * math.log(alpha) / freedom
    return surprise + math.log1p(surprise)
