"""What a plan decides, and what it may: cells of spend by week, market and channel, within limits."""

from workbench.scenarios.problem.cells import Cells
from workbench.scenarios.problem.rows import Limits, Rule, RuleKind, Switch
from workbench.scenarios.problem.value import MediaValue, Tangent

__all__ = ["Cells", "Limits", "MediaValue", "Rule", "RuleKind", "Switch", "Tangent"]
