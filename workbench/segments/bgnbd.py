"""BG/NBD: purchases at a gamma-distributed rate, dropout with beta-distributed probability after each repeat purchase.

References:
    Fader, Hardie, Lee (2005), "Counting Your Customers" the Easy Way: An Alternative to the Pareto/NBD Model,
    Marketing Science 24(2).
"""

from __future__ import annotations

import numpy as np
from scipy.special import digamma, gammaln

from workbench.errors import FitError
from workbench.segments.likelihood import Fit, maximise
from workbench.segments.summaries import Triples

NAMES = ("r", "alpha", "a", "b")
MINIMUM_REPEAT_CUSTOMERS = 10
QUADRATURE_NODES = 24


class BGNBD:
    """Implements `purchase_model.PurchaseModel`; parameters are (r, alpha, a, b)."""

    name = "BG/NBD"

    def fit(self, triples: Triples) -> Fit:
        """Maximise the likelihood over unique histories.

        Raises:
            FitError: If too few customers bought again for four parameters.
        """
        _refuse_too_few_repeats(triples)
        age = float(np.average(triples.age, weights=triples.customers))
        starts = [(1.0, age, 1.0, 1.0), (0.25, 0.2 * age, 0.5, 2.0), (0.5, 0.5 * age, 0.05, 2.0), (2.0, age, 5.0, 20.0)]
        observations = float(triples.customers.sum())
        return maximise(lambda p: log_likelihood(p, triples), starts, NAMES, observations=observations)

    def probability_alive(self, parameters: np.ndarray, triples: Triples) -> np.ndarray:
        """Fader, Hardie (2008); one for everybody without a repeat purchase."""
        return 1 / (1 + _odds_of_dropout(parameters, triples))

    def purchases_if_alive(
        self, parameters: np.ndarray, levels: np.ndarray, age: np.ndarray, times: np.ndarray
    ) -> np.ndarray:
        """Given survival, dropout p ~ Beta(a, b + x) and rate λ ~ Gamma(r + x, α + T), so that purchases in t are
        E[(1 − (1 + p t / (α + T))^−(r + x)) / p].

        This equals the paper's formula with ₂F₁, which overflows for frequent buyers and is undefined at a = 1.
        """
        r, alpha, a, b = parameters
        p, weight = beta_quadrature(np.full_like(levels, a), b + levels, QUADRATURE_NODES)
        exposure = times[:, None, None, None] * p[:, None, :] / (alpha + age)[..., None]
        bought = -np.expm1(-(r + levels)[:, None, None] * np.log1p(exposure))
        return np.einsum("jlan,ln->jla", bought, weight / p)

    def dropout_evidence(self, fit: Fit, triples: Triples) -> float:
        return 2 * (fit.log_likelihood - _fit_without_dropout(triples).log_likelihood)

    def one_time_buyers_always_alive(self) -> bool:
        return True


def log_likelihood(parameters: np.ndarray, triples: Triples) -> tuple[float, np.ndarray]:
    """Value and gradient with respect to (r, alpha, a, b); equation 6 of the paper, in logarithms."""
    r, alpha, a, b = parameters
    x, age, n = triples.frequency, triples.age, triples.customers
    buying, d_r, d_alpha = _buying(r, alpha, triples)
    surviving, d_a, d_b = _surviving(a, b, x)
    odds = _odds_of_dropout(parameters, triples)
    dropped = odds / (1 + odds)
    lapse = np.log((alpha + age) / (alpha + triples.recency))
    d_lapse = (r + x) * (1 / (alpha + age) - 1 / (alpha + triples.recency))
    gradient = [
        n @ (d_r + dropped * lapse),
        n @ (d_alpha + dropped * d_lapse),
        n @ (d_a + dropped / a),
        n @ (d_b - dropped / np.where(x > 0, b + x - 1, 1.0)),
    ]
    return float(n @ (buying + surviving + np.log1p(odds))), np.array(gradient)


