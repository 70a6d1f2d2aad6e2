"""A plan within limits, and the proof of how good it is.

The concave function above the value is climbed first: where it is highest, its tangent gives the bound, and the climb
on the value itself starts (random starts were tried, and added next to nothing). All-or-nothing minima are chosen by
mixed-integer programmes over the tangents, each of which either proves the plan or proposes a better one.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.scenarios.objective import VOLUME, Objective
from workbench.scenarios.problem.rows import Limits
from workbench.scenarios.problem.value import MediaValue, Tangent
from workbench.scenarios.solve.ascent import Summit, ascend
from workbench.scenarios.solve.effort import THOROUGH, Effort
from workbench.scenarios.solve.judged import envelope_slope, judged, judged_slope, tangent_at, weights_at
from workbench.scenarios.solve.linear import dual_bound, most_under
from workbench.scenarios.solve.projection import Polytope, polytope_of
from workbench.scenarios.solve.solution import Plan
from workbench.scenarios.solve.switched import switched

# A tangent's bound this close to the tangent's own height needs no linear programme.
EXACT = 1e-4
TIE_MOVED, TIE_WORTH = 0.1, 1e-3
PATTERNS = 30


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What is to be solved, and how hard.

    Attributes:
        value: Of media, its tangents made for `limits`.
        search: The same with fewer draws.
        limits: Of the plan.
        within: The limits as a polytope.
        objective: What a plan is judged by.
        effort: How hard to look.
        deadline: On `time.monotonic`.
    """

    value: MediaValue
    search: MediaValue
    limits: Limits
    within: Polytope
    objective: Objective
    effort: Effort
    deadline: float


def solve(
    value: MediaValue,
    limits: Limits,
    objective: Objective = VOLUME,
    *,
    starts: Iterable[np.ndarray] = (),
    effort: Effort = THOROUGH,
) -> Plan:
    """The best plan within the limits that could be found, with an upper bound on any plan's judged value.

    The same arguments give the same plan, whatever the number of cores, as long as time doesn't run out.

    Args:
        value: What a plan is worth.
        limits: The budget among them; money stays unspent where no cell may take more or more would lose value.
        objective: What a plan is judged by.
        starts: Plans to start from besides the solver's own, shape (H, M, C), such as the last period's; fitted into
            the limits.
        effort: How hard to look.

    Raises:
        InfeasiblePlan: If no plan keeps all limits.
    """
    problem = _problem(value, limits, objective, effort)
    given = [np.asarray(start, dtype=float) for start in starts]
    if limits.switches:
        return _mixed_plan(problem, given)
    relaxed = _relaxed(problem, given)
    summits = _climbs(problem, [relaxed.spend.reshape(limits.shape), *given])
    best = _polished(problem, summits)
    tangents, bound = _proof(problem, relaxed.spend, best.spend)
    return _plan(problem, best, tangents, bound, summits)


def _problem(value: MediaValue, limits: Limits, objective: Objective, effort: Effort) -> Problem:
    full = value.within(limits)
    return Problem(
        value=full,
        search=full.thinned(effort.search_draws),
        limits=limits,
        within=polytope_of(limits),
        objective=objective,
        effort=effort,
        deadline=time.monotonic() + effort.seconds,
    )


