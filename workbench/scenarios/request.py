"""What is asked of the planner, and the plan that answers it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from workbench.errors import SpecError
from workbench.scenarios.objective import RiskDial
from workbench.scenarios.problem import Limits, MediaValue, Problem, doubted, refuse_infeasible
from workbench.scenarios.solve import PATIENT, Effort, Plan
from workbench.scenarios.solve.chance import Chances, sure_enough
from workbench.scenarios.solve.frontier import Frontier
from workbench.scenarios.solve.modes import Aimed, highest_profit, least_spend, target_return
from workbench.wording import money, number, percent

type Mode = Literal["budget", "profit", "target_roas", "marginal_roas", "target_cpa", "least_spend", "goal"]

MODES: dict[Mode, str] = {
    "budget": "",
    "profit": "",
    "target_roas": "the value per unit of spend that the plan keeps, such as 3.0",
    "marginal_roas": "the value that the last unit of spend still returns, such as 1.5",
    "target_cpa": "the most that a unit of the KPI may cost",
    "least_spend": "the value that media are to cause, in currency",
    "goal": "the total of the horizon, in currency",
}


@dataclass(frozen=True, kw_only=True)
class PlanRequest:
    """What is asked of a plan.

    Attributes:
        mode: `budget` asks for the most from a budget; `profit` for the most profit; `target_roas` and `target_cpa` for the
            most at a return or a cost per unit that is kept; `marginal_roas` for spending until the last unit returns so much;
            `least_spend` for the cheapest plan that causes so much; `goal` for the cheapest one that reaches a total with
            a probability.
        budget: Currency over the horizon; in `budget` what may be spent (None for the reference period's), else a ceiling
            (None for none but the limits').
        target: See `MODES`; None in `budget` and `profit`.
        probability: With which a `goal` is to be reached.
        risk: 0 judges by the mean, 1 by the bad outcomes alone.
        margin: Share of value that is profit before media, for `profit`.
    """

    mode: Mode = "budget"
    budget: float | None = None
    target: float | None = None
    probability: float = 0.8
    risk: float = 0.0
    margin: float = 1.0

    def __post_init__(self) -> None:
        RiskDial(self.risk)
        if self.mode not in MODES:
            raise SpecError(f"mode is {self.mode!r}; choose {', '.join(MODES)}")
        if self.budget is not None and not (math.isfinite(self.budget) and self.budget > 0):
            raise SpecError(f"budget is {self.budget}; give a positive amount for the whole horizon, or none")
        if MODES[self.mode] and (self.target is None or not (math.isfinite(self.target) and self.target > 0)):
            raise SpecError(f"mode {self.mode} has a target of {self.target}; give {MODES[self.mode]}")
        if not MODES[self.mode] and self.target is not None:
            raise SpecError(
                f"mode {self.mode} takes no target, but it is {self.target}; leave it out or name another mode"
            )
        if not 0 < self.probability < 1:
            raise SpecError(f"probability is {self.probability}; give a share above 0 and below 1, such as 0.8")
        if not 0 < self.margin <= 1:
            raise SpecError(f"margin is {self.margin}; give a share above 0 and up to 1, such as 0.4")


@dataclass(frozen=True, kw_only=True)
class Answered:
    """A plan that answers a request.

    Attributes:
        plan: The plan with its certificate.
        limits: What it keeps, its budget among them.
        budget: Currency that it may cost.
        told: What it reaches and what no plan could, in a sentence; empty for the most from a budget, whose proof is
            the certificate.
        probability: With which it reaches the `goal`, else None.
    """

    plan: Plan
    limits: Limits
    budget: float
    told: str = ""
    probability: float | None = None


def answer_request(
    request: PlanRequest,
    problem: Problem,
    value: MediaValue,
    *,
    currency: str,
    without_media: np.ndarray | None = None,
    effort: Effort = PATIENT,
) -> Answered:
    """Find the plan that a request asks for; spend beyond experience is docked where the configuration says so.

    Args:
        request: What is asked.
        problem: The plan's cells and limits.
        value: What a plan is worth as far as it counts; see `counted`.
        currency: For messages.
        without_media: For a `goal`, what comes in the horizon without the plan, in currency, in N paths for each draw:
            shape (D, N); None counts what the plan causes alone.
        effort: How hard to look.

    Raises:
        SpecError: If the request can't mean anything.
        InfeasiblePlan: If no plan answers it; the message names the smallest relaxation, or the most that can be reached.
    """
    reference = problem.cells.reference
    total = float(reference.sum())
    ceiling = request.budget or (total if request.mode == "budget" else float(problem.limits.upper.sum()))
    refuse_infeasible(problem.limits, ceiling, currency, [reference, reference * min(1.0, ceiling / total)])
    frontier = Frontier(
        value=doubted(value, problem.cells, _doubt(request, problem)),
        limits=problem.limits.with_budget(ceiling),
        dial=RiskDial(request.risk),
        starts=(reference,),
        thorough=effort,
    )
    if request.mode == "budget":
        return Answered(plan=frontier.final(ceiling), limits=frontier.limits, budget=ceiling)
    if request.mode == "goal":
        return _for_goal(request, frontier, without_media, currency)
    aimed, told = _aimed(request, frontier, currency)
    return Answered(plan=aimed.plan, limits=problem.limits.with_budget(aimed.budget), budget=aimed.budget, told=told)


def _doubt(request: PlanRequest, problem: Problem) -> np.ndarray:
    """What a unit of spend beyond experience is docked, in what the plan is judged in."""
    return problem.doubt / problem.response.value_per_kpi[:, None] if request.mode == "target_cpa" else problem.doubt


def _aimed(request: PlanRequest, frontier: Frontier, currency: str) -> tuple[Aimed, str]:
    target = request.target or 0.0
    match request.mode:
        case "profit":
            aimed = _at_cost(frontier, request.margin, 1.0)
            made, most = money(aimed.reached, currency), money(aimed.proved, currency)
            loss = " (a loss, which the limits force)" if aimed.reached < 0 else ""
            return (
                aimed,
                f"The plan makes a profit of {made}{loss} after media; no plan within the limits makes more than {most}.",
            )
        case "marginal_roas":
            aimed = _at_cost(frontier, 1.0, target)
            return (
                aimed,
                f"Money is spent until the next unit would return less than {number(target)}, or a limit holds.",
            )
        case "least_spend":
            aimed = least_spend(frontier, target, currency)
            spent = money(float(aimed.plan.spend.sum()), currency)
            return aimed, (
                f"{money(aimed.reached, currency)} is reached for {spent}; "
                f"no plan under {money(aimed.proved, currency)} reaches {money(target, currency)}."
            )
        case "target_cpa":
            roas, told = 1 / target, lambda found: f"a cost of {money(1 / found, currency)} per unit of the KPI"
        case _:
            roas, told = target, lambda found: f"a return of {number(found)}"
    aimed = target_return(frontier, roas, told)
    spent, most = money(float(aimed.plan.spend.sum()), currency), money(aimed.proved, currency)
    return (
        aimed,
        f"The plan spends {spent} with {told(aimed.reached)}; no plan that spends more than {most} keeps {told(roas)}.",
    )


def _at_cost(frontier: Frontier, margin: float, cost: float) -> Aimed:
    return highest_profit(
        frontier.value,
        frontier.limits,
        margin=margin,
        cost=cost,
        dial=frontier.dial,
        starts=frontier.starts,
        effort=frontier.thorough,
    )


def _for_goal(request: PlanRequest, frontier: Frontier, without_media: np.ndarray | None, currency: str) -> Answered:
    target = request.target or 0.0
    anyway = np.zeros((frontier.value.draws, 1)) if without_media is None else without_media
    goal = f"{'what media cause' if without_media is None else 'a total'} of {money(target, currency)}"
    found = sure_enough(Chances(frontier=frontier, needed=target - anyway), request.probability, goal, currency)
    told = (
        f"The plan reaches {goal} with a probability of {percent(found.probability, 0)}; with its money no plan reaches it with "
        f"more than {percent(found.most_likely, 0)}, and none under {money(found.proved, currency)} with "
        f"{percent(request.probability, 0)}."
    )
    return Answered(
        plan=found.plan,
        limits=frontier.limits.with_budget(found.budget),
        budget=found.budget,
        told=told,
        probability=found.probability,
    )
