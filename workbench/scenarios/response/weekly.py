"""What a value by week says of whole plans: their worth, its gradient, and tangents of its envelope."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from workbench.scenarios.problem.value import Tangent


@dataclass(frozen=True, eq=False)
class Caused:
    """What a plan causes, and what a change of it would.

    Attributes:
        weekly: Currency over spending nothing, shape (D, T, M).
        pull_back: The gradient of `Σ sensitivity · weekly` for a sensitivity of the shape of `weekly`, shape (H, M, C).
    """

    weekly: np.ndarray
    pull_back: Callable[[np.ndarray], np.ndarray]


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

    def caused(self, spend: np.ndarray, *, enveloped: bool = False) -> Caused:
        """`weekly` first and `pull_back` later, for sensitivities that hang on what is caused."""
        return Caused(
            self.weekly(spend, enveloped=enveloped),
            lambda sensitivity: self.pull_back(spend, sensitivity, enveloped=enveloped)[1],
        )

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
