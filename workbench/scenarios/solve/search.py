"""A plan within limits, and the proof of how good it is.

The concave function above the value is climbed first: where it is highest, its tangent gives the bound, and the climb
on the value itself starts (random starts were tried, and added next to nothing). Where it promises more than climbs reach, channels
and weeks are moved to the levels that dynamic programming finds; where the bound stays loose, the domain is cut.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

import numpy as np

from workbench.scenarios.objective import VOLUME, Objective
from workbench.scenarios.problem.rows import Limits
from workbench.scenarios.problem.value import MediaValue
from workbench.scenarios.solve.apart import Separable, bound_apart
from workbench.scenarios.solve.ascent import Summit
from workbench.scenarios.solve.branch import Task, cut_domain
from workbench.scenarios.solve.effort import THOROUGH, Effort
from workbench.scenarios.solve.judged import weights_at
from workbench.scenarios.solve.levels import cells_at_best_levels, channels_at_best_levels
from workbench.scenarios.solve.mixed import mixed_plan
from workbench.scenarios.solve.solution import Plan
from workbench.scenarios.solve.stages import (
    Problem,
    Proof,
    climbs,
    looser,
    plan_of,
    polished,
    problem_of,
    prove,
    relaxed_top,
    unproved,
)

# Share of the gap allowed above which channels are moved, which is quick.
AJAR = 0.25
NEARLY = 2e-3
# Share of the value for which cells are moved once more.
LEAST_LEAP = 1e-5


def solve(
    value: MediaValue,
    limits: Limits,
    objective: Objective = VOLUME,
    *,
    starts: Iterable[np.ndarray] = (),
    effort: Effort = THOROUGH,
) -> Plan:
    """The best plan within the limits that could be found, with an upper bound on any plan's judged value.

    The same arguments give the same plan, whatever the number of cores.

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
    problem = problem_of(value, limits, objective, effort)
    given = [np.asarray(start, dtype=float) for start in starts]
    if limits.switches:
        return mixed_plan(problem, given)
    relaxed = relaxed_top(problem, given)
    summits = climbs(problem, [relaxed.spend.reshape(limits.shape), *given])
    best = polished(problem, summits)
    if _promises(problem, relaxed, summits, AJAR):
        summits, best = _with_more(problem, summits, best, climbs(problem, channels_at_best_levels(problem)))
    for _ in range(effort.leaps if _promises(problem, relaxed, summits) else 0):
        last, base = best.value, summits[0].spend.reshape(limits.shape)
        summits, best = _with_more(problem, summits, best, climbs(problem, cells_at_best_levels(problem, base)))
        if best.value <= last * (1 + LEAST_LEAP):
            break
    if not effort.proves:
        return plan_of(problem, best, unproved(problem, relaxed), summits)
    proof = prove(problem, relaxed.spend, best)
    if looser(proof.bound, best, problem.effort.close) and problem.effort.cuts:
        if not isinstance(problem.value, Separable):
            return _cut_plan(problem, best, proof, summits)
        found = bound_apart(problem, problem.value.apart(), best, proof, partial(solve, effort=replace(effort, cuts=0)))
        proof = replace(proof, bound=max(min(proof.bound, found), best.value))
    return plan_of(problem, best, proof, summits)


def _with_more(
    problem: Problem, summits: list[Summit], best: Summit, more: list[Summit]
) -> tuple[list[Summit], Summit]:
    """All climbs, the highest first, and the best plan: few draws don't tell climbs of nearly the same height apart."""
    if more and more[0].value > summits[0].value - NEARLY * abs(summits[0].value):
        best = max(best, polished(problem, more), key=lambda summit: summit.value)
    return sorted([*summits, *more], key=lambda summit: summit.value, reverse=True), best


def _promises(problem: Problem, relaxed: Summit, summits: list[Summit], share: float = 1.0) -> bool:
    """Whether the concave function promises more above the best climb than the gap may be, or than a share of that."""
    return relaxed.value - summits[0].value > share * problem.effort.close * abs(relaxed.value)


def _cut_plan(problem: Problem, best: Summit, proof: Proof, summits: list[Summit]) -> Plan:
    """Cut the domain for a tighter bound, and climb from where its parts promise most."""
    limits = problem.limits
    task = Task(
        objective=problem.objective,
        weights=proof.weights,
        search_weights=weights_at(problem.search, problem.objective, best.spend.reshape(limits.shape)),
        search_draws=problem.effort.search_draws,
    )
    cut = cut_domain(
        problem.value,
        limits,
        task,
        start=proof.relaxed.reshape(limits.shape),
        height=best.value,
        enough=best.value / (1 - problem.effort.close) if best.value > 0 else best.value,
        cuts=problem.effort.cuts,
    )
    summits, best = _with_more(problem, summits, best, climbs(problem, cut.starts))
    proof = replace(proof, bound=max(min(proof.bound, cut.bound), best.value))
    return plan_of(problem, best, proof, summits)
