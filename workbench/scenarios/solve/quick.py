"""Plans found ahead for several budgets and degrees of caution, between which a slider's answer lies.

All limits are linear, so that a mixture of two plans keeps them, and costs the same mixture of the two budgets. The bound of
a plan found ahead holds for any other budget by weak duality: it rises by the multiplier of the budget at most. The judged
value is linear in the caution, so that bounds of two degrees of it mix as the degrees do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from workbench.scenarios.objective import Objective, RiskDial
from workbench.scenarios.problem.rows import Limits
from workbench.scenarios.problem.value import MediaValue, Tangent
from workbench.scenarios.solve.effort import BRISK, Effort
from workbench.scenarios.solve.linear import most_under
from workbench.scenarios.solve.search import solve

BUDGET = "budget"
SEARCH = replace(BRISK, search_draws=200, steps=20)


@dataclass(frozen=True, kw_only=True)
class Ahead:
    """Plans found ahead.

    Attributes:
        budgets: Currency, ascending, shape (B,).
        risks: Positions of the risk dial, ascending from 0 to 1, shape (R,).
        spend: Shape (R, B, H, M, C).
        bound: No plan with that budget is judged higher, shape (R, B).
        price: By how much at most that bound rises with each unit of the budget, shape (R, B).
        blends: Whether plans may be mixed: not where minima are all-or-nothing.
    """

    budgets: np.ndarray
    risks: np.ndarray
    spend: np.ndarray
    bound: np.ndarray
    price: np.ndarray
    blends: bool

    def parts(self, budget: float, risk: float) -> list[tuple[int, int, float]]:
        """Plans found ahead that a plan is mixed of: the risk's number, the budget's, and their share above 0."""
        low, share = _between(self.budgets, budget)
        if not self.blends:
            return [(int(np.abs(self.risks - risk).argmin()), low + 1 if share >= 1 else low, 1.0)]
        row, part = _between(self.risks, risk)
        mixed = [
            (row + up, low + over, (part if up else 1 - part) * (share if over else 1 - share))
            for up in (0, 1)
            for over in (0, 1)
        ]
        return [each for each in mixed if each[2] > 0]

    def plan(self, budget: float, risk: float) -> np.ndarray:
        """A plan that keeps all limits and costs at most `budget`, shape (H, M, C)."""
        return np.asarray(sum(share * self.spend[row, column] for row, column, share in self.parts(budget, risk)))

    def bound_at(self, budget: float, risk: float) -> float:
        """No plan with this budget is judged higher by this dial."""
        row, part = _between(self.risks, risk)
        by_risk = (self.bound + self.price * (budget - self.budgets)).min(axis=1)
        return float((1 - part) * by_risk[row] + part * by_risk[min(row + 1, len(self.risks) - 1)])

    def to_dataset(self) -> xr.Dataset:
        return xr.Dataset(
            {
                "ahead_spend": (("risk", "budget", "plan_week", "market", "channel"), self.spend),
                "bound": (("risk", "budget"), self.bound),
                "price": (("risk", "budget"), self.price),
            },
            coords={"budget": self.budgets, "risk": self.risks},
            attrs={"blends": int(self.blends)},
        )

    @classmethod
    def from_dataset(cls, dataset: xr.Dataset) -> Ahead:
        return cls(
            budgets=dataset["budget"].to_numpy(),
            risks=dataset["risk"].to_numpy(),
            spend=dataset["ahead_spend"].to_numpy(),
            bound=dataset["bound"].to_numpy(),
            price=dataset["price"].to_numpy(),
            blends=bool(dataset.attrs["blends"]),
        )


def plans_ahead(
    value: MediaValue,
    limits: Limits,
    budgets: Sequence[float],
    risks: Sequence[float],
    *,
    starts: Sequence[np.ndarray],
    effort: Effort = SEARCH,
) -> Ahead:
    """Solve every pair of a budget and a position of the dial.

    Raises:
        InfeasiblePlan: If no plan keeps all limits with the least of the budgets.
    """
    shape = (len(risks), len(budgets))
    spend = np.empty((*shape, *limits.shape))
    bound, price = np.empty(shape), np.empty(shape)
    last = list(starts)
    for row, risk in enumerate(risks):
        found = []
        for column, budget in enumerate(budgets):
            asked = limits.with_budget(float(budget))
            found.append(solve(value, asked, Objective(dial=RiskDial(risk)), starts=last, effort=effort))
            spend[row, column], last = found[-1].spend, [found[-1].spend]
        tangents = [tangent for plan in found for tangent in plan.tangents]
        for column, budget in enumerate(budgets):
            bound[row, column], price[row, column] = _bound(tangents, limits.with_budget(float(budget)))
    return Ahead(
        budgets=np.asarray(budgets, dtype=float),
        risks=np.asarray(risks, dtype=float),
        spend=spend,
        bound=bound,
        price=price,
        blends=not limits.switches,
    )


def _bound(tangents: Sequence[Tangent], asked: Limits) -> tuple[float, float]:
    """What no plan exceeds, and by how much it rises with each unit of the budget, under tangents of any budget's plan."""
    # Without the all-or-nothing minima there are more plans, and multipliers: the bound holds all the more.
    proof = most_under(tangents, replace(asked, switches=()))
    return proof.bound, max(float(proof.multipliers[asked.row_rule.index(BUDGET)]), 0.0)


def _between(nodes: np.ndarray, at: float) -> tuple[int, float]:
    """The node at or below, and the share of the way to the next one, in [0, 1]."""
    low = int(np.clip(np.searchsorted(nodes, at, side="right") - 1, 0, max(len(nodes) - 2, 0)))
    if len(nodes) == 1:
        return 0, 0.0
    return low, float(np.clip((at - nodes[low]) / (nodes[low + 1] - nodes[low]), 0.0, 1.0))
