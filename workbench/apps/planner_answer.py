"""What the planner is asked, and what it answers: between plans found ahead where only budget and caution move, else by a new plan."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from workbench.apps.planner_channels import Media
from workbench.scenarios.answer import Answer, answer
from workbench.scenarios.capacity.value import CapacityValue
from workbench.scenarios.objective import RiskDial
from workbench.scenarios.otherwise import OtherGround, Otherwise, ground_otherwise
from workbench.scenarios.result import ScenarioResult


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A plan on the page and what it was valued on.

    Attributes:
        answered: The plan and its worth.
        held: For each channel the limit that holds it, or nothing.
        risk: Position of the risk dial.
        asked: What was asked otherwise than in the saved plan.
        weeks: First day of each week.
        reference: Spend of the reference period, shape (H, M, C).
        media: What media cause.
        capacity: What teams make of it; None where none was configured.
        world: Name of the world, empty for the expected one.
    """

    answered: Answer
    held: tuple[str, ...]
    risk: float
    asked: Otherwise
    weeks: pd.DatetimeIndex
    reference: np.ndarray
    media: Media
    capacity: CapacityValue | None
    world: str = ""

    @property
    def value(self) -> Media | CapacityValue:
        return self.media if self.capacity is None else self.capacity

    @cached_property
    def outcomes(self) -> np.ndarray:
        """What the plan is worth, by draw."""
        return self.value.worth(self.answered.spend)


@dataclass
class Answers:
    """Answers from one saved plan; the last new ground is kept, as budget and caution move on it most often.

    Attributes:
        result: The saved plan.
    """

    result: ScenarioResult
    _ground: tuple[Otherwise, OtherGround] | None = field(default=None, init=False)

    @property
    def saved(self) -> Otherwise:
        """What was asked of the saved plan."""
        return Otherwise(horizon_weeks=self.result.horizon_weeks)

    def current_spend(self, asked: Otherwise) -> float:
        """Of the reference period, as long as the plan."""
        reference = self.result.reference if asked == self.saved else self.ground(asked).problem.cells.reference
        return float(reference.sum())

    def shown(self, share: float, risk: float, asked: Otherwise) -> Shown:
        """The plan for a budget, given as a share of current spend.

        Raises:
            InfeasiblePlan: If no plan keeps all limits.
        """
        budget = share * self.current_spend(asked)
        return self._between(budget, risk) if asked == self.saved else self._anew(budget, risk, asked)

    def ground(self, asked: Otherwise) -> OtherGround:
        """What a plan that is asked otherwise is made on."""
        if self._ground is None or self._ground[0] != asked:
            self._ground = asked, ground_otherwise(self.result, asked)
        return self._ground[1]

    def _between(self, budget: float, risk: float) -> Shown:
        result = self.result
        return Shown(
            answered=quick_answer(result, budget, risk),
            held=result.held(budget, risk),
            risk=risk,
            asked=self.saved,
            weeks=pd.DatetimeIndex(result.world["plan_week"].to_numpy()),
            reference=result.reference,
            media=result.media,
            capacity=result.capacity,
        )

    def _anew(self, budget: float, risk: float, asked: Otherwise) -> Shown:
        ground = self.ground(asked)
        answered, held = ground.answer(budget, risk)
        cells = ground.problem.cells
        return Shown(
            answered=answered,
            held=held,
            risk=risk,
            asked=asked,
            weeks=cells.weeks,
            reference=cells.reference,
            media=ground.media,
            capacity=ground.capacity,
        )


def quick_answer(result: ScenarioResult, budget: float, risk: float) -> Answer:
    """The plan between those found ahead, valued by all draws of the result."""
    spend = result.ahead.plan(budget, risk)
    value = result.media if result.capacity is None else result.capacity
    outcomes = value.worth(spend)
    judged = RiskDial(risk).value(outcomes if result.judged is value else result.judged.worth(spend))
    return answer(
        value,
        result.media,
        spend,
        result.reference,
        budget=budget,
        judged=judged,
        bound=max(judged, result.ahead.bound_at(budget, risk)),
        kept=None if result.capacity is None else result.capacity.kept(spend),
        outcomes=outcomes,
    )
