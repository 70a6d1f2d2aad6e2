"""Moving-block conformal inference: one statistic gives both the p-value and the interval, so they can't contradict.

For a supposed constant effect, it is taken off the test's periods. Then every block of as many successive periods, the test
among them, is predicted by a synthetic control fitted to all other periods. If the supposition is true, the test's mean gap
is like any other block's. Leaving the block out of the fit keeps the test's own gap equal to the estimate less the supposed
effect, so the interval always holds the estimate, and it finds effects that fits to all periods absorb.

References:
    Chernozhukov, Wuthrich, Zhu (2021), An Exact and Robust Conformal Inference Method for Counterfactual and Synthetic
    Controls; Barber, Candes, Ramdas, Tibshirani (2021), Predictive Inference with the Jackknife+, for leaving out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from workbench.experiments.synthetic_control import fit_synthetic_control

CANDIDATES = 33
BISECTIONS = 12


@dataclass(frozen=True, kw_only=True)
class ConformalInference:
    """What the data say about a constant effect per period.

    Attributes:
        p_value: Of no effect; at most 1 - level exactly where the interval excludes zero.
        lower: Lower end of the effects that aren't rejected.
        upper: Upper end.
    """

    p_value: float
    lower: float
    upper: float


def block_gaps(treated: np.ndarray, donors: np.ndarray, length: int) -> np.ndarray:
    """Mean gap between the treated and their prediction in each block, wrapped around the end, shape (period,).

    Args:
        treated: KPI of the treated, shape (period,).
        donors: KPI of each donor market, shape (period, donor).
        length: Periods of a block.
    """
    periods = len(treated)
    gaps = np.empty(periods)
    for first in range(periods):
        block = np.zeros(periods, dtype=bool)
        block[(first + np.arange(length)) % periods] = True
        control = fit_synthetic_control(treated[~block], donors[~block])
        gaps[first] = (treated[block] - control.predict(donors[block])).mean()
    return gaps


def block_p_value(treated: np.ndarray, donors: np.ndarray, tested: np.ndarray, effect: float = 0.0) -> float:
    """Share of all blocks whose mean gap is at least as large as the test's, were `effect` the true one.

    Args:
        treated: KPI of the treated, shape (period,).
        donors: KPI of each donor market, shape (period, donor).
        tested: Whether the period belongs to the test, shape (period,); one run of True.
        effect: The supposed effect per tested period.
    """
    gaps = np.abs(block_gaps(treated - effect * tested, donors, int(tested.sum())))
    return float(np.mean(gaps >= gaps[int(np.argmax(tested))] * (1 - 1e-9)))


def infer_effect(
    treated: np.ndarray, donors: np.ndarray, tested: np.ndarray, estimate: float, level: float
) -> ConformalInference:
    """P-value of no effect and the interval of constant effects that aren't rejected.

    Where the p-value isn't monotone in the supposed effect, the interval is the hull of what isn't rejected, and the p-value
    of no effect is the largest among the supposed effects at or beyond zero, seen from the estimate.

    Args:
        treated: KPI of the treated, shape (period,).
        donors: KPI of each donor market, shape (period, donor).
        tested: Whether the period belongs to the test, shape (period,); one run of True.
        estimate: The estimated effect per tested period.
        level: Probability of the interval; needs more than 1 / (1 - level) periods.
    """

    def p_of(effect: float) -> float:
        return block_p_value(treated, donors, tested, effect)

    alpha = round(1 - level, 12)
    gaps = block_gaps(treated - estimate * tested, donors, int(tested.sum()))
    reach = _reach(p_of, estimate, float(np.abs(gaps).max()), 1 / len(treated))
    effects = np.unique(np.append(np.linspace(estimate - reach, estimate + reach, CANDIDATES), [estimate, 0.0]))
    p_values = np.array([p_of(effect) for effect in effects])
    kept = np.flatnonzero((p_values > alpha) | (effects == estimate))
    beyond = effects <= 0 if estimate > 0 else effects >= 0
    return ConformalInference(
        p_value=float(p_values[beyond].max()),
        lower=_edge(p_of, alpha, inside=effects[kept[0]], outside=effects[max(kept[0] - 1, 0)]),
        upper=_edge(p_of, alpha, inside=effects[kept[-1]], outside=effects[min(kept[-1] + 1, len(effects) - 1)]),
    )


def _reach(p_of: Callable[[float], float], estimate: float, largest_gap: float, least: float) -> float:
    """A distance from the estimate at which the p-value is as small as it can be, on both sides."""
    reach = max(1.25 * largest_gap, 1e-9)
    for _ in range(20):
        if max(p_of(estimate - reach), p_of(estimate + reach)) <= least:
            break
        reach *= 1.5
    return reach


def _edge(p_of: Callable[[float], float], alpha: float, *, inside: float, outside: float) -> float:
    for _ in range(BISECTIONS):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if p_of(middle) > alpha else (inside, middle)
    return float(inside)
