"""Plans that a climb from the middle doesn't reach: what to move to which level is chosen by dynamic programming.

Where curves are steep, sharing evenly among channels or weeks is a point at which no small step helps, though leaving some of them
out and feeding the others is worth more. So groups of cells are moved to each of a few levels, one group at a time; as if these
gains added up, the best level of every group within the budget is found exactly (multiple-choice knapsack on a grid of money).
They do add up over channels; over weeks with carry-over they nearly do, and the climb that follows mends what they don't.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from workbench.scenarios.objective import Objective
from workbench.scenarios.problem.rows import Limits
from workbench.scenarios.problem.value import MediaValue
from workbench.scenarios.solve.judged import judged
from workbench.scenarios.solve.stages import Problem

LEVELS_OF_CHANNELS, LEVELS_OF_CELLS, UNITS = 33, 9, 400
# Enough to tell where to climb from.
DRAWS = 50
# Groups times levels times cells: beyond, looking at each takes longer than it is worth.
MOST_WORK = 1_000_000


def channels_at_best_levels(problem: Problem) -> list[np.ndarray]:
    """All weeks of each channel in each market together; else as `at_best_levels`."""
    limits = problem.limits
    return at_best_levels(
        problem, limits.lower, np.arange(limits.size).reshape(limits.shape[0], -1).T, LEVELS_OF_CHANNELS
    )


def cells_at_best_levels(problem: Problem, base: np.ndarray) -> list[np.ndarray]:
    """Each cell on its own; else as `at_best_levels`."""
    return at_best_levels(problem, base, np.arange(problem.limits.size)[:, None], LEVELS_OF_CELLS)


def at_best_levels(problem: Problem, base: np.ndarray, groups: np.ndarray, count: int) -> list[np.ndarray]:
    """The plan that takes each group of cells, shape (G, cells), to the best of `count` levels.

    Gains are measured around a plan `base`, shape (H, M, C).

    Returns:
        One plan, which may break rules other than the budget and is only meant to climb from; none where looking takes too long.
    """
    limits = problem.limits
    if len(groups) * count * limits.size > MOST_WORK:
        return []
    few = problem.search.thinned(DRAWS)
    levels = [_levels(limits, group, count) for group in groups]
    gains = np.array([list(_gains(few, problem.objective, base, *each)) for each in zip(groups, levels, strict=True)])
    unit = limits.budget / UNITS
    costs = np.array([np.ceil(level.sum(axis=1) / unit - 1e-9) for level in levels]).astype(int)
    floor = costs[:, 0].copy()
    chosen = best_choice(gains, costs - floor[:, None], max(UNITS - int(floor.sum()), 0))
    plan = base.copy()
    for group, level, choice in zip(groups, levels, chosen, strict=True):
        plan.ravel()[group] = level[choice]
    return [plan]


def best_choice(gains: np.ndarray, costs: np.ndarray, budget: int) -> np.ndarray:
    """One level a group such that their gains sum to the most within a budget: shape (G,).

    Args:
        gains: Shape (G, K).
        costs: Whole units, at least 0, the first level's 0; shape (G, K).
        budget: Whole units.
    """
    best = np.zeros(budget + 1)
    choices = np.empty((len(gains), budget + 1), dtype=int)
    for group, (gain, cost) in enumerate(zip(gains, costs, strict=True)):
        tried = np.full((len(gain), budget + 1), -np.inf)
        for level in np.flatnonzero(cost <= budget):
            tried[level, cost[level] :] = best[: budget + 1 - cost[level]] + gain[level]
        choices[group] = tried.argmax(axis=0)
        best = tried.max(axis=0)
    chosen, left = np.empty(len(gains), dtype=int), budget
    for group in reversed(range(len(gains))):
        chosen[group] = choices[group, left]
        left -= costs[group, chosen[group]]
    return chosen


def _levels(limits: Limits, group: np.ndarray, count: int) -> np.ndarray:
    """From the least of a group's cells to the most, or to as much of it as the budget allows: shape (K, cells)."""
    low, high = limits.lower.ravel()[group], limits.upper.ravel()[group]
    room = float((high - low).sum())
    free = limits.budget - float(limits.lower.sum())
    share = min(1.0, max(free, 0.0) / room) if room > 0 else 0.0
    return np.asarray(low + np.linspace(0.0, share, count)[:, None] * (high - low))


def _gains(
    value: MediaValue, objective: Objective, base: np.ndarray, group: np.ndarray, levels: np.ndarray
) -> Iterator[float]:
    for level in levels:
        plan = base.copy()
        plan.ravel()[group] = level
        yield judged(value, objective, plan)