def _relaxed(problem: Problem, starts: Sequence[np.ndarray]) -> Summit:
    """Where the concave function above the judged value is highest, on the search draws."""
    limits, objective, search = problem.limits, problem.objective, problem.search
    start = starts[0] if starts else 0.5 * (limits.lower + np.minimum(limits.upper, limits.budget))
    weights = weights_at(search, objective, start)
    rounds = problem.effort.rounds if objective.dial.risk > 0 else 1
    point, steps = start.ravel(), problem.effort.steps
    for played in range(1, rounds + 1):
        found = ascend(envelope_slope(search, objective, weights, limits.shape), problem.within, point, steps=steps)
        point, steps = found.spend, max(problem.effort.steps // 4, 5)
        answer = weights_at(search, objective, point.reshape(limits.shape))
        weights = weights + (answer - weights) / (played + 1)
    return found


def _climbs(problem: Problem, starts: Iterable[np.ndarray]) -> list[Summit]:
    """Climbs on the judged value with the search draws, the highest first."""
    judge = judged_slope(problem.search, problem.objective, problem.limits.shape)
    found = [ascend(judge, problem.within, start.ravel(), steps=problem.effort.steps) for start in starts]
    return sorted(found, key=lambda summit: summit.value, reverse=True)


def _polished(problem: Problem, summits: Sequence[Summit]) -> Summit:
    """The best summit, climbed on with all draws."""
    judge = judged_slope(problem.value, problem.objective, problem.limits.shape)
    return ascend(judge, problem.within, summits[0].spend, steps=problem.effort.final_steps)


def _proof(problem: Problem, relaxed: np.ndarray, plan: np.ndarray) -> tuple[tuple[Tangent, ...], float]:
    """Tangents on all draws, and the least bound that they give.

    Weights of draws that judge the plan don't judge another plan too low, so that each round's bound holds; averaging
    the answers (fictitious play) makes it tight.
    """
    limits, objective, value = problem.limits, problem.objective, problem.value
    height = judged(value, objective, plan.reshape(limits.shape))
    weights = weights_at(value, objective, plan.reshape(limits.shape))
    tangents, bound = [], np.inf
    for played in range(1, (problem.effort.rounds if objective.dial.risk > 0 else 1) + 1):
        judge = envelope_slope(value, objective, weights, limits.shape)
        top = ascend(judge, problem.within, relaxed, steps=problem.effort.final_steps)
        tangents.append(tangent_at(value, objective, weights, top.spend.reshape(limits.shape)))
        bound = min(bound, _bound_at(problem, tangents[-1], top))
        if bound - height <= EXACT * abs(bound):
            break
        relaxed = top.spend
        answer = weights_at(value, objective, relaxed.reshape(limits.shape))
        weights = weights + (answer - weights) / (played + 1)
    return tuple(tangents), bound


def _bound_at(problem: Problem, tangent: Tangent, top: Summit) -> float:
    """A tangent's bound: from the multipliers that the climb ended with, or by a linear programme if that is loose."""
    quick = dual_bound(tangent, problem.limits, top.multipliers)
    if quick - top.value <= EXACT * abs(quick):
        return quick
    return min(quick, most_under([tangent], problem.limits).bound)


def _mixed_plan(problem: Problem, starts: Sequence[np.ndarray]) -> Plan:
    """Outer approximation: a programme over all tangents proposes what is on, climbs there give a plan and a tangent."""
    limits, objective, value = problem.limits, problem.objective, problem.value
    relaxed = _relaxed(problem, starts)
    weights = weights_at(value, objective, relaxed.spend.reshape(limits.shape))
    tangents = [tangent_at(value, objective, weights, relaxed.spend.reshape(limits.shape))]
    best, bound, chosen = None, np.inf, limits
    tried: list[Summit] = []
    for _ in range(PATTERNS):
        answer = most_under(tangents, limits)
        bound = min(bound, answer.bound)
        fixed = switched(limits, answer.on)
        part = _problem(value, fixed, objective, problem.effort)
        top = _relaxed(part, [answer.spend])
        summits = _climbs(part, [top.spend.reshape(limits.shape), answer.spend])
        tried += summits
        found = _polished(part, summits)
        if best is None or found.value > best.value:
            best, chosen = found, fixed
        if bound - best.value <= problem.effort.close / 4 * abs(bound) or time.monotonic() > problem.deadline:
            break
        weights = weights_at(value, objective, found.spend.reshape(limits.shape))
        tangents.append(tangent_at(value, objective, weights, top.spend.reshape(limits.shape)))
    assert best is not None
    return _plan(_problem(value, chosen, objective, problem.effort), best, tuple(tangents), bound, tried)


def _plan(
    problem: Problem, best: Summit, tangents: tuple[Tangent, ...], bound: float, summits: Sequence[Summit]
) -> Plan:
    limits = problem.limits
    spend = best.spend.reshape(limits.shape)
    return Plan(
        spend=spend,
        judged=judged(problem.value, problem.objective, spend),
        bound=bound,
        tangents=tangents,
        unspent=max(0.0, limits.budget - float(spend.sum())),
        multipliers=_by_rule(limits, best.multipliers),
        tie=any(_is_tie(best, other, float(spend.sum())) for other in summits),
    )


def _by_rule(limits: Limits, multipliers: np.ndarray) -> Mapping[str, float]:
    """The multipliers of each rule's rows together, where they aren't all 0."""
    total: dict[str, float] = {}
    for name, multiplier in zip(limits.row_rule, np.abs(multipliers), strict=False):
        total[name] = total.get(name, 0.0) + float(multiplier)
    return {name: multiplier for name, multiplier in total.items() if multiplier > 0}


def _is_tie(best: Summit, other: Summit, spent: float) -> bool:
    moved = 0.5 * float(np.abs(best.spend - other.spend).sum())
    return moved > TIE_MOVED * spent and best.value - other.value <= TIE_WORTH * abs(best.value)
