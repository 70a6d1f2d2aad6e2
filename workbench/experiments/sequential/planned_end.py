"""The planned end of a test that could have been stopped before, on any of its days."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import optimize, stats

from workbench.experiments.sequential.confidence_sequence import ConfidenceSequence
from workbench.experiments.sequential.group_sequential import at_start

EARLIER_READINGS = 50
FIRST_READING = 0.01


@dataclass(frozen=True, kw_only=True)
class PlannedEnd:
    """One last reading after up to 50 always-valid ones, which together err as rarely as one alone.

    A claim at any earlier reading or at this one counts as one claim of the same test; so the last interval is about 2% wider than
    that of a test which nobody could stop.

    Attributes:
        earlier: The readings while the test ran, as they would stand now.
    """

    earlier: ConfidenceSequence

    def critical(self, alpha: float) -> float:
        return _last_bound(alpha, self.earlier.units, self.earlier.tuned_to, self.earlier.tuned_at)

    def p_value(self, z: float) -> float:
        """The single look's p-value, raised as much as it must be at the alpha that the test was planned for.

        Below that alpha early claims take a smaller share of the error, so the p-value errs on the safe side.
        """
        alpha = self.earlier.tuned_at
        share = 2 * stats.norm.sf(self.critical(alpha)) / alpha
        return min(1.0, float(2 * stats.norm.sf(abs(z)) / share))


@lru_cache(maxsize=256)
def _last_bound(alpha: float, units: float, tuned_to: int, tuned_at: float) -> float:
    survivors, crossed = at_start(), 0.0
    for time in np.geomspace(FIRST_READING, 1.0, EARLIER_READINGS + 1)[:-1]:
        running = ConfidenceSequence(units=time * units, tuned_to=tuned_to, tuned_at=tuned_at)
        crossed += survivors.crossing(time, running.critical(alpha))
        survivors = survivors.advance(time, running.critical(alpha))
    single = float(stats.norm.isf(alpha / 2))
    return float(optimize.brentq(lambda bound: crossed + survivors.crossing(1.0, bound) - alpha, single - 1, 12.0))
