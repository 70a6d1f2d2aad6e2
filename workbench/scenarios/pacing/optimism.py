"""How much of a plan's promise comes of having chosen it: the optimiser's curse.

The plan that looks best on some draws profits from what is special to them. Plans are chosen on one half of the draws and valued
on the other, both ways round and for several halves: what they lose there, they had promised too much. A plan that was chosen
without looking at the draws loses nothing, exactly, because each half is once the one that chooses and once the one that values.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

SPLITS = 2


@dataclass(frozen=True, kw_only=True)
class Optimism:
    """What plans promised beyond what they hold on other draws.

    Attributes:
        promised: Mean worth of the plans on the draws that chose them, currency.
        held: The same on the other draws.
        error: Standard error of their difference over splits.
        draws: Draws in each half.
    """

    promised: float
    held: float
    error: float
    draws: int

    @property
    def excess(self) -> float:
        """Currency promised too much by a plan that was chosen on half of the draws."""
        return self.promised - self.held


def optimism(
    choose: Callable[[np.ndarray], np.ndarray], worth: Callable[[np.ndarray], np.ndarray], draws: int, *, seed: int
) -> Optimism:
    """Measure it.

    Args:
        choose: The best plan, of any shape, on these draws (their indices).
        worth: Currency that a plan brings in each draw, shape (D,).
        draws: D.
        seed: Of the halves.
    """
    rng, half = np.random.default_rng(seed), draws // 2
    promised, held = [], []
    for _ in range(SPLITS):
        order = rng.permutation(draws)[: 2 * half]
        for chosen, other in ((order[:half], order[half:]), (order[half:], order[:half])):
            value = worth(choose(chosen))
            promised.append(float(value[chosen].mean()))
            held.append(float(value[other].mean()))
    both_ways = (np.array(promised) - np.array(held)).reshape(SPLITS, 2).mean(axis=1)
    return Optimism(
        promised=float(np.mean(promised)),
        held=float(np.mean(held)),
        error=float(both_ways.std(ddof=1) / np.sqrt(SPLITS)),
        draws=half,
    )
