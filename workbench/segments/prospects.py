"""What customers may really buy, by chance as well as on average: computed once per unique history, from closed forms.

The interval of an expectation narrows as more customers are known; what one of them happens to do stays as open as it was.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import gamma

from workbench.ahead import map_ahead
from workbench.segments.models.purchase_model import PurchaseModel
from workbench.segments.summaries import Triples

LIKELY = 0.9
HISTORIES_AT_ONCE = 20_000
NEGLIGIBLE = 1e-8


@dataclass(frozen=True, kw_only=True)
class Prospects:
    """Purchases that a customer of each history will make, all of shape (K,), at the estimated parameters.

    Attributes:
        any: Probability of at least one.
        lower: The most that are reached with a probability of at least (1 + `LIKELY`) / 2.
        upper: The least that are exceeded with a probability of at most (1 − `LIKELY`) / 2.
        mean: Expected.
        variance: Of their number.
    """

    any: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    mean: np.ndarray
    variance: np.ndarray

    def of_spend(self, spend: np.ndarray, frequency: np.ndarray) -> np.ndarray:
        """Variance of what is spent, in squares of the expected value of a purchase, shape (K,); infinite where Gamma-Gamma's is.

        Args:
            spend: Gamma-Gamma's parameters: a customer's purchases share a scale that is known as far as past purchases tell.
            frequency: Of each history.
        """
        p, q, _ = spend
        known = q + p * frequency
        shared = np.divide(known - 1, known - 2, out=np.full(known.shape, np.inf), where=known > 2)
        return shared * (self.variance + self.mean**2 + self.mean / p) - self.mean**2


def foretell(model: PurchaseModel, parameters: np.ndarray, triples: Triples, within: float) -> Prospects:
    """Chances of what each history's customer buys within so many time units."""
    alive = model.probability_alive(parameters, triples)
    parts = [slice(first, first + HISTORIES_AT_ONCE) for first in range(0, len(triples), HISTORIES_AT_ONCE)]
    found = map_ahead(lambda part: _foretell(model, parameters, triples.take(part), alive[part], within), parts)
    reached, lower, upper, mean, variance = (np.concatenate(each) for each in zip(*found, strict=True))
    return Prospects(any=reached, lower=lower, upper=upper, mean=mean, variance=variance)


def _foretell(
    model: PurchaseModel, parameters: np.ndarray, triples: Triples, alive: np.ndarray, within: float
) -> tuple[np.ndarray, ...]:
    """Fields of `Prospects`; sums of P(N ≥ n) over n are the mean, and of (2n − 1) P(N ≥ n) the mean square."""
    frequency, age, at = triples.pairs
    tail = (1 - LIKELY) / 2
    mean, square = np.zeros(len(age)), np.zeros(len(age))
    lower, upper = (np.zeros(len(triples), dtype=np.int32) for _ in range(2))
    reached = np.zeros(len(triples))
    for purchases, if_alive in enumerate(model.purchases_reached(parameters, frequency, age, within), start=1):
        most = if_alive.max()
        if most < NEGLIGIBLE:
            break
        mean += if_alive
        square += (2 * purchases - 1) * if_alive
        if most > tail or purchases == 1:
            chance = alive * if_alive[at]
            lower += chance >= 1 - tail
            upper += chance > tail
            reached = chance if purchases == 1 else reached
    expected = alive * mean[at]
    return reached, lower, upper, expected, alive * square[at] - expected**2


def realised_interval(expected: np.ndarray, error: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Where a total that can't be negative will lie: of a gamma distribution, which is normal where the error is small.

    Args:
        expected: Totals, at least 0.
        error: Their standard deviations; where one is infinite, both ends are NaN.
    """
    told = np.isfinite(error) & (expected > 0)
    variance = np.where(told, np.maximum(error, 1e-9 * expected) ** 2, 1.0)
    shape, scale = (
        np.where(told, value, 1.0) for value in (expected**2 / variance, variance / np.maximum(expected, 1e-300))
    )
    unknown = np.where(np.isfinite(error), 0.0, np.nan)
    ends = (gamma.ppf(chance, shape, scale=scale) for chance in ((1 - level) / 2, (1 + level) / 2))
    lower, upper = (np.where(told, end, unknown) for end in ends)
    return lower, upper
