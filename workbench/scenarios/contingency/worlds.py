"""How plans are made and valued in any state of the world."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.scenarios.contingency.held import held
from workbench.scenarios.contingency.states import State
from workbench.scenarios.problem.cells import Cells
from workbench.scenarios.problem.rows import Limits
from workbench.scenarios.problem.value import MediaValue
from workbench.scenarios.solve.solution import Plan

type ValueOf = Callable[[State], MediaValue]
type Solver = Callable[[MediaValue, Limits, Sequence[np.ndarray]], Plan]


@dataclass(frozen=True, kw_only=True)
class Worlds:
    """The planner, as contingencies use it.

    Attributes:
        cells: Weeks, markets and channels of the plan.
        limits: What every plan keeps, the budget aside.
        value: What media return in a state.
        solve: The best plan of a value within limits, from the starts given; raises `InfeasiblePlan` where there is none.
        search: Likewise, but without a proof of how good it is; unset for `solve`.
    """

    cells: Cells
    limits: Limits
    value: ValueOf
    solve: Solver
    search: Solver | None = None

    def replan(
        self,
        state: State,
        planned: np.ndarray,
        *,
        budget: float | None = None,
        least: np.ndarray | None = None,
        most: np.ndarray | None = None,
        from_week: int | None = None,
        draws: int | None = None,
    ) -> Plan:
        """The best plan of a state from the week in which it begins; earlier weeks stay as planned.

        Args:
            state: The world.
            planned: Spend that stands until then, shape (H, M, C).
            budget: Of the whole horizon, unset for the state's own.
            least: Further lower limits, shape (H, M, C).
            most: Further upper limits, shape (H, M, C).
            from_week: Index of the first week that may change, unset for the state's own.
            draws: How many a search without a proof looks at; unset for all, and a proof.

        Raises:
            InfeasiblePlan: If no plan keeps all limits.
        """
        first = state.from_week if from_week is None else from_week
        past = (np.arange(len(planned)) < first)[:, None, None]
        lower = self.limits.lower if least is None else np.maximum(self.limits.lower, least)
        upper = self.limits.upper if most is None else np.maximum(np.minimum(self.limits.upper, most), lower)
        limits = held(self.limits, np.where(past, planned, lower), np.where(past, planned, upper))
        limits = limits.with_budget(state.budget if budget is None else budget)
        value = self.value(state).within(limits)
        if draws is None:
            return self.solve(value, limits, (planned,))
        return (self.search or self.solve)(value.thinned(draws), limits, (planned,))
