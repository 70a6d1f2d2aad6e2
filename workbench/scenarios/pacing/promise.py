"""The optimiser's curse of a planning problem: plans chosen on half of the draws, held on the others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from workbench.mmm import ResponseModel
from workbench.scenarios.pacing.optimism import Optimism, optimism
from workbench.scenarios.problem.build import Problem
from workbench.scenarios.response.value import media_value
from workbench.scenarios.solve.effort import BRISK
from workbench.scenarios.solve.search import solve

BY_DRAW = ("half_life", "carry_over_shape", "half_saturation", "slope", "coefficient", "effectiveness")


def plan_optimism(problem: Problem, budget: float, *, seed: int) -> Optimism:
    """Of plans with this budget within the problem's limits, for the mean of the draws."""
    limits = problem.limits.with_budget(budget)
    whole = media_value(problem.response, problem.cells, limits)

    def choose(draws: np.ndarray) -> np.ndarray:
        value = media_value(_of_draws(problem.response, draws), problem.cells, limits)
        return solve(value, limits, starts=(problem.cells.reference,), effort=BRISK).spend

    return optimism(choose, whole.worth, problem.response.draws, seed=seed)


def _of_draws(response: ResponseModel, draws: np.ndarray) -> ResponseModel:
    return replace(response, **{name: getattr(response, name)[draws] for name in BY_DRAW})
