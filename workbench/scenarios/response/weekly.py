"""What a value by week says of whole plans: their worth, its gradient, and tangents of its envelope."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from workbench.scenarios.problem.value import Tangent


class WeeklyValue(ABC):
    """The parts of `MediaValue` that follow from the value of each week."""

    @abstractmethod
    def weekly(self, spend: np.ndarray, *, enveloped: bool = False) -> np.ndarray:
        """Currency over spending nothing, shape (D, T, M)."""

    @abstractmethod
    def pull_back(
        self, spend: np.ndarray, sensitivity: np.ndarray, *, enveloped: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        """`weekly`, and the gradient of `Σ sensitivity · weekly`, shape (H, M, C)."""

    @abstractmethod
    def spread(self, weights: np.ndarray) -> np.ndarray:
        """Weights of the draws, shape (D,), as the sensitivity of their sum over weeks and markets."""

    def worth(self, spend: np.ndarray) -> np.ndarray:
        return self.weekly(spend).sum(axis=(1, 2))

    def gradient(self, spend: np.ndarray, weights: np.ndarray) -> tuple[float, np.ndarray]:
        effect, slope = self.pull_back(spend, self.spread(weights))
        return float(weights @ effect.sum(axis=(1, 2))), slope

    def tangent(self, spend: np.ndarray, weights: np.ndarray) -> Tangent:
        effect, slope = self.pull_back(spend, self.spread(weights), enveloped=True)
        return Tangent(constant=float(weights @ effect.sum(axis=(1, 2))) - float(np.vdot(slope, spend)), slope=slope)
