"""Plans that reach a goal as surely as possible, or surely enough for the least money."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from workbench.errors import OutOfReach
from workbench.scenarios.objective import RiskDial
from workbench.scenarios.problem.rows import Limits
from workbench.scenarios.problem.value import Tangent
from workbench.scenarios.solve.ascent import ascend
from workbench.scenarios.solve.frontier import Frontier
from workbench.scenarios.solve.linear import dual_bound, linear_max, mixture
from workbench.scenarios.solve.projection import polytope_of
from workbench.scenarios.solve.solution import Plan
from workbench.scenarios.solve.switched import switched
from workbench.wording import money, percent

RISKS = (0.0, 1.0)
CLIMB, HALVES = 25, 12
# Limits may leave room for many times what the goal needs: the search for its budget ends when it is close, not before.
CLOSE, MOST_HALVES = 1e-2, 40
# Width of the smoothed threshold that the climb sees, in standard deviations of what is missing.
BLUR = 0.15
PROOF_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class Sure:
    """A plan for a goal.

    Attributes:
        plan: The plan; judged by its mean.
        probability: Share of the paths in which it reaches the goal.
        budget: What it may cost, in currency.
        most_likely: No plan with this budget reaches the goal in a larger share of the paths.
        proved: No plan that costs less reaches the goal as surely as was asked, in currency; 0 where none was.
    """

    plan: Plan
    probability: float
    budget: float
    most_likely: float
    proved: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Chances:
    """How likely plans reach a goal.

    Attributes:
        frontier: What plans are worth, and within which limits.
        needed: What media must cause for the goal to be reached, in currency, in N paths of everything else for each draw
            of what media return, shape (D, N): the goal less what comes without the plan.
    """

    frontier: Frontier
    needed: np.ndarray
    _found: dict[float, Plan] = field(default_factory=dict)

    def of(self, spend: np.ndarray) -> float:
        return self._share(self.frontier.value.worth(spend))

    def plan(self, budget: float) -> Plan:
        """The plan within the budget that reaches the goal most likely, as far as was found.

        Of plans judged by the mean and by bad outcomes, the surer one climbs on a smoothed probability.
        """
        if budget not in self._found:
            limits = self.frontier.limits.with_budget(budget)
            first = max(self._starts(budget), key=self._rank)
            self._found[budget] = max(first, self._climbed(first, limits), key=self._rank)
        return self._found[budget]

    def _rank(self, plan: Plan) -> tuple[float, float]:
        return round(self.of(plan.spend), 9), plan.judged

    def _share(self, outcomes: np.ndarray) -> float:
        return float(np.mean(outcomes[:, None] >= self.needed))

    def _starts(self, budget: float) -> Iterator[Plan]:
        known = [self._found[other] for other in sorted(self._found, key=lambda other: abs(other - budget))[:1]]
        for risk in RISKS:
            frontier = self._with_dial(risk, known)
            yield frontier.plan(budget)

    def _with_dial(self, risk: float, known: list[Plan]) -> Frontier:
        frontier = self.frontier
        if risk == 0:
            return frontier
        starts = tuple(plan.spend for plan in known) or frontier.starts
        return Frontier(
            value=frontier.value, limits=frontier.limits, dial=RiskDial(risk), starts=starts, brisk=frontier.brisk
        )

    def _climbed(self, start: Plan, limits: Limits) -> Plan:
        """Uphill on the probability of missing by little, from a plan and with its choices of what is on."""
        value, shape = self.frontier.value, limits.shape
        on = np.array([start.spend.ravel()[switch.cells].sum() > 0 for switch in limits.switches], dtype=bool)
        missing = value.worth(start.spend)[:, None] - self.needed
        width = BLUR * max(float(missing.std()), 1e-12 * float(np.abs(self.needed).max(initial=1.0)))

        def smoothed(cells: np.ndarray) -> tuple[float, np.ndarray]:
            spend = cells.reshape(shape)
            share = 1.0 / (1.0 + np.exp(-np.clip((value.worth(spend)[:, None] - self.needed) / width, -500, 500)))
            density = (share * (1 - share)).mean(axis=1) / width / len(share)
            total = max(float(density.sum()), 1e-300)
            return float(share.mean()), value.gradient(spend, density / total)[1].ravel() * total

        top = ascend(smoothed, polytope_of(switched(limits, on)), start.spend.ravel(), steps=CLIMB)
        spend = top.spend.reshape(shape)
        return Plan(
            spend=spend,
            judged=self.frontier.dial.value(value.worth(spend)),
            bound=start.bound,
            tangents=start.tangents,
            unspent=max(0.0, limits.budget - float(spend.sum())),
            multipliers=start.multipliers,
            tie=start.tie,
        )


@dataclass(frozen=True)
class Ceiling:
    """What no plan exceeds in each draw, even one made for that draw alone.

    Attributes:
        tangents: One for each draw, None where there was no time: what is possible there isn't known.
        mean: Of all draws, from whose multipliers the bounds are made.
        chances: The goal.
    """

    tangents: tuple[Tangent | None, ...]
    mean: Tangent
    chances: Chances

    def probability(self, budget: float) -> float:
        """No plan within the budget reaches the goal in a larger share of the paths."""
        limits = self.chances.frontier.limits.with_budget(budget)
        relaxed = limits if not limits.switches else switched_off_minima(limits)
        multipliers = linear_max(self.mean.slope, relaxed).multipliers
        steepness = max(float(np.abs(self.mean.slope).mean()), 1e-300)
        return float(np.mean(self._most(relaxed, multipliers, steepness)[:, None] >= self.chances.needed))

    def _most(self, limits: Limits, multipliers: np.ndarray, steepness: float) -> np.ndarray:
        return np.array(
            [
                np.inf
                if tangent is None
                else dual_bound(tangent, limits, multipliers * float(np.abs(tangent.slope).mean()) / steepness)
                for tangent in self.tangents
            ]
        )


def switched_off_minima(limits: Limits) -> Limits:
    """The limits without all-or-nothing minima: more is allowed, so that its bounds hold."""
    return Limits(lower=limits.lower, upper=limits.upper, rules=limits.rules)


def ceiling_at(chances: Chances, plan: Plan, *, cheaper: bool = False) -> Ceiling:
    """Tangents of the single draws at a plan, those that miss the goal by most first, while there is time.

    Draws that always reach it are left out, unless it is asked what `cheaper` plans could do.
    """
    value = chances.frontier.value.within(chances.frontier.limits)
    draws, deadline = value.draws, time.monotonic() + PROOF_SECONDS
    missing = (chances.needed - value.worth(plan.spend)[:, None]).max(axis=1)
    tangents: list[Tangent | None] = [None] * draws
    for draw in np.argsort(-missing):
        if (missing[draw] <= 0 and not cheaper) or time.monotonic() > deadline:
            break
        tangents[draw] = value.tangent(plan.spend, np.eye(1, draws, int(draw))[0])
    return Ceiling(
        tuple(tangents), mixture(plan.tangents, np.full(len(plan.tangents), 1 / len(plan.tangents))), chances
    )


def surest(chances: Chances, budget: float) -> Sure:
    """The plan within a budget that reaches the goal most likely."""
    plan = chances.plan(budget)
    ceiling = ceiling_at(chances, plan)
    likely = chances.of(plan.spend)
    return Sure(plan=plan, probability=likely, budget=budget, most_likely=max(ceiling.probability(budget), likely))


def sure_enough(chances: Chances, probability: float, goal: str, currency: str) -> Sure:
    """The cheapest plan that was found to reach the goal with a probability.

    Raises:
        OutOfReach: If none was found; the message says what was, and whether more is possible.
    """
    cap = chances.frontier.limits.budget
    top = chances.plan(cap)
    if chances.of(top.spend) < probability:
        raise OutOfReach(_out_of_reach(surest(chances, cap), probability, goal, currency))
    least, high = chances.frontier.least_spend(), float(top.spend.sum())
    budget = _least_found(chances, probability, least, high)
    plan = chances.plan(budget)
    ceiling, likely = ceiling_at(chances, plan, cheaper=True), chances.of(plan.spend)
    return Sure(
        plan=plan,
        probability=likely,
        budget=budget,
        most_likely=max(ceiling.probability(budget), likely),
        proved=_least_budget(ceiling, probability, least, budget),
    )


def _least_found(chances: Chances, probability: float, low: float, high: float) -> float:
    for _ in range(MOST_HALVES):
        if high - low <= CLOSE * high:
            break
        middle = 0.5 * (low + high)
        if chances.of(chances.plan(middle).spend) >= probability:
            high = middle
        else:
            low = middle
    return high


def _least_budget(ceiling: Ceiling, probability: float, low: float, high: float) -> float:
    """The largest budget within which the ceiling proves that no plan is sure enough."""
    if ceiling.probability(low) >= probability:
        return low
    for _ in range(HALVES):
        middle = 0.5 * (low + high)
        if ceiling.probability(middle) < probability:
            low = middle
        else:
            high = middle
    return low


def _out_of_reach(top: Sure, probability: float, goal: str, currency: str) -> str:
    found = (
        f"the surest plan within the limits, for {money(float(top.plan.spend.sum()), currency)}, "
        f"reaches it with {percent(top.probability, 0)}"
    )
    end = "lower the goal or its probability, or widen the limits"
    if top.most_likely < probability:
        proof = f"none can reach it with more than {percent(top.most_likely, 0)}"
        return f"{goal} can't be reached with a probability of {percent(probability, 0)}: {found}, and {proof}; {end}"
    return f"no plan that reaches {goal} with a probability of {percent(probability, 0)} was found: {found}; {end}"
