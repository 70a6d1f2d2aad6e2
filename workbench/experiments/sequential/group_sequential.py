"""Bounds for a few planned looks: error is spent as information comes in.

What has not crossed a bound so far is carried from look to look as a density of Brownian motion on a grid.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import interpolate, optimize, stats

type Look = float | tuple[float, ...]
type Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

WIDEST = 12.0
LARGEST_SCORE = 9.0
P_VALUE_KNOTS = (1e-9, 1e-6, 1e-4, 1e-3, 5e-3, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 0.95)
PER_STEP, FEWEST_NODES, MOST_NODES = 4, 64, 1000


@dataclass(frozen=True, kw_only=True)
class Survivors:
    """Brownian paths that have not crossed a bound yet.

    Attributes:
        time: Information so far.
        points: Where they are.
        mass: Probability at each point; it sums to the probability of having survived.
    """

    time: float
    points: Array
    mass: Array

    def crossing(self, time: float, bound: float) -> float:
        """Probability of surviving so far and having |z| above `bound` at `time`."""
        step, reach = math.sqrt(time - self.time), bound * math.sqrt(time)
        tails = stats.norm.sf((reach - self.points) / step) + stats.norm.cdf((-reach - self.points) / step)
        return float(self.mass @ tails)

    def advance(self, time: float, bound: float) -> Survivors:
        """Those that are still within `bound` at `time`."""
        step, reach = math.sqrt(time - self.time), min(bound, LARGEST_SCORE) * math.sqrt(time)
        # Quadrature must resolve the kernel, whose width is the step between looks.
        nodes = min(max(2 * PER_STEP * math.ceil(reach / step), FEWEST_NODES), MOST_NODES)
        points = np.linspace(-reach, reach, nodes + 1)
        density = np.exp(-0.5 * ((points[:, None] - self.points) / step) ** 2) @ self.mass
        return Survivors(time=time, points=points, mass=density * _simpson(points) / (step * math.sqrt(2 * math.pi)))

    def take(self, look: Look, bound: float) -> tuple[float, Survivors]:
        """Probability of crossing `bound` at any time of a look, and those that don't."""
        survivors, crossed = self, 0.0
        for time in np.atleast_1d(look):
            crossed += survivors.crossing(float(time), bound)
            survivors = survivors.advance(float(time), bound)
        return crossed, survivors


def at_start() -> Survivors:
    """All paths, before the first unit."""
    return Survivors(time=0.0, points=np.zeros(1), mass=np.ones(1))


def obrien_fleming_spending(time: float, alpha: float) -> float:
    """Two-sided error spent by the share `time` of the planned information, half on each side.

    References:
        Lan, DeMets (1983), Discrete Sequential Boundaries for Clinical Trials, Biometrika 70.
    """
    return float(4 * stats.norm.sf(stats.norm.isf(alpha / 4) / math.sqrt(min(time, 1.0))))


def spending_bounds(looks: Sequence[Look], spent: Sequence[float]) -> tuple[float, ...]:
    """The z score that settles a two-sided test at each look.

    Args:
        looks: Information at which each look may take place, ascending; one number where it does so at one time alone. Its bound holds
            for all of its times together.
        spent: Error spent by each look, cumulative, ascending.

    References:
        Armitage, McPherson, Rowe (1969), Repeated Significance Tests on Accumulating Data; Jennison, Turnbull (2000),
        Group Sequential Methods with Applications to Clinical Trials, chapters 7 and 19.
    """
    survivors, bounds = at_start(), []
    for look, increment in zip(looks, np.diff([0.0, *spent]), strict=True):
        bound = _bound(survivors, look, float(increment))
        bounds.append(bound)
        survivors = survivors.take(look, bound)[1]
    return tuple(bounds)


def crossing_probability(looks: Sequence[Look], bounds: Sequence[float]) -> float:
    """Probability, without any effect, that |z| exceeds its bound at one look or more."""
    survivors, crossed = at_start(), 0.0
    for look, bound in zip(looks, bounds, strict=True):
        here, survivors = survivors.take(look, bound)
        crossed += here
    return crossed


def _simpson(points: Array) -> Array:
    """Simpson's weights for an odd number of evenly spaced points."""
    weights = np.full(points.size, 2.0)
    weights[1::2], weights[[0, -1]] = 4.0, 1.0
    return weights * (points[1] - points[0]) / 3


def _bound(survivors: Survivors, look: Look, increment: float) -> float:
    if increment <= survivors.take(look, WIDEST)[0]:
        return WIDEST

    def excess(bound: float) -> float:
        return math.log(survivors.take(look, bound)[0] / increment)

    return float(optimize.brentq(excess, 0.0, WIDEST, xtol=1e-7)) if excess(0.0) > 0 else 0.0


@dataclass(frozen=True, kw_only=True)
class GroupSequential:
    """O'Brien-Fleming-like bounds at the last of `looks`, all earlier ones assumed taken.

    Attributes:
        looks: Information at the looks so far, as shares of the plan, ascending.
        final: Whether this is the last look, which spends all error that is left.
        alpha: The error that the test was planned for.
    """

    looks: tuple[Look, ...]
    final: bool
    alpha: float

    def critical(self, alpha: float) -> float:
        return _last_bound(self.looks, self.final, alpha)

    def p_value(self, z: float) -> float:
        """The repeated p-value: the least alpha whose bound the score reaches at this look, between 1e-9 and 1.

        References:
            Jennison, Turnbull (2000), chapter 9.
        """
        scores, log_alphas = _p_value_curve(self.looks, self.final, self.alpha)
        if abs(z) <= scores[0]:
            return 1.0
        return float(np.exp(interpolate.PchipInterpolator(scores, log_alphas)(min(abs(z), scores[-1]))))


@lru_cache(maxsize=256)
def _last_bound(looks: tuple[Look, ...], final: bool, alpha: float) -> float:
    spent = [obrien_fleming_spending(float(np.min(look)), alpha) for look in looks]
    return spending_bounds(looks, [*spent[:-1], alpha] if final else spent)[-1]


@lru_cache(maxsize=16)
def _p_value_curve(looks: tuple[Look, ...], final: bool, planned: float) -> tuple[Array, Array]:
    """The bound, ascending, and the logarithm of its alpha; the planned alpha is a knot, so that p-value and interval agree."""
    alphas = np.unique([*P_VALUE_KNOTS, planned])[::-1]
    scores, first = np.unique([_last_bound(looks, final, float(alpha)) for alpha in alphas], return_index=True)
    return scores, np.log(alphas[first])
