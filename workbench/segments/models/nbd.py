"""NBD: purchases at a gamma-distributed rate by customers who never leave; what dropout has to beat.

References:
    Ehrenberg (1959), The Pattern of Consumer Purchases, Applied Statistics 8(1).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import digamma, gammaln

from workbench.segments.models.counting import at_least
from workbench.segments.models.likelihood import Fit
from workbench.segments.models.purchase_fit import fit_purchases
from workbench.segments.summaries import Triples


class NBD:
    """Implements `purchase_model.PurchaseModel`; parameters are (r, alpha). All other purchase models become it without dropout."""

    name = "NBD"
    parameters: tuple[str, ...] = ("r", "alpha")

    def fit(self, triples: Triples) -> Fit:
        """Raises: FitError, as `purchase_fit.fit_purchases`."""
        age = float(np.average(triples.age, weights=triples.customers))
        return fit_purchases(self, triples, [(1.0, age), (0.25, 0.2 * age)])

    def log_likelihood(self, parameters: np.ndarray, triples: Triples) -> tuple[float, np.ndarray]:
        return buying(parameters[0], parameters[1], triples)

    def probability_alive(self, parameters: np.ndarray, triples: Triples) -> np.ndarray:
        return np.ones(len(triples))

    def purchases_if_alive(
        self, parameters: np.ndarray, levels: np.ndarray, age: np.ndarray, times: np.ndarray
    ) -> np.ndarray:
        return times[:, None, None] * purchase_rate(parameters[0], parameters[1], levels, age)

    def purchases_reached(
        self, parameters: np.ndarray, frequency: np.ndarray, age: np.ndarray, within: float
    ) -> Iterator[np.ndarray]:
        return at_least(parameters[0] + frequency, within / (parameters[1] + age))

    def dropout_evidence(self, fit: Fit, triples: Triples) -> float:
        return 0.0

    def one_time_buyers_always_alive(self) -> bool:
        return True


def buying(r: float, alpha: float, triples: Triples) -> tuple[float, np.ndarray]:
    """Log of Γ(r+x) α^r / (Γ(r) (α+T)^(r+x)), summed over customers, and its derivatives by r and alpha."""
    levels, by_level, ages = triples.levels, triples.customers_by_level, triples.ages
    shapes = r * triples.customers_by_age + triples.purchases_by_age
    log_age = np.log((alpha + ages) / alpha)
    value = by_level @ (gammaln(r + levels) - gammaln(r) - levels * np.log(alpha)) - shapes @ log_age
    d_r = by_level @ (digamma(r + levels) - digamma(r)) - triples.customers_by_age @ log_age
    d_alpha = by_level.sum() * r / alpha - shapes @ (1 / (alpha + ages))
    return float(value), np.array([d_r, d_alpha])


def purchase_rate(r: float, alpha: float, levels: np.ndarray, age: np.ndarray) -> np.ndarray:
    """Expected purchases per time unit of customers with so many in (0, age), shape (L, A)."""
    return (r + levels)[:, None] / (alpha + age)


def dropout_evidence(fit: Fit, triples: Triples) -> float:
    """Twice the log likelihood that a model with dropout gains over the one without."""
    return 2 * (fit.log_likelihood - NBD().fit(triples).log_likelihood)
