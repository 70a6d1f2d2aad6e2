"""What a newly acquired customer brings: the first order, and what is expected to follow it over the horizon."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.segments.models.purchase_model import PurchaseModel
from workbench.segments.summaries import Triples
from workbench.segments.value import Horizon

JUST_ACQUIRED = Triples(frequency=np.zeros(1), recency=np.zeros(1), age=np.zeros(1), customers=np.ones(1))


@dataclass(frozen=True, kw_only=True)
class NewCustomer:
    """How a new customer is valued.

    Attributes:
        horizon: When later orders count, and how much.
        profit_share: Profit per unit of revenue.
        correction: Factor on expected orders after the first.
    """

    model: PurchaseModel
    horizon: Horizon
    profit_share: float
    correction: float = 1.0

    def value(self, log_parameters: np.ndarray) -> np.ndarray:
        """Discounted profit, currency.

        Args:
            log_parameters: Logarithms of the purchase model's parameters and of the mean value of an order, shape (..., P).
        """
        rows = log_parameters.reshape(-1, log_parameters.shape[-1])
        later = np.array([self._later_orders(np.exp(row[:-1])) for row in rows])
        value = self.profit_share * np.exp(rows[:, -1]) * (1 + self.correction * later)
        return value.reshape(log_parameters.shape[:-1])

    def _later_orders(self, parameters: np.ndarray) -> float:
        """Discounted to the day of the first order."""
        at = np.zeros((1, 1))
        within = self.model.purchases_if_alive(parameters, at[0], at, self.horizon.times)[:, 0, 0]
        alive = self.model.probability_alive(parameters, JUST_ACQUIRED)[0]
        return float(alive * (within @ self.horizon.weights))
