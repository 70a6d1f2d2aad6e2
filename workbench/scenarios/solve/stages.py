"""The steps that every search for a plan takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from workbench.scenarios.objective import Objective
from workbench.scenarios.problem.rows import Limits
from workbench.scenarios.problem.value import MediaValue, Tangent
from workbench.scenarios.solve.ascent import Slope, Summit, ascend, ascend_corrected
from workbench.scenarios.solve.effort import Effort
from workbench.scenarios.solve.judged import envelope_slope, judged_slope, tangent_at, tangent_of, weights_at
from workbench.scenarios.solve.linear import MANY_CELLS, bound_at, most_under, nearest
from workbench.scenarios.solve.projection import Polytope, polytope_of
from workbench.scenarios.solve.solution import Plan

# A risk-adjusted bound this close to the plan needs no more rounds.
EXACT = 1e-4
# Share of the way to where a bound is loose at which it is cut: the whole way would be far from where plans are good.
OUTWARD = 0.3
# Shares of the way to an even plan.
LIFTED = (0.01, 0.1)
TIE_MOVED, TIE_WORTH = 0.1, 1e-3


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What is to be solved, and how hard.

    Attributes:
        value: Of media, its tangents made for `limits`.
        search: The same with fewer draws, or the very same where there are few.
        limits: Of the plan.
        within: The limits as a polytope.
        objective: What a plan is judged by.
        effort: How hard to look.
    """

    value: MediaValue
    search: MediaValue
    limits: Limits
    within: Polytope
    objective: Objective
    effort: Effort


@dataclass(frozen=True)
class Proof:
    """An upper bound and what it rests on.

    Attributes:
        tangents: Planes above the judged value.
        bound: The least that one of them gives.
        weights: Of the draws, that gave it, shape (D,).
        relaxed: The plan at which its tangent touches, shape (n,).
        multipliers: Of the rows there, shape (R,).
    """

    tangents: tuple[Tangent, ...]
    bound: float
    weights: np.ndarray
    relaxed: np.ndarray
    multipliers: np.ndarray


def problem_of(value: MediaValue, limits: Limits, objective: Objective, effort: Effort) -> Problem:
    full = value.within(limits)
    effort = effort.for_size(limits.size, value.draws)
    return Problem(
        value=full,
        search=full if full.draws <= effort.search_draws else full.thinned(effort.search_draws),
        limits=limits,
        within=polytope_of(limits),
        objective=objective,
        effort=effort,
    )


def relaxed_top(problem: Problem, starts: Sequence[np.ndarray]) -> Summit:
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


def climbs(problem: Problem, starts: Iterable[np.ndarray]) -> list[Summit]:
    """Climbs on the judged value with the search draws, the highest first."""
    judge = judged_slope(problem.search, problem.objective, problem.limits.shape)
    found = [ascend(judge, problem.within, start.ravel(), steps=problem.effort.steps) for start in starts]
    return sorted(found, key=lambda summit: summit.value, reverse=True)


def polished(problem: Problem, summits: Sequence[Summit]) -> Summit:
    """The best summit, climbed on with all draws.

    Raises:
        InfeasiblePlan: If no plan keeps all limits.
    """
    judge, rough = (judged_slope(v, problem.objective, problem.limits.shape) for v in (problem.value, problem.search))
    found = _climbed_on(problem, judge, rough, summits[0].spend)
    if problem.limits.keeps(found.spend.reshape(problem.limits.shape)):
        return found
    near = nearest(found.spend.reshape(problem.limits.shape), problem.limits).ravel()
    value, slope = judge(near)
    return Summit(value, near, slope, found.multipliers)


def _climbed_on(problem: Problem, judge: Slope, rough: Slope, start: np.ndarray) -> Summit:
    """Climb with all draws from where a climb with the search draws ended."""
    effort = problem.effort
    if problem.search is problem.value:
        return ascend(judge, problem.within, start, steps=effort.looks)
    return ascend_corrected(judge, rough, problem.within, start, looks=effort.looks, steps=effort.steps)


def prove(problem: Problem, relaxed: np.ndarray, plan: Summit) -> Proof:
    """Tangents on all draws, and the least bound that they give.

    Weights of draws that judge one plan never judge another too low, so that each round's bound holds; averaging the
    answers (fictitious play) makes it tight. The tangent at the plan itself helps where the value is concave.
    """
    limits, objective, value = problem.limits, problem.objective, problem.value
    weights = weights_at(value, objective, plan.spend.reshape(limits.shape))
    few = weights_at(problem.search, objective, plan.spend.reshape(limits.shape))
    rough = envelope_slope(problem.search, objective, few, limits.shape)
    tangents: list[Tangent] = []
    found = Proof((), np.inf, weights, relaxed, np.empty(0))
    for played in range(1, (problem.effort.rounds if objective.dial.risk > 0 else 1) + 1):
        judge = _noted(envelope_slope(value, objective, weights, limits.shape), tangents, limits.shape)
        top = _climbed_on(problem, judge, rough, relaxed)
        bound = bound_at(tangent_of(top, limits.shape), limits, top)
        if bound < found.bound:
            found = Proof((tangent_of(top, limits.shape),), bound, weights, top.spend, top.multipliers)
        if not looser(found.bound, plan, EXACT):
            return found
        relaxed = top.spend
        answer = weights_at(value, objective, relaxed.reshape(limits.shape))
        weights = weights + (answer - weights) / (played + 1)
    at_plan = tangent_at(value, objective, found.weights, plan.spend.reshape(limits.shape))
    found = replace(found, tangents=(*found.tangents, at_plan), bound=min(found.bound, bound_at(at_plan, limits, plan)))
    if limits.size > MANY_CELLS or not looser(found.bound, plan, problem.effort.tight):
        return found
    return _mixed(problem, found, [*tangents, at_plan], plan)


