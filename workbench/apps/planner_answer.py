"""What the planner is asked, and what it answers: between plans found ahead where only budget and caution move, else by a new plan."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from workbench.apps.planner_channels import Media, channel_draws, marginal_draws
from workbench.scenarios.answer import Answer, Worth, summary_of, worth_of
from workbench.scenarios.capacity.value import CapacityValue
from workbench.scenarios.objective import RiskDial
from workbench.scenarios.otherwise import OtherGround, Otherwise, ground_otherwise
from workbench.scenarios.problem.value import MediaValue
from workbench.scenarios.result import ScenarioResult


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A plan on the page and what it was valued on.

    Attributes:
        answered: The plan and its worth; what each channel brings is found when it is asked for.
        held: For each channel the limit that holds it, or nothing.
        risk: Position of the risk dial.
        asked: What was asked otherwise than in the saved plan.
        weeks: First day of each week.
        reference: Spend of the reference period, shape (H, M, C).
        media: What media cause.
        capacity: What teams make of it; None where none was configured.
        outcomes: What the plan is worth, by draw.
        saved: What the saved plan is worth there, by draw; None where it has other weeks.
        world: Name of the world, empty for the expected one.
    """

    answered: Worth
    held: tuple[str, ...]
    risk: float
    asked: Otherwise
    weeks: pd.DatetimeIndex
    reference: np.ndarray
    media: Media
    capacity: CapacityValue | None
    outcomes: np.ndarray
    saved: np.ndarray | None
    world: str = ""

    @property
    def value(self) -> Media | CapacityValue:
        return self.media if self.capacity is None else self.capacity

    @property
    def answer(self) -> Answer:
        """The plan and its worth, by channel too."""
        return Answer(**vars(self.answered), by_channel=self.by_channel)

    @cached_property
    def by_channel(self) -> np.ndarray:
        """Incremental revenue by channel: estimate, lower, upper; shape (3, C)."""
        spend = self.answered.spend
        kept = None if self.capacity is None else self.capacity.kept(spend)
        return summary_of(channel_draws(self.media, spend, kept).T)

    @cached_property
    def marginal(self) -> np.ndarray:
        """Currency that the next unit on each channel brings: estimate, lower, upper; shape (3, C)."""
        spend = self.answered.spend
        pattern = np.where(self.reference.sum(axis=(0, 1)) > 0, self.reference, 1.0)
        price = None if self.capacity is None else self.capacity.price(spend)
        return summary_of(marginal_draws(self.media, spend, pattern, price).T)


@dataclass
class Answers:
    """Answers from one saved plan; the last new ground is kept, as budget and caution move on it most often.

    Attributes:
        result: The saved plan.
    """

    result: ScenarioResult
    _ground: tuple[Otherwise, OtherGround] | None = field(default=None, init=False)
    _saved: tuple[object, np.ndarray] | None = field(default=None, init=False)

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
        answered, outcomes = quick_answer(result, budget, risk)
        value = result.media if result.capacity is None else result.capacity
        return Shown(
            answered=answered,
            held=result.held(budget, risk),
            risk=risk,
            asked=self.saved,
            weeks=pd.DatetimeIndex(result.world["plan_week"].to_numpy()),
            reference=result.reference,
            media=result.media,
            capacity=result.capacity,
            outcomes=outcomes,
            saved=self._saved_worth(value),
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
            outcomes=ground.value.worth(answered.spend),
            saved=self._saved_worth(ground.value) if len(cells.weeks) == self.result.horizon_weeks else None,
        )

    def _saved_worth(self, value: MediaValue) -> np.ndarray:
        if self._saved is None or self._saved[0] is not value:
            self._saved = value, value.worth(self.result.spend)
        return self._saved[1]


def quick_answer(result: ScenarioResult, budget: float, risk: float) -> tuple[Worth, np.ndarray]:
    """The saved plan where its own budget and caution are asked for, else the plan between those found ahead; and its worth by all draws."""
    own = _is_saved(result, budget, risk)
    spend = result.spend if own else result.ahead.plan(budget, risk)
    value = result.media if result.capacity is None else result.capacity
    outcomes = value.worth(spend)
    judged = RiskDial(risk).value(outcomes if result.judged is value else result.judged.worth(spend))
    bound = result.ahead.bound_at(budget, risk)
    if own:
        bound = min(bound, judged / (1.0 - result.estimate("optimality_gap", "plan").estimate))
    return worth_of(
        value, spend, result.reference, outcomes, budget=budget, judged=judged, bound=max(judged, bound)
    ), outcomes


def _is_saved(result: ScenarioResult, budget: float, risk: float) -> bool:
    """Plans that were asked for otherwise than by their budget are judged otherwise too."""
    asked = result.budget, result.risk
    return result.mode == "budget" and bool(np.allclose((budget, risk), asked, rtol=1e-9, atol=1e-9))
