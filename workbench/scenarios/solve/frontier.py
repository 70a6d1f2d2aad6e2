"""The best plan for each budget, with every proof kept: what plans for an aim are found on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from workbench.scenarios.objective import EXPECTED_VALUE, Objective, RiskDial
from workbench.scenarios.problem.rows import Limits, Rule
from workbench.scenarios.problem.sums import weighted_rows
from workbench.scenarios.problem.value import MediaValue, Tangent
from workbench.scenarios.solve.effort import BRISK, THOROUGH, Effort
from workbench.scenarios.solve.linear import linear_max
from workbench.scenarios.solve.search import solve
from workbench.scenarios.solve.solution import Plan


@dataclass(frozen=True, kw_only=True)
class Frontier:
    """Best plans by budget.

    Each plan starts from those of the nearest budgets, and its tangents bound the judged value of all plans within the
    limits, whatever they cost.

    Attributes:
        value: What a plan is worth.
        limits: All limits; a budget among them is the most that any plan may cost.
        dial: What a plan is judged by.
        starts: Plans to start from, such as the last period's.
        brisk: Effort while looking for the right budget.
        thorough: Effort for the plan that is returned.
    """

    value: MediaValue
    limits: Limits
    dial: RiskDial = EXPECTED_VALUE
    starts: tuple[np.ndarray, ...] = ()
    brisk: Effort = BRISK
    thorough: Effort = THOROUGH
    _found: dict[float, Plan] = field(default_factory=dict)

    @property
    def objective(self) -> Objective:
        return Objective(dial=self.dial)

    @property
    def tangents(self) -> tuple[Tangent, ...]:
        """Planes above the judged value, of all plans that were made."""
        return tuple(tangent for plan in self._found.values() for tangent in plan.tangents)

    def judged(self, plan: Plan) -> float:
        """The judged value of any plan, whatever it was found for."""
        return self.dial.value(self.value.worth(plan.spend))

    def plan(self, budget: float) -> Plan:
        """The best plan that costs at most `budget`, looked for briskly."""
        if budget not in self._found:
            self._found[budget] = self._solve(budget, self.brisk)
        return self._found[budget]

    def final(self, budget: float) -> Plan:
        """The same, looked for thoroughly; never worse than the brisk one."""
        first, second = self.plan(budget), self._solve(budget, self.thorough)
        best = max(first, second, key=lambda plan: plan.judged)
        best = replace(best, bound=min(first.bound, second.bound), tangents=(*first.tangents, *second.tangents))
        self._found[budget] = best
        return best

    def least_spend(self, tangents_above: float | None = None) -> float:
        """No plan within the limits costs less; with `tangents_above`, none that is judged so highly does.

        Raises:
            InfeasiblePlan: If no plan within the limits is judged so highly.
        """
        rules = () if tangents_above is None else self._under_tangents(tangents_above, 0.0)
        return max(0.0, -linear_max(np.full(self.limits.shape, -1.0), self._with(rules)).bound)

    def most_spend(self, roas: float | None = None) -> float:
        """No plan within the limits costs more; with `roas`, none whose judged value is so many times its cost does.

        Raises:
            InfeasiblePlan: If no plan within the limits returns that much.
        """
        rules = () if roas is None else self._under_tangents(0.0, roas)
        return linear_max(np.ones(self.limits.shape), self._with(rules)).bound

    def _solve(self, budget: float, effort: Effort) -> Plan:
        near = sorted(self._found, key=lambda known: abs(known - budget))[:2]
        starts = [self._found[known].spend for known in near] or list(self.starts)
        return solve(self.value, self.limits.with_budget(budget), self.objective, starts=starts, effort=effort)

    def _with(self, rules: tuple[Rule, ...]) -> Limits:
        return replace(self.limits, rules=(*self.limits.rules, *rules))

    def _under_tangents(self, least: float, cost: float) -> tuple[Rule, ...]:
        """`tangent(spend) - cost · Σ spend >= least`, which every plan with such a value keeps."""
        return tuple(_above(number, tangent, least, cost) for number, tangent in enumerate(self.tangents))


def _above(number: int, tangent: Tangent, least: float, cost: float) -> Rule:
    slope = tangent.slope.ravel() - cost
    columns = np.flatnonzero(slope)
    unit = max(float(np.abs(slope).max()), 1e-300)
    return Rule(
        name=f"tangent {number}",
        reason="what the plan is to reach",
        kind="goal",
        rows=weighted_rows(slope.size, [(columns, slope[columns] / unit)]),
        lower=np.array([(least - tangent.constant) / unit]),
        upper=np.array([np.inf]),
        size=max(abs(least) / unit, 1.0),
    )
