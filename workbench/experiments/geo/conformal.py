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

from workbench.experiments.geo.blocks import LeftOutBlock, leave_blocks_out

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
class SupposedEffect:
    """All left-out blocks of one test, ready to be asked about any supposed effect.

    Attributes:
        blocks: Of the series treated, indicator of the test, donors.
        first_tested: The test's own block.
        corrections: Ridge operator of each block's donors, None for a plain synthetic control.
    """

    blocks: tuple[LeftOutBlock, ...]
    first_tested: int
    corrections: tuple[np.ndarray | None, ...]

    def gap(self, block: int, effect: float) -> float:
        """Mean gap in a block between the treated, less the supposed effect while tested, and their prediction."""
        series = self.blocks[block].contrast.size
        treated = np.zeros(series)
        treated[:2] = 1.0, -effect
        return self.blocks[block].gap(treated, np.arange(2, series), self.corrections[block])

    def gaps(self, effect: float = 0.0) -> np.ndarray:
        """The gap of every block, shape (block,)."""
        return np.array([self.gap(block, effect) for block in range(len(self.blocks))])

    def p_value(self, effect: float = 0.0) -> float:
        """Share of all blocks whose mean gap is at least as large as the test's, were `effect` the true one."""
        gaps = np.abs(self.gaps(effect))
        return float(np.mean(gaps >= gaps[self.first_tested] * (1 - 1e-9)))


def suppose_effects(
    treated: np.ndarray, donors: np.ndarray, tested: np.ndarray, penalty: float | None = None
) -> SupposedEffect:
    """Leave every block as long as the test out once.

    Args:
        treated: KPI of the treated, shape (period,).
        donors: KPI of each donor market, shape (period, donor).
        tested: Whether the period belongs to the test, shape (period,); one run of True.
        penalty: Of the ridge augmentation, None for none.
    """
    blocks = leave_blocks_out(np.column_stack([treated, tested.astype(float), donors]), int(tested.sum()))
    corrections = tuple(block.correction(np.arange(2, block.contrast.size), penalty) for block in blocks)
    return SupposedEffect(blocks=blocks, first_tested=int(np.argmax(tested)), corrections=corrections)


def infer_effect(supposed: SupposedEffect, estimate: float, level: float, widening: float = 1.0) -> ConformalInference:
    """P-value of no effect and the interval of constant effects that aren't rejected.

    Where the p-value isn't monotone in the supposed effect, the interval is the hull of what isn't rejected, and the p-value
    of no effect is the largest among the supposed effects at or beyond zero, seen from the estimate.

    Where the test's time was more restless than other times, a supposed effect must lie further from the estimate to be as
    unlikely, by the factor `widening`: the interval is so many times as wide, and the p-value belongs to that interval.

    Args:
        supposed: The test's left-out blocks.
        estimate: The estimated effect per tested period.
        level: Probability of the interval; needs at least 1 / (1 - level) periods.
        widening: At least 1, which is none.
    """

    def p_of(effect: float) -> float:
        return supposed.p_value(estimate + (effect - estimate) / widening)

    alpha = round(1 - level, 12)
    largest_gap = float(np.abs(supposed.gaps(estimate)).max())
    reach = _reach(p_of, estimate, widening * largest_gap, 1 / len(supposed.blocks))
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
