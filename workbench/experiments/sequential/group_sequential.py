"""Bounds for a few planned looks: error is spent as information comes in.

What has not crossed a bound so far is carried from look to look as a density of Brownian motion on a grid.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

type Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

WIDEST = 12.0
LARGEST_SCORE = 9.0
PER_STEP, FEWEST_NODES, MOST_NODES = 8, 128, 2000


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


def at_start() -> Survivors:
    """All paths, before the first unit."""
    return Survivors(time=0.0, points=np.zeros(1), mass=np.ones(1))


def obrien_fleming_spending(time: float, alpha: float) -> float:
    """Two-sided error spent by the share `time` of the planned information, half on each side.

    References:
        Lan, DeMets (1983), Discrete Sequential Boundaries for Clinical Trials, Biometrika 70.
    """
    return float(4 * stats.norm.sf(stats.norm.isf(alpha / 4) / math.sqrt(min(time, 1.0))))


def spending_bounds(times: Sequence[float], spent: Sequence[float]) -> tuple[float, ...]:
    """The z score that settles a two-sided test at each look.

    Args:
        times: Information at each look, ascending.
        spent: Error spent by each look, cumulative, ascending.

    References:
        Armitage, McPherson, Rowe (1969), Repeated Significance Tests on Accumulating Data; Jennison, Turnbull (2000),
        Group Sequential Methods with Applications to Clinical Trials, chapters 7 and 19.
    """
    survivors, bounds = at_start(), []
    for time, increment in zip(times, np.diff([0.0, *spent]), strict=True):
        bound = _bound(survivors, time, float(increment))
        bounds.append(bound)
        survivors = survivors.advance(time, bound)
    return tuple(bounds)


def crossing_probability(times: Sequence[float], bounds: Sequence[float]) -> float:
    """Probability, without any effect, that |z| exceeds its bound at one look or more."""
    survivors, crossed = at_start(), 0.0
    for time, bound in zip(times, bounds, strict=True):
        crossed += survivors.crossing(time, bound)
        survivors = survivors.advance(time, bound)
    return crossed


def _simpson(points: Array) -> Array:
    """Simpson's weights for an odd number of evenly spaced points."""
    weights = np.full(points.size, 2.0)
    weights[1::2], weights[[0, -1]] = 4.0, 1.0
    return weights * (points[1] - points[0]) / 3


def _bound(survivors: Survivors, time: float, increment: float) -> float:
    if increment <= survivors.crossing(time, WIDEST):
        return WIDEST

    def excess(bound: float) -> float:
        return math.log(survivors.crossing(time, bound) / increment)

    return float(optimize.brentq(excess, 0.0, WIDEST, xtol=1e-10)) if excess(0.0) > 0 else 0.0


@dataclass(frozen=True, kw_only=True)
class GroupSequential:
    """O'Brien-Fleming-like bounds at the last of `times`, all earlier looks assumed taken.

    Attributes:
        times: Information at the looks so far, as shares of the plan, ascending.
        final: Whether this is the last look, which spends all error that is left.
    """

    times: tuple[float, ...]
    final: bool

    def critical(self, alpha: float) -> float:
        spent = [obrien_fleming_spending(time, alpha) for time in self.times]
        return spending_bounds(self.times, [*spent[:-1], alpha] if self.final else spent)[-1]

    def p_value(self, z: float) -> float:
        """The repeated p-value: the least alpha whose bound the score reaches at this look.

        References:
            Jennison, Turnbull (2000), chapter 9.
        """
        least, most = math.log(1e-12), math.log(0.999)
        if abs(z) >= self.critical(math.exp(least)):
            return math.exp(least)
        if abs(z) <= self.critical(math.exp(most)):
            return 1.0
        return math.exp(optimize.brentq(lambda level: self.critical(math.exp(level)) - abs(z), least, most, xtol=1e-7))