def beta_quadrature(alpha: np.ndarray, beta: np.ndarray, nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Gauss nodes and weights of Beta(alpha, beta) distributions, each of shape (L, nodes); weights sum to one.

    References:
        Golub, Welsch (1969), Calculation of Gauss Quadrature Rules; Jacobi polynomials on (0, 1).
    """
    left, right = (alpha - 1)[:, None], (beta - 1)[:, None]
    k = np.arange(1, nodes)
    s = 2 * k + left + right
    centre = np.empty((len(alpha), nodes))
    centre[:, :1] = (left - right) / (left + right + 2)
    centre[:, 1:] = (left**2 - right**2) / (s * (s + 2))
    squared = 4 * k * (k + left) * (k + right) * (k + left + right) / (s**2 * (s + 1) * np.where(k == 1, 1.0, s - 1))
    squared[:, :1] = 4 * (1 + left) * (1 + right) / ((2 + left + right) ** 2 * (3 + left + right))
    jacobi = np.zeros((len(alpha), nodes, nodes))
    jacobi[:, np.arange(nodes), np.arange(nodes)] = centre
    jacobi[:, k, k - 1] = np.sqrt(squared)
    position, vectors = np.linalg.eigh(jacobi)
    return np.clip((1 + position) / 2, 1e-300, 1.0), vectors[:, 0, :] ** 2


def _buying(r: float, alpha: float, triples: Triples) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Log of Γ(r+x) α^r / (Γ(r) (α+T)^(r+x)) and its derivatives by r and alpha."""
    x, log_alpha, log_age = triples.frequency, np.log(alpha), np.log(alpha + triples.age)
    levels, at = np.unique(x, return_inverse=True)
    value = (gammaln(r + levels) - gammaln(r))[at] + r * log_alpha - (r + x) * log_age
    d_r = (digamma(r + levels) - digamma(r))[at] + log_alpha - log_age
    return value, d_r, r / alpha - (r + x) / (alpha + triples.age)


def _surviving(a: float, b: float, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Log of B(a, b+x) / B(a, b) and its derivatives by a and b."""
    levels, at = np.unique(x, return_inverse=True)
    value = gammaln(b + levels) - gammaln(a + b + levels) - gammaln(b) + gammaln(a + b)
    d_a = digamma(a + b) - digamma(a + b + levels)
    d_b = digamma(b + levels) - digamma(b) + d_a
    return value[at], d_a[at], d_b[at]


def _odds_of_dropout(parameters: np.ndarray, triples: Triples) -> np.ndarray:
    """Odds that the last repeat purchase was the last of all: 0 without a repeat purchase."""
    r, alpha, a, b = parameters
    x = triples.frequency
    lapse = (r + x) * np.log((alpha + triples.age) / (alpha + triples.recency))
    log_odds = np.log(a) - np.log(np.where(x > 0, b + x - 1, 1.0)) + lapse
    return np.where(x > 0, np.exp(np.minimum(log_odds, 700.0)), 0.0)


def _fit_without_dropout(triples: Triples) -> Fit:
    """The NBD, which BG/NBD becomes as a → 0."""

    def nbd(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        value, d_r, d_alpha = _buying(*parameters, triples)
        return float(triples.customers @ value), np.array([triples.customers @ d_r, triples.customers @ d_alpha])

    age = float(np.average(triples.age, weights=triples.customers))
    observations = float(triples.customers.sum())
    return maximise(nbd, [(1.0, age), (0.25, 0.2 * age)], ("r", "alpha"), observations=observations)


def _refuse_too_few_repeats(triples: Triples) -> None:
    repeating = int(triples.customers[triples.frequency > 0].sum())
    if repeating < MINIMUM_REPEAT_CUSTOMERS:
        raise FitError(
            f"{repeating} of {int(triples.customers.sum()):,} customers bought on more than one day, and BG/NBD needs at least "
            f"{MINIMUM_REPEAT_CUSTOMERS}; give it a longer window of orders"
        )
