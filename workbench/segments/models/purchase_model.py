"""What every model of repeat purchases offers; values, segments and calibration know no more than this."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from workbench.segments.models.likelihood import Fit
from workbench.segments.summaries import Triples


class PurchaseModel(Protocol):
    """Customers buy at their own rate until they drop out, unseen.

    Expected future purchases of a customer with history (x, t_x, T) factor into the probability of still being a
    customer and the purchases of one who is; only the first depends on recency.
    """

    name: str
    parameters: tuple[str, ...]

    def fit(self, triples: Triples) -> Fit: ...

    def log_likelihood(self, parameters: np.ndarray, triples: Triples) -> tuple[float, np.ndarray]:
        """Value, summed over customers, and gradient by the parameters."""
        ...

    def probability_alive(self, parameters: np.ndarray, triples: Triples) -> np.ndarray:
        """Probability of not having dropped out by the end of observation, shape (K,)."""
        ...

    def purchases_if_alive(
        self, parameters: np.ndarray, levels: np.ndarray, age: np.ndarray, times: np.ndarray
    ) -> np.ndarray:
        """Expected purchases within each of `times` after the end of observation.

        Args:
            levels: Frequencies, shape (L,).
            age: Ages in time units, shape (L, A): some for each frequency.
            times: Time units from the end of observation, shape (J,).

        Returns:
            Purchases, shape (J, L, A).
        """
        ...

    def purchases_reached(
        self, parameters: np.ndarray, frequency: np.ndarray, age: np.ndarray, within: float
    ) -> Iterator[np.ndarray]:
        """Probabilities that a customer who is still one makes at least 1, 2, 3 and so on purchases within a time, without end.

        Args:
            frequency: Shape (K,).
            age: In time units, shape (K,).
            within: Time units from the end of observation.

        Returns:
            Shape (K,) each.
        """
        ...

    def dropout_evidence(self, fit: Fit, triples: Triples) -> float:
        """Twice the log likelihood that dropout adds to a model without it."""
        ...

    def one_time_buyers_always_alive(self) -> bool: ...
