"""What a solver must know of a plan's value: outcomes, gradients, and tangents that no plan exceeds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np

from workbench.scenarios.problem.rows import Limits


@dataclass(frozen=True, kw_only=True)
class Tangent:
    """A plane above the value: under the weights of draws that it was made with, no plan within the domain is worth more
    than `constant + slope · spend`.

    Attributes:
        constant: Currency.
        slope: Currency per currency of spend, shape (H, M, C).
        parts: The constant by channel, where the value is a sum over channels, shape (C,): each channel then has a plane of its
            own, and planes made with the same weights may be mixed channel by channel.
    """

    constant: float
    slope: np.ndarray
    parts: np.ndarray | None = None

    def at(self, spend: np.ndarray) -> float:
        return self.constant + float(np.vdot(self.slope, spend))


class MediaValue(Protocol):
    """Currency that a plan causes over spending nothing, in D draws of what media return.

    Spend has shape (H, M, C); weights of the draws have shape (D,), are at least 0 and sum to 1.
    """

    @property
    def draws(self) -> int: ...

    def worth(self, spend: np.ndarray) -> np.ndarray:
        """Each draw's outcome, shape (D,)."""
        ...

    def gradient(self, spend: np.ndarray, weights: np.ndarray) -> tuple[float, np.ndarray]:
        """The weighted mean of the outcomes, and its gradient, shape (H, M, C)."""
        ...

    def tangent(self, spend: np.ndarray, weights: np.ndarray) -> Tangent:
        """The tangent at a plan to a concave function that lies above the weighted mean everywhere in the domain."""
        ...

    def within(self, limits: Limits) -> Self:
        """The same value, its tangents made for the limits of these cells (the domain): a smaller one, tighter tangents."""
        ...

    def thinned(self, draws: int) -> Self:
        """The same value with about `draws` evenly spaced draws."""
        ...
