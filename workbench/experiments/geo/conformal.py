"""Moving-block conformal inference: one statistic gives both the p-value and the interval, so they can't contradict.

For a supposed constant effect, it is taken off the test's periods. Then every block of as many successive periods, the test
among them, is predicted by a synthetic control fitted to all other periods. If the supposition is true, the test's mean gap
is like any other block's. Leaving the block out of the fit keeps the test's own gap equal to the estimate less the supposed
effect, so the interval always holds the estimate, and it finds effects that fits to all periods absorb. What lies outside
the donors' span is the same for all weights on the simplex, so fits reduce to the donors' dimension once for all effects.

References:
    Chernozhukov, Wuthrich, Zhu (2021), An Exact and Robust Conformal Inference Method for Counterfactual and Synthetic
    Controls; Barber, Candes, Ramdas, Tibshirani (2021), Predictive Inference with the Jackknife+, for leaving out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from workbench.experiments.geo.synthetic_control import simplex_least_squares

CANDIDATES = 25
BISECTIONS = 10


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


@dataclass(frozen=True, kw_only=True)
class LeftOutBlock:
    """A fit to all periods but one block, reduced to the donors' dimension; every part is linear in the supposed effect.

    With J donors and r = min(J, periods fitted), of the centred donors' QR decomposition:

    Attributes:
        design: R, shape (r, J).
        target: Q' of the centred treated, shape (r,).
        target_per_effect: Q' of the centred test indicator, shape (r,).
        contrast: Mean of the treated in the block less their mean elsewhere.
        contrast_per_effect: The same of the test indicator.
        donor_contrast: The same of each donor, shape (J,).
    """

    design: np.ndarray
    target: np.ndarray
    target_per_effect: np.ndarray
    contrast: float
    contrast_per_effect: float
    donor_contrast: np.ndarray

    def gap(self, effect: float) -> float:
        """Mean gap in the block between the treated, less the supposed effect, and their prediction."""
        weights = simplex_least_squares(self.design, self.target - effect * self.target_per_effect)
        return self.contrast - effect * self.contrast_per_effect - float(self.donor_contrast @ weights)


def leave_blocks_out(treated: np.ndarray, donors: np.ndarray, tested: np.ndarray) -> tuple[LeftOutBlock, ...]:
    """One reduced fit for each block as long as the test, wrapped around the end; the test's own is at its first period.

    Args:
        treated: KPI of the treated, shape (period,).
        donors: KPI of each donor market, shape (period, donor).
        tested: Whether the period belongs to the test, shape (period,); one run of True.
    """
    periods, length = len(treated), int(tested.sum())
    blocks = (np.isin(np.arange(periods), (first + np.arange(length)) % periods) for first in range(periods))
    return tuple(_left_out(treated, donors, tested.astype(float), block) for block in blocks)


def block_p_value(blocks: tuple[LeftOutBlock, ...], first_tested: int, effect: float = 0.0) -> float:
    """Share of all blocks whose mean gap is at least as large as the test's, were `effect` the true one."""
    gaps = np.abs([block.gap(effect) for block in blocks])
    return float(np.mean(gaps >= gaps[first_tested] * (1 - 1e-9)))


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

    blocks, first_tested = leave_blocks_out(treated, donors, tested), int(np.argmax(tested))

    def p_of(effect: float) -> float:
        return block_p_value(blocks, first_tested, effect)

    alpha = round(1 - level, 12)
    reach = _reach(p_of, estimate, max(abs(block.gap(estimate)) for block in blocks), 1 / len(blocks))
    effects = np.unique(np.append(np.linspace(estimate - reach, estimate + reach, CANDIDATES), [estimate, 0.0]))
    p_values = np.array([p_of(effect) for effect in effects])
    kept = np.flatnonzero((p_values > alpha) | (effects == estimate))
    beyond = effects <= 0 if estimate > 0 else effects >= 0
    return ConformalInference(
        p_value=float(p_values[beyond].max()),
        lower=_edge(p_of, alpha, inside=effects[kept[0]], outside=effects[max(kept[0] - 1, 0)]),
        upper=_edge(p_of, alpha, inside=effects[kept[-1]], outside=effects[min(kept[-1] + 1, len(effects) - 1)]),
    )


def _left_out(treated: np.ndarray, donors: np.ndarray, tested: np.ndarray, block: np.ndarray) -> LeftOutBlock:
    fitted = ~block
    basis, design = np.linalg.qr(donors[fitted] - donors[fitted].mean(axis=0))
    return LeftOutBlock(
        design=design,
        target=basis.T @ (treated[fitted] - treated[fitted].mean()),
        target_per_effect=basis.T @ (tested[fitted] - tested[fitted].mean()),
        contrast=float(treated[block].mean() - treated[fitted].mean()),
        contrast_per_effect=float(tested[block].mean() - tested[fitted].mean()),
        donor_contrast=donors[block].mean(axis=0) - donors[fitted].mean(axis=0),
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
