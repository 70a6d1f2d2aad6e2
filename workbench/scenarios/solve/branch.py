"""A tighter bound by cutting the domain in two, again and again, where the concave function promises too much.

In a smaller domain the concave function lies closer to the value. The part with the largest bound is cut first, so that
the largest bound of all parts is valid at any time.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

import numpy as np

from workbench.scenarios.objective import Objective
from workbench.scenarios.problem.rows import Limits
from workbench.scenarios.problem.value import MediaValue
from workbench.scenarios.solve.ascent import ascend, ascend_corrected
from workbench.scenarios.solve.judged import envelope_slope, judged_slope, tangent_at, tangent_of
from workbench.scenarios.solve.linear import bound_at
from workbench.scenarios.solve.projection import polytope_of

STEPS, LOOKS, TOLERANCE = 25, 3, 1e-5
# A cut leaves each side at least this share of a cell's range.
LEAST_SIDE = 0.25
# Every so many parts, a climb on the value starts from one.
CLIMB_EVERY = 8


@dataclass(frozen=True, kw_only=True)
class Task:
    """What all parts have in common.

    Attributes:
        objective: What plans are judged by.
        weights: Of the draws, shape (D,), held fixed.
        search_weights: Of the search draws, likewise.
        search_draws: How many.
    """

    objective: Objective
    weights: np.ndarray
    search_weights: np.ndarray
    search_draws: int


@dataclass(frozen=True, order=True)
class Part:
    """A part of the domain, ordered by its bound, the largest first.

    Attributes:
        negative_bound: What no plan of this part exceeds, with its sign changed.
        number: Of its making, so that no two are alike.
        limits: The part.
        value: With tangents made for it.
        search: The same with fewer draws.
        spend: Where the concave function of the part is highest.
    """

    negative_bound: float
    number: int
    limits: Limits = field(compare=False)
    value: MediaValue = field(compare=False)
    search: MediaValue = field(compare=False)
    spend: np.ndarray = field(compare=False)


@dataclass(frozen=True)
class Cut:
    """What cutting found: no plan is judged above `bound`; climbs may start from `starts`."""

    bound: float
    starts: tuple[np.ndarray, ...]


def cut_domain(
    value: MediaValue, limits: Limits, task: Task, *, start: np.ndarray, height: float, enough: float, cuts: int
) -> Cut:
    """Cut until the bound is at most `enough`.

    Args:
        value: What a plan is worth, its tangents made for `limits`.
        limits: Without switches.
        task: How plans are judged.
        start: A plan to start from, shape (H, M, C).
        height: The judged value of the best plan known: parts that can't hold a better one need no second look.
        enough: Bound.
        cuts: At most so many.
    """
    parts = [_part(value, value.thinned(task.search_draws), limits, task, start, 0, np.inf)]
    closed, number, starts = -np.inf, 0, []
    for _ in range(cuts):
        if not parts or -parts[0].negative_bound <= max(enough, closed):
            break
        part = heapq.heappop(parts)
        for narrow in _halves(part, task):
            number += 1
            value, search = part.value.within(narrow), part.search.within(narrow)
            child = _part(value, search, narrow, task, part.spend, number, -part.negative_bound)
            if -child.negative_bound > height:
                heapq.heappush(parts, child)
            else:
                closed = max(closed, -child.negative_bound)
            if number % CLIMB_EVERY == 1:
                starts.append(child.spend)
    return Cut(max([height, closed, *(-part.negative_bound for part in parts)]), tuple(starts))


def _part(
    value: MediaValue, search: MediaValue, limits: Limits, task: Task, start: np.ndarray, number: int, bound: float
) -> Part:
    """Climb the concave function of a part; its bound is never above that of the whole it was cut from."""
    within = polytope_of(limits)
    rough = envelope_slope(search, task.objective, task.search_weights, limits.shape)
    exact = envelope_slope(value, task.objective, task.weights, limits.shape)
    top = ascend(rough, within, start.ravel(), steps=STEPS, tolerance=TOLERANCE)
    top = ascend_corrected(exact, rough, within, top.spend, looks=LOOKS, steps=STEPS, tolerance=TOLERANCE)
    found = bound_at(tangent_of(top, limits.shape), limits, top)
    return Part(-min(bound, found), number, limits, value, search, top.spend.reshape(limits.shape))


def _halves(part: Part, task: Task) -> list[Limits]:
    """The two sides of the cell in which the value and the concave function above it lead furthest apart."""
    limits, room = part.limits, part.limits.upper - part.limits.lower
    promised = tangent_at(part.search, task.objective, task.search_weights, part.spend).slope
    _, slope = judged_slope(part.search, task.objective, limits.shape)(part.spend.ravel())
    apart = np.abs(promised - slope.reshape(limits.shape)) * room
    cell = np.unravel_index(int(apart.argmax()), limits.shape)
    margin = LEAST_SIDE * room[cell]
    at = float(np.clip(part.spend[cell], limits.lower[cell] + margin, limits.upper[cell] - margin))
    below, above = limits.upper.copy(), limits.lower.copy()
    below[cell] = above[cell] = at
    return [limits.within(limits.lower, below), *_feasible(limits.within(above, limits.upper))]


def _feasible(limits: Limits) -> list[Limits]:
    """Nothing where the least amounts of the cells alone cost more than the budget."""
    return [limits] if float(limits.lower.sum()) <= limits.budget else []
