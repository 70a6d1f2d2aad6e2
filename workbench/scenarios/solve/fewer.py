"""Fewer channels: where steep curves share money, leaving some of them out and feeding the others is often worth more.

Sharing evenly is then a point at which no small step helps, and a climb that begins there stays there.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from workbench.scenarios.problem.rows import Limits
from workbench.scenarios.solve.judged import judged
from workbench.scenarios.solve.stages import Problem

# Of channels in markets, and of cells times draws: beyond, looking at each takes longer than it is worth.
MOST_BLOCKS, MOST_WORK = 40, 400_000


def with_fewer(problem: Problem, spend: np.ndarray) -> list[np.ndarray]:
    """The plan, shape (H, M, C), after channels of markets were left out one by one as long as that is worth more.

    Returns:
        One plan, which may break rules over several cells and is only meant to climb from; none where nothing is gained.
    """
    limits, search = problem.limits, problem.search
    blocks = list(itertools.product(range(limits.shape[1]), range(limits.shape[2])))
    if len(blocks) > MOST_BLOCKS or limits.size * search.draws > MOST_WORK:
        return []

    def worth(plan: np.ndarray) -> float:
        return judged(search, problem.objective, plan)

    best, height = spend, worth(spend)
    while candidates := list(_each_left_out(best, limits, blocks)):
        values = [worth(plan) for plan in candidates]
        if max(values) <= height:
            break
        best, height = candidates[int(np.argmax(values))], max(values)
    return [] if best is spend else [best]


def _each_left_out(spend: np.ndarray, limits: Limits, blocks: list[tuple[int, int]]) -> Iterator[np.ndarray]:
    """Plans in which one block gets its least, and the others what that frees, in proportion."""
    for market, channel in blocks:
        least = limits.lower[:, market, channel]
        freed = float((spend[:, market, channel] - least).sum())
        others = float(spend.sum()) - float(spend[:, market, channel].sum())
        if freed > 0 and others > 0:
            plan = spend * (1 + freed / others)
            plan[:, market, channel] = least
            yield np.clip(plan, limits.lower, limits.upper)
