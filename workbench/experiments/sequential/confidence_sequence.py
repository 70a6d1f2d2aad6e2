"""Intervals that hold at every moment at once: the asymptotic confidence sequence.

The running z score of a difference of means behaves as Brownian motion in the number of units. A normal mixture of
likelihood ratios over it is a martingale, which Ville's inequality bounds for all time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ConfidenceSequence:
    """How many standard errors an estimate may stray, at any time, with probability `alpha`.

    The interval `estimate ± critical × standard error` serves the absolute difference. Handed to Fieller's theorem, the same critical
    value serves the relative one, so both agree about zero. GrowthBook's relative interval is another: symmetric, by the delta
    method, and so it can contain zero where the absolute one doesn't.

    Attributes:
        units: Units so far, above 0.
        tuned_to: Number of units at which the interval is (nearly) as narrow as it can be; fixed before the test.
        tuned_at: The alpha for which it is so; fixed before the test.

    References:
        Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas (2024), Time-uniform central limit theory and asymptotic confidence sequences,
        Annals of Statistics 52.
    """

    units: float
    tuned_to: int
    tuned_at: float

    def critical(self, alpha: float) -> float:
        evidence = self._evidence
        return math.sqrt(2 * (1 + 1 / evidence) * (math.log1p(evidence) / 2 - math.log(alpha)))

    def p_value(self, z: float) -> float:
        """The least alpha whose interval excludes zero."""
        evidence = self._evidence
        return min(1.0, math.exp((math.log1p(evidence) - z**2 * evidence / (1 + evidence)) / 2))

    @property
    def _evidence(self) -> float:
        """Units, in units of the mixture's own precision (n ρ²)."""
        surprise = -2 * math.log(self.tuned_at)
        return self.units * (surprise + math.log1p(surprise)) / self.tuned_to
