"""Climbing to a plan that no small move within the limits improves: the spectral projected gradient.

What is climbed on many draws is climbed on a few of them, corrected by what all of them say of the point where the climb starts.
Their curvature is nearly that of all, so that two or three looks at all draws do what dozens would without the few.

References:
    Birgin, Martínez & Raydan (2000), Nonmonotone Spectral Projected Gradient Methods on Convex Sets.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from workbench.scenarios.solve.projection import Polytope

type Slope = Callable[[np.ndarray], tuple[float, np.ndarray]]

MEMORY = 8
ENOUGH = 1e-4
SMALLEST_MOVE = 1e-3
# Of the widest range, along the steepest cell; and how many times as far at most.
FIRST_MOVE, LARGEST = 0.3, 3e3


@dataclass(frozen=True)
class Summit:
    """Where a climb ended.

    Attributes:
        value: The most that was found.
        spend: Where, shape (n,).
        slope: Gradient there, shape (n,).
        multipliers: Of the rows of the polytope there, per unit of each row's own limit, shape (R,).
    """

    value: float
    spend: np.ndarray
    slope: np.ndarray
    multipliers: np.ndarray


def ascend(judge: Slope, within: Polytope, start: np.ndarray, *, steps: int, tolerance: float = 1e-6) -> Summit:
    """Climb from `start`, shape (n,), put within the limits first.

    Args:
        judge: Value and gradient of a plan, shape (n,).
        within: The limits.
        start: Currency.
        steps: At most so many.
        tolerance: Share of the value that a step must promise for the climb to go on.
    """
    scale = within.scale
    point, multipliers = within.project(start / scale)
    value, slope = judge(point * scale)
    slope = slope * scale
    size = sized = _first_size(within, slope)
    best, recent = Summit(value, point * scale, slope / scale, multipliers), [value]
    for _ in range(steps):
        target, multipliers = within.project(point + size * slope, multipliers * (size / sized))
        sized = size
        move = target - point
        promise = float(slope @ move)
        if promise <= tolerance * abs(value):
            break
        share = 1.0
        while True:
            tried = point + share * move
            reached, there = judge(tried * scale)
            if reached >= min(recent[-MEMORY:]) + ENOUGH * share * promise or share < SMALLEST_MOVE:
                break
            share *= 0.5
        there = there * scale
        moved, bent = tried - point, slope - there
        curvature = float(moved @ bent)
        limit = LARGEST * _first_size(within, there)
        size = min(float(moved @ moved) / curvature if curvature > 0 else 2 * size, limit)
        point, value, slope = tried, reached, there
        recent.append(value)
        if value > best.value:
            best = Summit(value, point * scale, slope / scale, multipliers)
    return replace(best, multipliers=_held_by(best, within, multipliers / sized))


def ascend_corrected(
    judge: Slope, rough: Slope, within: Polytope, start: np.ndarray, *, looks: int, steps: int, tolerance: float = 3e-7
) -> Summit:
    """Climb on a judgement that takes long with the help of one that is quick and nearly the same.

    Args:
        judge: Value and gradient of a plan, shape (n,).
        rough: Likewise; shifted by a constant and a gradient, it agrees with `judge` where it was last looked at.
        within: The limits.
        start: Currency.
        looks: How often to judge at most.
        steps: Most steps between two looks.
        tolerance: Share of the value that a climb must promise to be looked at.
    """
    best = _looked(judge, within.project(start / within.scale)[0] * within.scale)
    near = np.zeros(len(within.row_lower))
    point, improved = best.spend, True
    for _ in range(looks - 1):
        if improved:
            top = ascend(_corrected(rough, best), within, best.spend, steps=steps, tolerance=tolerance)
            point, near = top.spend, top.multipliers * within.row_scale
            if top.value - best.value <= tolerance * abs(best.value):
                break
        else:
            point = 0.5 * (best.spend + point)
        found = _looked(judge, point)
        improved = found.value > best.value
        best = found if improved else best
    return replace(best, multipliers=_held_by(best, within, near))


def _looked(judge: Slope, spend: np.ndarray) -> Summit:
    value, slope = judge(spend)
    return Summit(value, spend, slope, np.empty(0))


def _corrected(rough: Slope, seen: Summit) -> Slope:
    """The rough judgement, in value and gradient as it was seen at one point."""
    value, slope = rough(seen.spend)
    tilt = seen.slope - slope

    def at(cells: np.ndarray) -> tuple[float, np.ndarray]:
        reached, there = rough(cells)
        return seen.value + (reached - value) + float(tilt @ (cells - seen.spend)), there + tilt

    return at


def _held_by(best: Summit, within: Polytope, near: np.ndarray) -> np.ndarray:
    """Where a climb can't go on, its gradient is held by the limits: how much so by each row."""
    scaled = best.slope * within.scale
    size = _first_size(within, scaled)
    _, multipliers = within.project(best.spend / within.scale + size * scaled, near * size)
    return multipliers / size / within.row_scale


def _first_size(within: Polytope, slope: np.ndarray) -> float:
    """What to multiply a gradient with for a step of a good part of the domain; 1 where nothing can move."""
    room, steepest = float(np.max(within.upper - within.lower)), float(np.abs(slope).max())
    return FIRST_MOVE * room / steepest if room > 0 and steepest > 0 else 1.0
