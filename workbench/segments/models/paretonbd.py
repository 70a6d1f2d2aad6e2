"""Pareto/NBD: purchases at a gamma-distributed rate until an exponential lifetime ends, its rate gamma-distributed too.

References:
    Schmittlein, Morrison, Colombo (1987), Counting Your Customers: Who Are They and What Will They Do Next?;
    Fader, Hardie (2005), A Note on Deriving the Pareto/NBD Model and Related Expressions.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from workbench.segments.models.counting import at_least
from workbench.segments.models.likelihood import Fit
from workbench.segments.models.nbd import buying, dropout_evidence, purchase_rate
from workbench.segments.models.purchase_fit import fit_purchases
from workbench.segments.summaries import Triples

QUADRATURE_NODES = 20
HISTORIES_AT_ONCE = 2048
# Past this fall of its logarithm the integrand adds less than rounding does.
NEGLIGIBLE_FALL = 40.0
LARGEST_LOG_ODDS = 700.0
LARGEST_LOG_GROWTH = 100.0
POSITIONS, MASSES = np.polynomial.legendre.leggauss(QUADRATURE_NODES)
NODES, WEIGHTS = (1 + POSITIONS) / 2, MASSES / 2


class ParetoNBD:
    """Implements `purchase_model.PurchaseModel`; parameters are (r, alpha, s, beta), the lifetime's rate being Gamma(s, beta)."""

    name = "Pareto/NBD"
    parameters: tuple[str, ...] = ("r", "alpha", "s", "beta")

    def fit(self, triples: Triples) -> Fit:
        """Raises: FitError, as `purchase_fit.fit_purchases`."""
        age = float(np.average(triples.age, weights=triples.customers))
        starts = [
            (1.0, age, 1.0, age),
            (0.25, 0.2 * age, 0.5, 0.5 * age),
            (0.5, 0.5 * age, 0.05, age),
            (2.0, age, 5.0, 5 * age),
        ]
        return fit_purchases(self, triples, starts)

    def log_likelihood(self, parameters: np.ndarray, triples: Triples) -> tuple[float, np.ndarray]:
        r, alpha, s, beta = parameters
        age, n = triples.age, triples.customers
        bought, d_buying = buying(r, alpha, triples)
        log_odds, d_odds = _log_odds_of_dropout(parameters, triples)
        dropped = n / (1 + np.exp(-log_odds))
        stayed = np.log(beta / (beta + age))
        d_stayed = [n @ stayed, s * (n.sum() / beta - n @ (1 / (beta + age)))]
        value = bought + s * (n @ stayed) + n @ np.logaddexp(0.0, log_odds)
        return float(value), np.concatenate([d_buying, d_stayed]) + d_odds @ dropped

    def probability_alive(self, parameters: np.ndarray, triples: Triples) -> np.ndarray:
        log_odds, _ = _log_odds_of_dropout(parameters, triples)
        return 1 / (1 + np.exp(np.minimum(log_odds, LARGEST_LOG_ODDS)))

    def purchases_if_alive(
        self, parameters: np.ndarray, levels: np.ndarray, age: np.ndarray, times: np.ndarray
    ) -> np.ndarray:
        """(r+x)/(α+T) × (β+T)/(s−1) × (1 − ((β+T)/(β+T+t))^(s−1)), whose last two factors are, at s = 1, a logarithm."""
        r, alpha, s, beta = parameters
        longer = np.log1p(times[:, None, None] / (beta + age))
        exponent = (s - 1) * longer
        small = np.abs(exponent) < 1e-12
        shrinkage = np.where(small, 1.0, -np.expm1(-exponent) / np.where(small, 1.0, exponent))
        return purchase_rate(r, alpha, levels, age) * (beta + age) * longer * shrinkage

    def purchases_reached(
        self, parameters: np.ndarray, frequency: np.ndarray, age: np.ndarray, within: float
    ) -> Iterator[np.ndarray]:
        """Over the time that a customer stays, at even steps of its survival function from now to the end."""
        r, alpha, s, beta = parameters
        known = (beta + age)[:, None]
        staying = np.exp(-s * np.log1p(within / known))
        survival = np.hstack([staying, staying + (1 - staying) * NODES])
        weights = np.hstack([staying, (1 - staying) * WEIGHTS])
        time = known * np.expm1(-np.log(survival) / s)
        for reached in at_least((r + frequency)[:, None], time / (alpha + age)[:, None]):
            yield np.einsum("kn,kn->k", weights, reached)

    def dropout_evidence(self, fit: Fit, triples: Triples) -> float:
        return dropout_evidence(fit, triples)

    def one_time_buyers_always_alive(self) -> bool:
        return False


