"""A test that is read once, at its end."""

from __future__ import annotations

from dataclasses import dataclass

from scipy import stats


@dataclass(frozen=True, kw_only=True)
class FixedHorizon:
    """The normal quantile; it holds for one reading only."""

    def critical(self, alpha: float) -> float:
        return float(stats.norm.isf(alpha / 2))

    def p_value(self, z: float) -> float:
        return float(2 * stats.norm.sf(abs(z)))
