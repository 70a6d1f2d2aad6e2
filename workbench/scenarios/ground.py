"""What a plan is made on, and what is taken to be spent when it is over: of a budget, as much a week as in the middle of the plan itself.

Were less spent then, the plan's last weeks would find emptier curves afterwards, and every plan would end with a pulse. Its first weeks may
well begin with one: they build up what past spend has not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from workbench.scenarios.capacity.value import CapacityValue
from workbench.scenarios.counted import Counted, counted
from workbench.scenarios.problem import Problem
from workbench.scenarios.relaxed import answer_or_relax
from workbench.scenarios.request import Answered, PlanRequest, answer_request
from workbench.scenarios.response import ResponseValue, media_value
from workbench.scenarios.solve import BRISK, PATIENT

if TYPE_CHECKING:
    from workbench.mmm.posterior.outlook import Outlook

# Aims that every plan serves more or less, so that none is out of reach.
OF_A_BUDGET = ("budget", "profit", "marginal_roas")


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What a plan is made on.

    Attributes:
        problem: Cells, limits (the budget aside) and the response.
        media: What media cause.
        capacity: What teams make of it; None where none is configured.
        outlook: What comes without the plan, in its weeks and those of the carry-over after it.
    """

    problem: Problem
    media: ResponseValue
    capacity: CapacityValue | None
    outlook: Outlook

    @property
    def value(self) -> ResponseValue | CapacityValue:
        """What plans are judged by."""
        return self.media if self.capacity is None else self.capacity

    def answer(self, request: PlanRequest, *, seed: int) -> Answered:
        """As `answer_or_relax`."""
        currency = self.outlook.currency
        return answer_or_relax(request, self.problem, self._counts(request, seed), currency=currency, effort=PATIENT)

    def lasting(self, request: PlanRequest, *, seed: int) -> Self:
        """The same, spending after the plan as much a week as the middle of a plan that is found briskly.

        Where an aim decides how much is spent, the ground stays as it is: whether the aim is reached, and how much more it would take,
        must not hang on what would then be spent afterwards.
        """
        if request.mode not in OF_A_BUDGET:
            return self
        counts, currency = self._counts(request, seed), self.outlook.currency
        first = answer_request(request, self.problem, counts.value, currency=currency, effort=BRISK).plan.spend
        ends = len(first) // 4
        return self.going_on(first[ends : len(first) - ends].mean(axis=0))

    def going_on(self, after: np.ndarray) -> Self:
        """The same with so much a week spent after the plan, shape (M, C)."""
        problem = replace(self.problem, cells=replace(self.problem.cells, after=after))
        media = media_value(problem.response, problem.cells, problem.limits)
        capacity = None if self.capacity is None else self.capacity.going_on(self.media, media)
        return replace(self, problem=problem, media=media, capacity=capacity)

    def _counts(self, request: PlanRequest, seed: int) -> Counted:
        return counted(request.mode, self.value, self.outlook, len(self.problem.cells.weeks), seed=seed)