def _log_odds_of_dropout(parameters: np.ndarray, triples: Triples) -> tuple[np.ndarray, np.ndarray]:
    """Logarithm of the odds of having left, shape (K,), and its derivatives by the parameters, shape (4, K).

    The odds are s ∫ ((α+T)/(α+u))^(r+x) ((β+T)/(β+u))^s / (β+u) du from t_x to T: the customer left at u. The closed form is a
    difference of two ₂F₁ that cancel as t_x → T; all terms of the integral are positive.
    """
    parts = [
        _odds_by_quadrature(parameters, triples.frequency[rows], triples.recency[rows], triples.age[rows])
        for rows in (slice(at, at + HISTORIES_AT_ONCE) for at in range(0, len(triples), HISTORIES_AT_ONCE))
    ]
    return np.concatenate([odds for odds, _ in parts]), np.concatenate([slope for _, slope in parts], axis=1)


def _odds_by_quadrature(
    parameters: np.ndarray, x: np.ndarray, recency: np.ndarray, age: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Legendre in log(δ+u), δ the smaller of α and β: the singularities at −α and −β then stay π away."""
    r, alpha, s, beta = parameters
    nearer, farther = min(alpha, beta), max(alpha, beta)
    end = _end_of_integral(parameters, x, recency, age)
    width = np.log1p((end - recency) / (nearer + recency))
    log_near = width[:, None] * NODES
    near = (nearer + recency)[:, None] * np.exp(log_near)
    far = near + (farther - nearer)
    log_far = np.log(far / (farther + recency)[:, None])
    (by_alpha, log_alpha), (by_beta, log_beta) = ((near, log_near), (far, log_far))[:: 1 if alpha <= beta else -1]
    per_alpha, per_beta = 1 / by_alpha, 1 / by_beta
    lapse_alpha, lapse_beta = np.log((alpha + age) / (alpha + recency)), np.log((beta + age) / (beta + recency))
    mass = WEIGHTS * np.exp(-(r + x)[:, None] * log_alpha - s * log_beta) * (near * per_beta)
    total = mass.sum(axis=1)
    share = mass / np.maximum(total, 1e-300)[:, None]
    log_odds = np.log(s) + np.log(np.maximum(width * total, 1e-300)) + (r + x) * lapse_alpha + s * lapse_beta
    slopes = [
        lapse_alpha - np.einsum("kn,kn->k", share, log_alpha),
        (r + x) * (1 / (alpha + age) - np.einsum("kn,kn->k", share, per_alpha)),
        1 / s + lapse_beta - np.einsum("kn,kn->k", share, log_beta),
        s / (beta + age) - (s + 1) * np.einsum("kn,kn->k", share, per_beta),
    ]
    return log_odds, np.array(slopes)


def _end_of_integral(parameters: np.ndarray, x: np.ndarray, recency: np.ndarray, age: np.ndarray) -> np.ndarray:
    r, alpha, s, beta = parameters
    by_purchases = (alpha + recency) * np.expm1(np.minimum(NEGLIGIBLE_FALL / (r + x), LARGEST_LOG_GROWTH))
    by_dropout = (beta + recency) * np.expm1(min(NEGLIGIBLE_FALL / s, LARGEST_LOG_GROWTH))
    return np.minimum(age, recency + np.minimum(by_purchases, by_dropout))
