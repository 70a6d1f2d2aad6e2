"""Moving-block conformal inference: one statistic gives both the p-value and the interval, so they can't contradict.

For a supposed constant effect, it is taken off the test's periods and the synthetic control fitted to all periods. If the
supposition is true, the residuals of the test are like those of any other block of as many successive periods.

References:
    Chernozhukov, Wuthrich, Zhu (2021), An Exact and Robust Conformal Inference Method for Counterfactual and Synthetic Controls.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.experiments.synthetic_control import fit_synthetic_control

CANDIDATES = 81
BISECTIONS = 24


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


def block_p_value(treated: np.ndarray, donors: np.ndarray, tested: np.ndarray, effect: float) -> float:
    """Share of all blocks of successive periods, wrapped around, whose mean residual is at least the test's.

    Args:
        treated: KPI of the treated, shape (period,).
        donors: KPI of each donor market, shape (period, donor).
        tested: Whether the period belongs to the test, shape (period,); one run of True.
        effect: The supposed effect per tested period.
    """
    untreated = treated - effect * tested
    residuals = untreated - fit_synthetic_control(untreated, donors).predict(donors)
    sums = np.abs(_block_sums(residuals, int(tested.sum())))
    observed = sums[int(np.argmax(tested))]
    return float(np.mean(sums >= observed * (1 - 1e-9)))


def infer_effect(
    treated: np.ndarray, donors: np.ndarray, tested: np.ndarray, estimate: float, level: float
) -> ConformalInference:
    """P-value of no effect and the interval of constant effects that aren't rejected.

    Where the p-value isn't monotone in the supposed effect, the interval is the hull of what isn't rejected, and the p-value
    of no effect is the largest among the supposed effects at or beyond zero, seen from the estimate.
    """

    def p_of(effect: float) -> float:
        return block_p_value(treated, donors, tested, effect)

    alpha = 1 - level
    reach = _reach(p_of, estimate, _scale(treated, donors, tested), 1 / len(treated))
    effects = np.sort(np.append(np.linspace(estimate - reach, estimate + reach, CANDIDATES), 0.0))
    p_values = np.array([p_of(effect) for effect in effects])
    kept = np.flatnonzero(p_values > alpha)
    first, last = (kept[0], kept[-1]) if len(kept) else (int(np.searchsorted(effects, estimate)),) * 2
    beyond = effects <= 0 if estimate > 0 else effects >= 0
    return ConformalInference(
        p_value=float(p_values[beyond].max()),
        lower=_edge(p_of, alpha, inside=effects[first], outside=effects[max(first - 1, 0)]),
        upper=_edge(p_of, alpha, inside=effects[last], outside=effects[min(last + 1, len(effects) - 1)]),
    )


def _block_sums(residuals: np.ndarray, length: int) -> np.ndarray:
    cumulative = np.concatenate([[0.0], np.cumsum(np.concatenate([residuals, residuals[: length - 1]]))])
    return cumulative[length:] - cumulative[:-length]


def _scale(treated: np.ndarray, donors: np.ndarray, tested: np.ndarray) -> float:
    before = ~tested
    residuals = treated[before] - fit_synthetic_control(treated[before], donors[before]).predict(donors[before])
    return float(residuals.std() / np.sqrt(tested.sum())) or 1e-9


def _reach(p_of, estimate: float, scale: float, least: float) -> float:  # type: ignore[no-untyped-def]
    """A distance from the estimate at which the p-value is as small as it can be, on both sides."""
    reach = 4 * scale
    for _ in range(30):
        if max(p_of(estimate - reach), p_of(estimate + reach)) <= least:
            break
        reach *= 2
    return reach


def _edge(p_of, alpha: float, *, inside: float, outside: float) -> float:  # type: ignore[no-untyped-def]
    for _ in range(BISECTIONS):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if p_of(middle) > alpha else (inside, middle)
    return float(inside)