def unproved(problem: Problem, relaxed: Summit) -> Proof:
    """Where nobody asks for a proof."""
    return Proof((), np.inf, np.empty(problem.value.draws), relaxed.spend, relaxed.multipliers)


def _noted(judge: Slope, tangents: list[Tangent], shape: tuple[int, ...]) -> Slope:
    """The same, noting down what was seen: each look at the concave function is a tangent."""

    def at(cells: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = judge(cells)
        tangents.append(Tangent(constant=value - float(slope @ cells), slope=slope.reshape(shape)))
        return value, slope

    return at


def _mixed(problem: Problem, proof: Proof, tangents: list[Tangent], plan: Summit) -> Proof:
    """The same proof with what no plan exceeds under any mixture of tangents, and the tangents that this takes.

    Where bad outcomes count, tangents have weights of their own, and a mixture of them those in between. Each linear programme
    says where the bound is loose; on the way there from the best of the plans that were looked at, a tangent is added.
    """
    value, objective, bound, held = problem.value, problem.objective, proof.bound, list(proof.tangents)
    seen = [spend.reshape(problem.limits.shape) for spend in (plan.spend, proof.relaxed)]
    lifted = (_lifted(problem.limits, seen[1], share) for share in LIFTED)
    tangents = [*(tangent_at(value, objective, proof.weights, spend) for spend in lifted), *tangents]
    for _ in range(problem.effort.planes + 1):
        answer = most_under(tangents, problem.limits)
        if answer.bound < bound:
            bound = answer.bound
            # The last one stays the tangent at the plan.
            used = [t for t, share in zip(tangents[:-1], answer.shares, strict=False) if share > 0]
            held = [*used, tangents[-1]]
        if not looser(bound, plan, problem.effort.tight):
            break
        inner = max(seen, key=lambda spend: min(tangent.at(spend) for tangent in tangents))
        seen.append(_lifted(problem.limits, inner + OUTWARD * (answer.spend - inner), LIFTED[0]))
        weights = weights_at(value, objective, seen[-1])
        tangents.insert(0, tangent_at(value, objective, weights, seen[-1]))
    return replace(proof, bound=bound, tangents=tuple(held))


def looser(bound: float, plan: Summit, share: float) -> bool:
    """Whether a bound lies above a plan by more than a share of it."""
    return bound - plan.value > share * abs(bound)


def _lifted(limits: Limits, spend: np.ndarray, share: float) -> np.ndarray:
    """A plan with a little more in every cell: at nothing curves may be so steep that a tangent there proves next to nothing."""
    room, free = limits.upper - limits.lower, max(limits.budget - float(limits.lower.sum()), 0.0)
    even = limits.lower + min(1.0, free / max(float(room.sum()), 1e-300)) * room
    return np.asarray(spend + share * (even - spend))


def plan_of(problem: Problem, best: Summit, proof: Proof, summits: Sequence[Summit]) -> Plan:
    limits = problem.limits
    spend = best.spend.reshape(limits.shape)
    return Plan(
        spend=spend,
        judged=best.value,
        bound=proof.bound,
        tangents=proof.tangents,
        unspent=max(0.0, limits.budget - float(spend.sum())),
        multipliers=_by_rule(limits, best.multipliers),
        tie=_is_tie(summits),
    )


def _by_rule(limits: Limits, multipliers: np.ndarray) -> Mapping[str, float]:
    """The multipliers of each rule's rows together, where they aren't all 0."""
    total: dict[str, float] = {}
    for name, multiplier in zip(limits.row_rule, np.abs(multipliers), strict=False):
        total[name] = total.get(name, 0.0) + float(multiplier)
    return {name: multiplier for name, multiplier in total.items() if multiplier > 0}


def _is_tie(summits: Sequence[Summit]) -> bool:
    """Whether climbs, all on the same draws, ended far apart at almost the same height."""
    best = max(summits, key=lambda summit: summit.value)
    return any(
        0.5 * float(np.abs(best.spend - other.spend).sum()) > TIE_MOVED * float(best.spend.sum())
        and best.value - other.value <= TIE_WORTH * abs(best.value)
        for other in summits
    )
