"""What the weeks that came say of the weeks to come and of what media do.

Before them, the KPI y of the weeks seen and any other quantity q vary together over the draws of the model. Each draw is moved by
how far what came is from what that draw had foreseen, noise ε included,

    q' = q + C_qy C_yy⁻¹ (seen − y − ε),        C_yy = Cov(y) + Cov(ε),

which draws from the distribution of q given the weeks seen where both are jointly normal (Matheron's rule), and is the best
linear answer where they aren't.

References:
    Journel and Huijbregts (1978), Mining Geostatistics; Wilson et al. (2021), Pathwise Conditioning of Gaussian Processes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from workbench.mmm.posterior.outlook import Outlook


@dataclass(frozen=True, kw_only=True)
class Seen:
    """The weeks that came, h of them in M markets, and N paths of what had been foreseen; KPI units.

    Attributes:
        outlook: Of all weeks of the plan, the weeks seen first.
        expected: What each path's draw expected of the weeks seen, shape (N, h, M).
        noise: What each path holds on top of it, shape (N, H, M).
        kpi: What came, shape (h, M).
    """

    outlook: Outlook
    expected: np.ndarray
    noise: np.ndarray
    kpi: np.ndarray

    def update(self, quantity: np.ndarray) -> np.ndarray:
        """The paths' values of any quantity, shape (N, ...), moved by what was seen."""
        centred = (quantity - quantity.mean(axis=0)).reshape(len(quantity), -1)
        together = self._centred.T @ centred / (len(quantity) - 1)
        return quantity + (self._weights @ together).reshape(quantity.shape)

    def update_noise(self) -> np.ndarray:
        """The noise of all weeks given those seen, shape (N, H, M)."""
        paths, weeks, markets = self.noise.shape
        across = noise_covariance(self.outlook, weeks)[:, : self.kpi.size]
        return self.noise + (self._weights @ across.T).reshape(paths, weeks, markets)

    @cached_property
    def _centred(self) -> np.ndarray:
        flat = self.expected.reshape(len(self.expected), -1)
        return flat - flat.mean(axis=0)

    @cached_property
    def _weights(self) -> np.ndarray:
        """C_yy⁻¹ (seen − y − ε) of each path, shape (N, h · M)."""
        weeks = len(self.kpi)
        covariance = self._centred.T @ self._centred / (len(self._centred) - 1) + noise_covariance(self.outlook, weeks)
        missed = (self.kpi - self.expected - self.noise[:, :weeks]).reshape(len(self.expected), -1)
        return np.linalg.solve(covariance, missed.T).T


def noise_covariance(outlook: Outlook, weeks: int) -> np.ndarray:
    """Of the noise of the first so many weeks ahead over weeks and markets, shape (weeks · M, weeks · M), KPI units squared.

    It starts from nothing, since what is left of the last surprise stands in the baseline: weeks s ≤ t have ρ^(t−s) (1 − ρ^2s).
    """
    number = np.arange(1, weeks + 1)
    earlier = np.minimum.outer(number, number)
    apart = np.abs(np.subtract.outer(number, number))
    lasting = outlook.persistence**apart * (1 - outlook.persistence ** (2 * earlier))
    shared = outlook.week_noise.T @ outlook.week_noise / outlook.draws
    return np.kron(lasting, np.diag((outlook.noise**2).mean(axis=0)) + shared)
