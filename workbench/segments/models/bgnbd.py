"""BG/NBD: purchases at a gamma-distributed rate, dropout with beta-distributed probability after each repeat purchase.

References:
    Fader, Hardie, Lee (2005), "Counting Your Customers" the Easy Way: An Alternative to the Pareto/NBD Model,
    Marketing Science 24(2).
"""

from __future__ import annotations

import numpy as np
from scipy.special import digamma, gammaln

from workbench.errors import FitError
from workbench.segments.models.likelihood import Fit, Likelihood, maximise
from workbench.segments.summaries import Triples

NAMES = ("r", "alpha", "a", "b")
MINIMUM_REPEAT_CUSTOMERS = 10
QUADRATURE_NODES = 16
SCOUTED_HISTORIES = 20_000
LARGEST_LOG_ODDS = 700.0


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
        scouts = triples.take(slice(None, None, max(1, len(triples) // SCOUTED_HISTORIES)))
        return maximise(
            Likelihood(lambda p: log_likelihood(p, triples), observations=float(triples.customers.sum())),
            starts,
            NAMES,
            scout=Likelihood(lambda p: log_likelihood(p, scouts), observations=float(scouts.customers.sum())),
        )

    def probability_alive(self, parameters: np.ndarray, triples: Triples) -> np.ndarray:
        """Fader, Hardie (2008); one for everybody without a repeat purchase."""
        again, alive = triples.repeating, np.ones(len(triples))
        lapse = np.log((parameters[1] + again.age) / (parameters[1] + again.recency))
        alive[triples.frequency > 0] = 1 / (1 + _odds_of_dropout(parameters, again.frequency, lapse))
        return alive

    def purchases_if_alive(
        self, parameters: np.ndarray, levels: np.ndarray, age: np.ndarray, times: np.ndarray
    ) -> np.ndarray:
        """Given survival, dropout p ~ Beta(a, b + x) and rate λ ~ Gamma(r + x, α + T), so that purchases in t are
        E[(1 − (1 + p t / (α + T))^−(r + x)) / p].

        This equals the paper's formula with ₂F₁, which overflows for frequent buyers and is undefined at a = 1.
        """
        r, alpha, a, b = parameters
        p, weight = beta_quadrature(np.full(levels.shape, a), b + levels, QUADRATURE_NODES)
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
    again = triples.repeating
    x, age, recency, n = again.frequency, again.age, again.recency, again.customers
    lapse = np.log((alpha + age) / (alpha + recency))
    odds = _odds_of_dropout(parameters, x, lapse)
    dropped = n * odds / (1 + odds)
    buying, d_r, d_alpha = _buying(r, alpha, triples)
    surviving, d_a, d_b = _surviving(a, b, triples)
    gradient = [
        d_r + dropped @ lapse,
        d_alpha + (dropped * (r + x)) @ (1 / (alpha + age) - 1 / (alpha + recency)),
        d_a + dropped.sum() / a,
        d_b - dropped @ (1 / (b + x - 1)),
    ]
    return buying + surviving + float(n @ np.log1p(odds)), np.array(gradient)


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


def _buying(r: float, alpha: float, triples: Triples) -> tuple[float, float, float]:
    """Log of Γ(r+x) α^r / (Γ(r) (α+T)^(r+x)), summed over customers, and its derivatives by r and alpha."""
    x, n, levels, by_level = triples.frequency, triples.customers, triples.levels, triples.customers_by_level
    log_age = np.log((alpha + triples.ages) / alpha)[triples.age_position]
    total = n.sum()
    value = by_level @ (gammaln(r + levels) - gammaln(r) - levels * np.log(alpha)) - (n * (r + x)) @ log_age
    d_r = by_level @ (digamma(r + levels) - digamma(r)) - n @ log_age
    d_alpha = total * r / alpha - (n * (r + x)) @ (1 / (alpha + triples.age))
    return float(value), float(d_r), float(d_alpha)


def _surviving(a: float, b: float, triples: Triples) -> tuple[float, float, float]:
    """Log of B(a, b+x) / B(a, b), summed over customers, and its derivatives by a and b."""
    x, customers = triples.levels, triples.customers_by_level
    value = gammaln(b + x) - gammaln(a + b + x) - gammaln(b) + gammaln(a + b)
    d_a = digamma(a + b) - digamma(a + b + x)
    d_b = digamma(b + x) - digamma(b) + d_a
    return float(customers @ value), float(customers @ d_a), float(customers @ d_b)


def _odds_of_dropout(parameters: np.ndarray, x: np.ndarray, lapse: np.ndarray) -> np.ndarray:
    """Odds that a repeat purchase was the last of all: (α+T)/(α+t_x) to the power r+x, times a / (b+x−1)."""
    r, _, a, b = parameters
    return np.exp(np.minimum(np.log(a) - np.log(b + x - 1) + (r + x) * lapse, LARGEST_LOG_ODDS))


def _fit_without_dropout(triples: Triples) -> Fit:
    """The NBD, which BG/NBD becomes as a → 0."""

    def nbd(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        r, alpha = parameters
        value, *gradient = _buying(r, alpha, triples)
        return value, np.array(gradient)

    age = float(np.average(triples.age, weights=triples.customers))
    likelihood = Likelihood(nbd, observations=float(triples.customers.sum()))
    return maximise(likelihood, [(1.0, age), (0.25, 0.2 * age)], ("r", "alpha"))


def _refuse_too_few_repeats(triples: Triples) -> None:
    repeating = int(triples.customers[triples.frequency > 0].sum())
    if repeating < MINIMUM_REPEAT_CUSTOMERS:
        raise FitError(
            f"{repeating} of {int(triples.customers.sum()):,} customers bought on more than one day, and BG/NBD needs at least "
            f"{MINIMUM_REPEAT_CUSTOMERS}; give it a longer window of orders"
        )
