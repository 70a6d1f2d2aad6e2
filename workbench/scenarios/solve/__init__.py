"""Finding a plan and proving how good it is."""

from workbench.scenarios.solve.effort import BRISK, THOROUGH, Effort
from workbench.scenarios.solve.solution import Plan

__all__ = ["BRISK", "THOROUGH", "Effort", "Plan"]
