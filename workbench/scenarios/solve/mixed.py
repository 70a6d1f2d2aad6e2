"""A plan with all-or-nothing minima: what is on is chosen by mixed-integer programmes, by rounding and by single changes.

Each programme maximises the least of all tangents so far (outer approximation). It either proves the plan or proposes
what else to switch on; climbs with these switches give a better plan, and a tangent where the programme was wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.scenarios.problem.rows import Limits
from workbench.scenarios.solve.ascent import Summit, ascend
from workbench.scenarios.solve.judged import judged, judged_slope, tangent_at, weights_at
from workbench.scenarios.solve.linear import most_under
from workbench.scenarios.solve.projection import polytope_of
from workbench.scenarios.solve.solution import Plan
from workbench.scenarios.solve.stages import Problem, Proof, climbs, plan_of, polished, problem_of, relaxed_top
from workbench.scenarios.solve.switched import switched

# A switch whose cells get at least this share of its least amount in a plan without switches is tried on.
ROUNDED = 0.5
# So many programmes or changes in a row without a better plan, and more are hopeless.
PATIENCE = 4
STEPS = 25


@dataclass(frozen=True, eq=False)
class Choice:
    """What is on, and the best plan found with it.

    Attributes:
        on: Shape (S,).
        limits: With the switches set so.
        summit: On the search draws.
        value: The judged value on all draws; -inf where no plan keeps the limits.
    """

    on: np.ndarray
    limits: Limits
    summit: Summit
    value: float


def mixed_plan(problem: Problem, starts: Sequence[np.ndarray]) -> Plan:
    """The best plan found, and the bound that the programmes prove.

    Raises:
        InfeasiblePlan: If no plan keeps all limits.
    """
    limits, objective, value = problem.limits, problem.objective, problem.value
    top = relaxed_top(problem, starts)
    weights = weights_at(value, objective, top.spend.reshape(limits.shape))
    tangents = [tangent_at(value, objective, weights, top.spend.reshape(limits.shape))]
    answer = most_under(tangents, limits, same_weights=True)
    summits = climbs(problem, [top.spend, *starts])
    best = _best([_chosen(problem, answer.on, answer.spend), *_rounded(problem, [top, *summits])])
    best, bound, vain = _changed(problem, best), answer.bound, 0
    for _ in range(problem.effort.programmes):
        if bound - best.value <= problem.effort.close / 4 * abs(bound) or vain > PATIENCE:
            break
        part = problem_of(value, switched(limits, answer.on), objective, problem.effort)
        touch = relaxed_top(part, [answer.spend]).spend.reshape(limits.shape)
        tangents += [tangent_at(value, objective, weights, point) for point in (touch, answer.spend)]
        tried = _chosen(problem, answer.on, touch)
        vain = 0 if tried.value > best.value else vain + 1
        best = _changed(problem, tried) if tried.value > best.value else best
        answer = most_under(tangents, limits, same_weights=True)
        bound = min(bound, answer.bound)
    chosen = problem_of(value, best.limits, objective, problem.effort)
    # Ties between patterns aren't looked for: climbs without switches say nothing of them.
    proof = Proof(tuple(tangents), bound, weights, top.spend, top.multipliers)
    return plan_of(chosen, polished(chosen, [best.summit]), proof, [best.summit])


def _chosen(problem: Problem, on: np.ndarray, start: np.ndarray) -> Choice:
    """Climb with the switches set, on the search draws."""
    fixed = switched(problem.limits, on)
    judge = judged_slope(problem.search, problem.objective, fixed.shape)
    summit = ascend(judge, polytope_of(fixed), start.ravel(), steps=STEPS, tolerance=1e-5)
    spend = summit.spend.reshape(fixed.shape)
    return Choice(on, fixed, summit, judged(problem.value, problem.objective, spend) if fixed.keeps(spend) else -np.inf)


def _rounded(problem: Problem, summits: Iterable[Summit]) -> list[Choice]:
    """Plans without switches, rounded."""
    least = np.array([switch.least for switch in problem.limits.switches])
    found = []
    for summit in summits:
        given = np.array([summit.spend[switch.cells].sum() for switch in problem.limits.switches])
        found.append(_chosen(problem, given >= ROUNDED * least, summit.spend))
    return found


def _changed(problem: Problem, choice: Choice) -> Choice:
    """Set one switch after another otherwise, the most promising first, for as long as that helps."""
    vain: set[int] = set()
    while len(vain) < PATIENCE * 2:
        which = _promising(problem, choice, vain)
        if which is None:
            break
        on = choice.on.copy()
        on[which] = not on[which]
        tried = _chosen(problem, on, choice.summit.spend)
        if tried.value > choice.value:
            choice, vain = tried, set()
        else:
            vain.add(which)
    return choice


def _promising(problem: Problem, choice: Choice, vain: set[int]) -> int | None:
    """The switch that the gradient most wants set otherwise: held up by its least amount, or worth more than money costs."""
    shape = choice.limits.shape
    _, slope = judged_slope(problem.search, problem.objective, shape)(choice.summit.spend)
    rules = len(problem.limits.row_lower)
    held = -choice.summit.multipliers[rules:]
    reduced = slope - problem.limits.rows.T @ choice.summit.multipliers[:rules]
    gain = np.array([max(float(reduced[switch.cells].max()), 0.0) for switch in problem.limits.switches])
    gain[choice.on] = np.maximum(held, 0.0)
    gain *= [switch.least for switch in problem.limits.switches]
    gain[list(vain)] = 0.0
    return int(gain.argmax()) if gain.max() > 0 else None


def _best(choices: Iterable[Choice]) -> Choice:
    return max(choices, key=lambda choice: choice.value)
