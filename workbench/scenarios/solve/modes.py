"""Plans for an aim other than the most from a given budget: each with a proof of what no plan could do.

All of them read the frontier: the best plan for each budget, and tangents that no plan within the limits exceeds. Whatever
plan reaches an aim also keeps its tangents' version of it, which is linear; so that one linear programme says what no such
plan can cost.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.errors import InfeasiblePlan
from workbench.scenarios.objective import EXPECTED_VALUE, Objective, RiskDial
from workbench.scenarios.problem.rows import Limits
from workbench.scenarios.problem.value import MediaValue
from workbench.scenarios.solve.effort import THOROUGH, Effort
from workbench.scenarios.solve.frontier import Frontier
from workbench.scenarios.solve.search import solve
from workbench.scenarios.solve.solution import Plan
from workbench.wording import money

CLOSE = 2e-3
CUTS, HALVES, RATIOS = 8, 12, 20
ENOUGH = 1e-9


@dataclass(frozen=True, kw_only=True)
class Aimed:
    """A plan for an aim.

    Attributes:
        plan: The plan; its bound is that of plans with its budget.
        reached: What it reaches of the aim: judged value, return, or profit.
        budget: What it may cost, in currency.
        proved: What no plan can do: currency that none which reaches the aim costs less (least spend) or more (target
            return); for profit the most that any plan makes.
    """

    plan: Plan
    reached: float
    budget: float
    proved: float


def highest_profit(
    value: MediaValue,
    limits: Limits,
    *,
    margin: float,
    cost: float = 1.0,
    dial: RiskDial = EXPECTED_VALUE,
    starts: Sequence[np.ndarray] = (),
    effort: Effort = THOROUGH,
) -> Aimed:
    """The plan with the most `margin · value - cost · spend`, its budget free within the limits.

    With a margin of 1 and a cost of r it is the plan whose last unit of money returns r.

    Raises:
        InfeasiblePlan: If no plan keeps all limits.
    """
    plan = solve(value, limits, Objective(dial=dial, margin=margin, cost=cost), starts=starts, effort=effort)
    return Aimed(plan=plan, reached=plan.judged, budget=float(plan.spend.sum()), proved=plan.bound)


def least_spend(frontier: Frontier, target: float, currency: str) -> Aimed:
    """The cheapest plan that is judged `target` or more.

    Raises:
        InfeasiblePlan: If none is, or none was found; the message says which, and what can be reached.
    """
    cap = frontier.limits.budget
    top = frontier.plan(cap)
    if top.judged < target:
        raise InfeasiblePlan(_out_of_reach(frontier.final(cap), target, currency))
    reaches = lambda budget: frontier.plan(budget).judged >= target * (1 - ENOUGH)  # noqa: E731
    floor = lambda: max(frontier.least_spend(), frontier.least_spend(target)) * (1 + ENOUGH)  # noqa: E731
    enough = _nearest(floor, float(top.spend.sum()), reaches)
    plan = frontier.final(enough)
    return Aimed(plan=plan, reached=plan.judged, budget=enough, proved=min(floor(), float(plan.spend.sum())))


def target_return(frontier: Frontier, roas: float, told: Callable[[float], str]) -> Aimed:
    """The plan that causes the most and whose judged value is `roas` times its cost or more.

    Args:
        frontier: Best plans by budget, their value in currency, or in units of the KPI for a cost per unit of 1 / `roas`.
        roas: Value per unit of spend.
        told: A return in the words of the request, such as "a return of 3".

    Raises:
        InfeasiblePlan: If none does, or none was found; the message says which, and what can be reached.
    """
    surplus = _surplus(frontier, roas)
    if surplus.judged < 0 or not surplus.spend.any():
        raise InfeasiblePlan(_return_out_of_reach(frontier, surplus, roas, told))
    returns = lambda budget: _returns(frontier, frontier.plan(budget), roas)  # noqa: E731
    ceiling = lambda: frontier.most_spend(roas)  # noqa: E731
    frontier.plan(frontier.limits.budget)
    most = _nearest(ceiling, float(surplus.spend.sum()), returns)
    plan = max(
        (plan for plan in (frontier.final(most), surplus) if _returns(frontier, plan, roas)), key=frontier.judged
    )
    spent = float(plan.spend.sum())
    return Aimed(plan=plan, reached=frontier.judged(plan) / spent, budget=spent, proved=max(ceiling(), spent))


def _surplus(frontier: Frontier, cost: float) -> Plan:
    """The plan with the most judged value over `cost` times its spend, looked for thoroughly."""
    objective = Objective(dial=frontier.dial, cost=cost)
    return solve(frontier.value, frontier.limits, objective, starts=frontier.starts, effort=frontier.thorough)


def _returns(frontier: Frontier, plan: Plan, roas: float) -> bool:
    return frontier.judged(plan) >= roas * float(plan.spend.sum()) * (1 - ENOUGH)


def _nearest(bound: Callable[[], float], found: float, holds: Callable[[float], bool]) -> float:
    """The budget nearest to a bound for which `holds`.

    First by steps onto the bound, each of which adds tangents there and so moves it nearer (Kelley's cutting planes: the
    root of a concave frontier in a few steps); what is left between the bound and what was found, by halves.

    Args:
        bound: What no budget for which `holds` lies beyond, given the tangents so far.
        found: A budget for which it holds.
        holds: Of a budget; finds a plan for it.
    """
    for _ in range(CUTS):
        edge = bound()
        if holds(edge):
            return edge
        inside = edge + (CLOSE / 2 * edge if edge < found else -CLOSE / 2 * edge)
        if abs(found - edge) <= CLOSE / 2 * edge:
            return found
        if abs(bound() - edge) <= CLOSE / 8 * edge:
            break
    if holds(inside):
        return inside
    for _ in range(HALVES):
        if abs(found - edge) <= CLOSE / 4 * found:
            break
        middle = 0.5 * (edge + found)
        if holds(middle):
            found = middle
        else:
            edge = middle
    return found


def _out_of_reach(top: Plan, target: float, currency: str) -> str:
    found = f"the best plan within the limits reaches {money(top.judged, currency)}"
    if top.bound < target:
        return (
            f"the target of {money(target, currency)} is out of reach: {found}, and none can reach more than "
            f"{money(top.bound, currency)}; lower the target to that or widen the limits"
        )
    return (
        f"no plan for the target of {money(target, currency)} was found: {found}, and it is only proved that none reaches "
        f"more than {money(top.bound, currency)}; lower the target or widen the limits"
    )


def _return_out_of_reach(frontier: Frontier, surplus: Plan, roas: float, told: Callable[[float], str]) -> str:
    best = _best_return(frontier, surplus if surplus.spend.any() else frontier.plan(frontier.limits.budget))
    if best is None:
        return f"no plan that spends anything has {told(roas)} within the limits; ask for less or widen the limits"
    found = f"the best plan within the limits has {told(best)}"
    if surplus.bound <= ENOUGH * roas * frontier.limits.budget:
        return f"{told(roas)} is out of reach: {found}, and it is proved that none has {told(roas)}; ask for less or widen the limits"
    return f"no plan with {told(roas)} was found: {found}; ask for less or widen the limits"


def _best_return(frontier: Frontier, plan: Plan) -> float | None:
    """The highest value per cost, by Dinkelbach's method: the cost at which the best surplus is nothing."""
    best = None
    for _ in range(RATIOS):
        spent = float(plan.spend.sum())
        if spent <= 0:
            return best
        best = frontier.judged(plan) / spent
        nearer = _surplus(frontier, best)
        if nearer.judged <= CLOSE * best * spent:
            return best
        plan = nearer
    return best
