"""Plans for an aim other than the most from a given budget: each with a proof of what no plan could do.

All of them read the frontier: the best plan for each budget, and tangents that no plan within the limits exceeds. Whatever
plan reaches an aim also keeps its tangents' version of it, which is linear; so that one linear programme says what no such
plan can cost.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.errors import OutOfReach
from workbench.scenarios.objective import EXPECTED_VALUE, Objective, RiskDial
from workbench.scenarios.problem.rows import Limits
from workbench.scenarios.problem.value import MediaValue
from workbench.scenarios.solve.effort import THOROUGH, Effort
from workbench.scenarios.solve.frontier import Frontier
from workbench.scenarios.solve.search import solve
from workbench.scenarios.solve.solution import Plan
from workbench.wording import money

CLOSE = 3e-3
CUTS, STEPS, RATIOS = 3, 8, 12
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
        OutOfReach: If none is, or none was found; the message says which, and what can be reached.
    """
    cap = frontier.limits.budget
    top = frontier.plan(cap)
    if top.judged < target:
        raise OutOfReach(_out_of_reach(frontier.final(cap), target, currency))

    def over(budget: float) -> float:
        return frontier.plan(budget).judged - target * (1 - ENOUGH)

    def floor() -> float:
        return max(frontier.least_spend(), frontier.least_spend(target)) * (1 + ENOUGH)

    enough = _nearest(floor, float(top.spend.sum()), over)
    plan = frontier.final(enough)
    return Aimed(plan=plan, reached=plan.judged, budget=enough, proved=min(floor(), float(plan.spend.sum())))


def target_return(frontier: Frontier, roas: float, told: Callable[[float], str]) -> Aimed:
    """The plan that causes the most and whose judged value is `roas` times its cost or more.

    Args:
        frontier: Best plans by budget, their value in currency, or in units of the KPI for a cost per unit of 1 / `roas`.
        roas: Value per unit of spend.
        told: A return in the words of the request, such as "a return of 3".

    Raises:
        OutOfReach: If none does, or none was found; the message says which, and what can be reached.
    """
    surplus = _surplus(frontier, roas)
    if surplus.judged < 0 or not surplus.spend.any():
        raise OutOfReach(_return_out_of_reach(frontier, surplus, roas, told))

    def over(budget: float) -> float:
        return _over(frontier, frontier.plan(budget), roas)

    def ceiling() -> float:
        return frontier.most_spend(roas)

    cap = float(frontier.plan(frontier.limits.budget).spend.sum())
    most = cap if over(cap) >= 0 else _nearest(ceiling, float(surplus.spend.sum()), over)
    plan = max(
        (plan for plan in (frontier.final(most), surplus) if _over(frontier, plan, roas) >= 0), key=frontier.judged
    )
    spent = float(plan.spend.sum())
    return Aimed(plan=plan, reached=frontier.judged(plan) / spent, budget=spent, proved=max(ceiling(), spent))


def _surplus(frontier: Frontier, cost: float) -> Plan:
    """The plan with the most judged value over `cost` times its spend, looked for thoroughly."""
    objective = Objective(dial=frontier.dial, cost=cost)
    return solve(frontier.value, frontier.limits, objective, starts=frontier.starts, effort=frontier.thorough)


def _over(frontier: Frontier, plan: Plan, roas: float) -> float:
    return frontier.judged(plan) - roas * float(plan.spend.sum()) * (1 - ENOUGH)


def _nearest(bound: Callable[[], float], found: float, over: Callable[[float], float]) -> float:
    """The budget nearest to a bound at which `over` is at least 0.

    First by steps onto the bound, each of which adds tangents there and so moves it nearer (Kelley's cutting planes: the
    root of a concave frontier in a few steps); what is left between the bound and what was found, by false position.

    Args:
        bound: What no budget with `over` of 0 or more lies beyond, given the tangents so far.
        found: A budget at which it is.
        over: By how much the best plan for a budget is over its aim, in currency; finds that plan.
    """
    for _ in range(CUTS):
        edge = bound()
        if abs(found - edge) <= CLOSE * found:
            return found
        inside = edge * (1 + CLOSE / 2 if edge < found else 1 - CLOSE / 2)
        if over(inside) >= 0:
            return inside
        if abs(bound() - edge) <= CLOSE / 4 * edge:
            break
    return _false_position(inside, found, over)


def _false_position(edge: float, found: float, over: Callable[[float], float]) -> float:
    """A budget at which `over` is at least 0, next to where it isn't (the Illinois method).

    Args:
        edge: Where it isn't.
        found: Where it is.
        over: Of a budget.
    """
    below, above = over(edge), over(found)
    side = 0
    for _ in range(STEPS):
        if abs(found - edge) <= CLOSE * found or above <= 0:
            break
        tried = found - above * (found - edge) / (above - below)
        # Towards what was found, so that the next try ends the search if it is near enough.
        tried += CLOSE / 4 * (found - edge)
        reached = over(tried)
        if reached >= 0:
            found, above = tried, reached
            below, side = (below / 2 if side == 1 else below), 1
        else:
            edge, below = tried, reached
            above, side = (above / 2 if side == -1 else above), -1
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
