"""When a test will be read, and how far from zero it must then be: what its power depends on beside its size.

The bounds are those of `choose_reading` itself, at the units that there will be, so what is planned is what will be read.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Literal

import numpy as np
from scipy import optimize, stats

from workbench.config import UserExperiment
from workbench.experiments.sequential.group_sequential import Survivors, at_start
from workbench.experiments.sequential.reading import choose_reading

# Shares of the plan matter to the bounds, its size doesn't.
NOMINAL_UNITS = 10_000_000
READINGS_WHILE_RUNNING = 20
LARGEST_DRIFT = 15.0
# From here on, a t distribution's power differs from the normal one's by less than 1e-4.
LARGEST_DF = 20_000
NEVER_CLAIMED = np.array([1.0])


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """The readings of one test.

    A test's drift is its effect in standard errors at its planned end.

    Attributes:
        shares: Units at each reading, as shares of the plan, ascending, the last one 1.
        bounds: How many standard errors from zero the estimate must lie at each.
        alpha: Two-sided error of all readings together.
    """

    shares: tuple[float, ...]
    bounds: tuple[float, ...]
    alpha: float

    @property
    def last_bound(self) -> float:
        return self.bounds[-1]

    def unclaimed(self, drift: float) -> np.ndarray:
        """Probability that nothing has been claimed up to and with each reading, shape (reading,).

        Under a drift, each path without one counts with its likelihood ratio, so one recursion serves all drifts.
        """
        return np.array(
            [paths.mass @ np.exp(drift * paths.points - drift**2 * paths.time / 2) for paths in self._paths]
        )

    def power(self, drift: float, df: float = math.inf) -> float:
        """Probability of any claim, in either direction.

        Args:
            drift: Effect in standard errors at the planned end.
            df: Welch's degrees of freedom; they count where the test is read once.
        """
        if len(self.shares) > 1 or df > LARGEST_DF:
            return float(1 - self.unclaimed(drift)[-1])
        bound = stats.t.isf(self.alpha / 2, df)
        # Far from the truth, the wrong tail is less than the library can resolve, and comes as NaN.
        wrong_tail = np.nan_to_num(stats.nct.cdf(-bound, df, drift))
        return float(stats.nct.sf(bound, df, drift) + wrong_tail)

    def drift_for(self, power: float, df: float = math.inf) -> float:
        """The effect in standard errors that is found with this power."""
        return float(optimize.brentq(lambda drift: self.power(drift, df) - power, 0.0, LARGEST_DRIFT, xtol=1e-10))

    def expected_share(self, drift: float) -> float:
        """Share of the planned units after which a test ends on average, if it ends with its first claim."""
        still_running = np.concatenate([NEVER_CLAIMED, self.unclaimed(drift)[:-1]])
        return float(still_running @ np.diff([0.0, *self.shares]))

    @cached_property
    def _paths(self) -> tuple[Survivors, ...]:
        survivors, kept = at_start(), []
        for share, bound in zip(self.shares, self.bounds, strict=True):
            survivors = survivors.advance(share, bound)
            kept.append(survivors)
        return tuple(kept)


def planned_schedule(spec: UserExperiment, confidence: float) -> Schedule:
    """When a declared test will be read, at its planned looks, once, or while it runs; and with which bounds.

    Args:
        spec: Its `reading` and `looks`.
        confidence: Level of the intervals; above the declared one where several comparisons share one error.
    """
    looks = spec.looks or tuple(np.arange(1, READINGS_WHILE_RUNNING + 1) / READINGS_WHILE_RUNNING)
    shares = (1.0,) if spec.reading == "fixed" else tuple(map(float, looks))
    planned = spec.model_copy(
        update={"planned_units": NOMINAL_UNITS, "end": None, "start": None, "confidence": confidence}
    )
    bounds = [choose_reading(planned, round(share * NOMINAL_UNITS), date.max).critical for share in shares]
    return Schedule(shares=shares, bounds=tuple(bounds), alpha=1 - confidence)


def schedule_of(reading: Literal["fixed", "always_valid", "group_sequential", "auto"], confidence: float) -> Schedule:
    """The usual ways to read a test: once, at four looks, or as often as one likes, with or without a planned end."""
    looks = (0.25, 0.5, 0.75, 1.0) if reading == "group_sequential" else ()
    spec = UserExperiment.model_validate(
        {
            "control": "control",
            "metrics": [{"name": "metric"}],
            "reading": reading,
            "looks": looks,
            "planned_units": NOMINAL_UNITS,
        }
    )
    return planned_schedule(spec, confidence)
