"""Requests that no plan reaches: how much wider a limit would have to be for one to reach it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from workbench.scenarios.capacity.more_room import TRIED_ON, best_for, least, reaches
from workbench.scenarios.problem import Limits, MediaValue, Problem
from workbench.scenarios.request import PlanRequest
from workbench.wording import percent

HELPED_BY_LIMITS = ("target_roas", "target_cpa", "least_spend")
# The limits that hold the best plan most are tried, each alone.
ALONE = 4
# A limit that is twice as wide, or no lower limit at all any more, is as far as is looked.
WIDEST = 1.0


@dataclass(frozen=True, kw_only=True)
class Wider:
    """What would let a request be answered.

    Attributes:
        title: The limit, as reports call it; empty for all limits together.
        reason: Where it comes from.
        share: By how much of itself it gives way, rounded up to a whole per cent.
    """

    title: str
    reason: str
    share: float

    def sentence(self) -> str:
        wider = f"about {percent(self.share, 0)} wider"
        return f"limits on {self.title} {wider} [{self.reason}]" if self.title else f"all limits {wider}"


def wider_limits(request: PlanRequest, problem: Problem, value: MediaValue) -> Wider | None:
    """The limit that needs to give way least, alone; where none is enough alone, all of them together.

    It is tried on some of the draws, so it is about right.

    Args:
        request: What is asked.
        problem: Within which limits.
        value: What counts for it; see `scenarios.counted`.

    Returns:
        None where limits twice as wide wouldn't do.
    """
    if request.mode not in HELPED_BY_LIMITS:
        return None
    few = value.thinned(TRIED_ON)
    together = _Tried(request, problem, few, partial(_all, problem.limits))
    if not together.enough(WIDEST):
        return None
    found: Wider | None = None
    for number in _holding(request, problem, few):
        alone = _Tried(request, problem, few, partial(_one, problem.limits, number))
        # A limit that must give way further than one that is known already needs no closer look.
        if alone.enough(most := WIDEST if found is None else found.share):
            rule = problem.limits.rules[number]
            found = Wider(title=rule.called, reason=rule.reason, share=alone.least(most))
    return found or Wider(title="", reason="", share=together.least(WIDEST))


def _holding(request: PlanRequest, problem: Problem, value: MediaValue) -> list[int]:
    """The rules that hold the plan which comes furthest, the dearest first."""
    worth = best_for(request, problem, value).multipliers
    by_name = {rule.name: number for number, rule in enumerate(problem.limits.rules)}
    held = sorted(worth, key=lambda name: -abs(worth[name]))
    return [by_name[name] for name in held if name in by_name][:ALONE]


def _one(limits: Limits, number: int, share: float) -> Limits:
    rules = [rule.widened(share) if at == number else rule for at, rule in enumerate(limits.rules)]
    return replace(limits, rules=tuple(rules))


def _all(limits: Limits, share: float) -> Limits:
    """Of all rules, and of the most that single cells may get; what is committed stays."""
    rules = tuple(rule.widened(share) for rule in limits.rules)
    return replace(limits, upper=np.maximum(limits.upper * (1 + share), limits.lower), rules=rules)


@dataclass(frozen=True)
class _Tried:
    """A request with limits that give way by a share of themselves."""

    request: PlanRequest
    problem: Problem
    value: MediaValue
    widened: Callable[[float], Limits]

    def enough(self, share: float) -> bool:
        limits = self.widened(share)
        return reaches(self.request, replace(self.problem, limits=limits), self.value.within(limits))

    def least(self, most: float) -> float:
        """The least share that is enough, to the precision of the halving, rounded up; `most` is."""
        return math.ceil(100 * least(self.enough, 0.0, most)) / 100
