"""Shifted beta-geometric: subscriptions end at each renewal with a beta-distributed probability of their own.

References:
    Fader, Hardie (2007), How to Project Customer Retention, Journal of Interactive Marketing 21(1);
    Fader, Hardie (2010), Customer-Base Valuation in a Contractual Setting: The Perils of Ignoring Heterogeneity,
    Marketing Science 29(1).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import hyp2f1

from workbench.errors import FitError
from workbench.segments.models.likelihood import Fit, Likelihood, maximise

NAMES = ("alpha", "beta")
MINIMUM_ENDED = 10


@dataclass(frozen=True, kw_only=True)
class Lifetimes:
    """How long subscriptions have lasted, by completed periods; all of shape (A,).

    Attributes:
        renewals: Renewals made, in [0, ∞).
        ended: Subscriptions that ended instead of the next renewal.
        active: Subscriptions whose next renewal is still to come: they are known to have lasted so long, and no more.
    """

    renewals: np.ndarray
    ended: np.ndarray
    active: np.ndarray


def fit_sbg(lifetimes: Lifetimes) -> Fit:
    """Maximise the likelihood of ended and active subscriptions.

    Raises:
        FitError: If too few ended to tell how subscriptions differ.
    """
    ended = int(lifetimes.ended.sum())
    if ended < MINIMUM_ENDED:
        raise FitError(
            f"{ended} subscriptions have ended, and the shifted beta-geometric model needs at least {MINIMUM_ENDED}; "
            "give it a longer window of subscriptions"
        )
    total = float(lifetimes.ended.sum() + lifetimes.active.sum())
    churn = ended / float((lifetimes.ended * (lifetimes.renewals + 1) + lifetimes.active * lifetimes.renewals).sum())
    starts = [(1.0, 1.0), (0.5, 0.5 / churn), (5.0, 5.0 / churn), (100.0, 100.0 / churn)]
    return maximise(Likelihood(lambda p: log_likelihood(p, lifetimes), observations=total), starts, NAMES)


def log_likelihood(parameters: np.ndarray, lifetimes: Lifetimes) -> tuple[float, np.ndarray]:
    """Value and gradient by (alpha, beta): P(T = n + 1) = α/(α+β+n) × S(n) of those who ended, S(n) of those who are active."""
    alpha, beta = parameters
    n, ended, all_subscriptions = lifetimes.renewals, lifetimes.ended, lifetimes.ended + lifetimes.active
    at_end = np.log(alpha) - np.log(alpha + beta + n)
    value = all_subscriptions @ log_survival(parameters, n) + ended @ at_end
    d_alpha = ended @ (1 / alpha - 1 / (alpha + beta + n)) - all_subscriptions @ _sum_before(
        n, lambda j: 1 / (alpha + beta + j)
    )
    d_beta = all_subscriptions @ _sum_before(n, lambda j: alpha / (beta + j) / (alpha + beta + j)) - ended @ (
        1 / (alpha + beta + n)
    )
    return float(value), np.array([d_alpha, d_beta])


def log_survival(parameters: np.ndarray, renewals: np.ndarray) -> np.ndarray:
    """Logarithm of the probability of at least so many renewals: B(α, β+n) / B(α, β), the product of (β+j)/(α+β+j) for j < n."""
    alpha, beta = parameters
    return -_sum_before(renewals, lambda j: np.log1p(alpha / (beta + j)))


def _sum_before(renewals: np.ndarray, term: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Σ term(j) over j < n for each n: exact where differences of log-gammas of large parameters are rounding."""
    sums = np.append(0.0, np.cumsum(term(np.arange(renewals.max(initial=0)))))
    return sums[renewals.astype(int)]


def renewal_probabilities(parameters: np.ndarray, renewals: np.ndarray, horizon: int) -> np.ndarray:
    """Probability that a subscription with so many renewals makes at least 1, 2, …, horizon more.

    Args:
        parameters: Shape (2,), or of draws (D, 2).
        renewals: Shape (A,).

    Returns:
        Shape (A, horizon), of draws (D, A, horizon).
    """
    alpha, beta = parameters[..., 0, None, None], parameters[..., 1, None, None]
    ahead = renewals[:, None] + np.arange(horizon)
    return np.cumprod((beta + ahead) / (alpha + beta + ahead), axis=-1)


def discounted_renewals_ever(parameters: np.ndarray, renewals: np.ndarray, rate: float) -> np.ndarray:
    """Expected renewals without end, the next one due now, each later one discounted by another period; shape (A,).

    Equation 6 of Fader and Hardie (2010), whose n is renewals + 1.

    Args:
        rate: Discount rate per period, above 0.
    """
    alpha, beta = parameters
    n = renewals
    ratio = hyp2f1(1.0, beta + n + 1, alpha + beta + n + 1, 1 / (1 + rate))
    return (beta + n) / (alpha + beta + n) * ratio
