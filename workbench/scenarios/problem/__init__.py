"""What a plan decides, and what it may: cells of spend by week, market and channel, within limits."""

from workbench.scenarios.problem.build import Problem, build_problem
from workbench.scenarios.problem.cells import Cells, Labels
from workbench.scenarios.problem.doubt import doubted
from workbench.scenarios.problem.feasible import Relaxation, Relaxations, refuse_infeasible, relaxations
from workbench.scenarios.problem.rows import Limits, Rule, RuleKind, Switch
from workbench.scenarios.problem.value import MediaValue, Tangent

__all__ = [
    "Cells",
    "Labels",
    "Limits",
    "MediaValue",
    "Problem",
    "Relaxation",
    "Relaxations",
    "Rule",
    "RuleKind",
    "Switch",
    "Tangent",
    "build_problem",
    "doubted",
    "refuse_infeasible",
    "relaxations",
]
