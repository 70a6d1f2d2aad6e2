"""Finding a plan and proving how good it is."""

from workbench.scenarios.solve.effort import BRISK, PATIENT, THOROUGH, Effort
from workbench.scenarios.solve.linear import LinearAnswer, linear_max, most_under
from workbench.scenarios.solve.search import solve
from workbench.scenarios.solve.solution import Plan

__all__ = [
    "BRISK",
    "PATIENT",
    "THOROUGH",
    "Effort",
    "LinearAnswer",
    "Plan",
    "linear_max",
    "most_under",
    "solve",
]
