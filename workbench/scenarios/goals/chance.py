"""How likely a target is to be reached, counted over paths of what may come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LEVEL = 0.9


@dataclass(frozen=True, kw_only=True)
class Chance:
    """What is expected of a KPI, against its target.

    Attributes:
        probability: Share of the paths that reach the target.
        error: Standard error of that share for the number of paths, 0 where the outcome is known.
        expected: Mean of the paths.
        lower: Lower end of the interval that holds `LEVEL` of them.
        upper: Upper end.
        paths: How many there are; 1 where the outcome is known.
    """

    probability: float
    error: float
    expected: float
    lower: float
    upper: float
    paths: int


def chance_of(outcomes: np.ndarray, target: float, *, higher_is_better: bool = True) -> Chance:
    """Count the paths that reach a target.

    Args:
        outcomes: The KPI by path, shape (N,) or scalar where it is known; a path without a value doesn't reach it.
        target: Reached by what equals it.
        higher_is_better: Else the target is a ceiling.
    """
    outcomes = np.atleast_1d(np.asarray(outcomes, dtype=float))
    reached = outcomes >= target if higher_is_better else outcomes <= target
    share, paths = float(reached.mean()), len(outcomes)
    expected, lower, upper = summary(outcomes)
    # Agresti and Coull: the plain error is 0 where all paths agree, however few they are.
    adjusted = (reached.sum() + 2) / (paths + 4)
    error = float(np.sqrt(adjusted * (1 - adjusted) / (paths + 4))) if paths > 1 else 0.0
    return Chance(probability=share, error=error, expected=expected, lower=lower, upper=upper, paths=paths)


def summary(outcomes: np.ndarray) -> tuple[float, float, float]:
    """Mean and interval of what has a value; no interval where all are alike, NaN where nothing has a value."""
    known = outcomes[np.isfinite(outcomes)]
    if not len(known):
        return np.nan, np.nan, np.nan
    if len(known) == 1 or np.ptp(known) == 0:
        return float(known[0]), np.nan, np.nan
    lower, upper = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(known.mean()), float(lower), float(upper)
