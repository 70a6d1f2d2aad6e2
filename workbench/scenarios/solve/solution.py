"""A plan and the proof of how good it is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from workbench.scenarios.problem.value import Tangent


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A plan and the proof of how good it is.

    Attributes:
        spend: Currency, shape (H, M, C).
        judged: What the plan is judged by, in currency.
        bound: No plan within the same limits is judged higher.
        tangents: Planes above the judged value; with another budget they bound it just as well.
        unspent: What is left of the budget.
        multipliers: What one more unit of each binding rule's limit is worth at the margin, by rule.
        tie: Whether a quite different plan is judged almost alike.
    """

    spend: np.ndarray
    judged: float
    bound: float
    tangents: tuple[Tangent, ...]
    unspent: float
    multipliers: Mapping[str, float]
    tie: bool

    @property
    def gap(self) -> float:
        """Share of the bound that the plan may fall short of, at least 0; 1 where nothing was proved."""
        if math.isinf(self.bound):
            return 1.0
        return max(0.0, (self.bound - self.judged) / abs(self.bound)) if self.bound else 0.0
