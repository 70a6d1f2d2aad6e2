"""Goals and KPIs: one registry, how likely each goal is to be reached, and what is wrong with how it is set."""

from workbench.scenarios.goals.chance import Chance, chance_of
from workbench.scenarios.goals.formula import Formula, parse
from workbench.scenarios.goals.inputs import GoalInputs
from workbench.scenarios.goals.kpis import QUANTITIES, KpiRegistry, kpi_registry
from workbench.scenarios.goals.lint import RULES, lint
from workbench.scenarios.goals.rates import rates_ahead
from workbench.scenarios.goals.review import GoalReview, review_goals
from workbench.scenarios.goals.weekly_paths import WeeklyPaths, alike

__all__ = [
    "QUANTITIES",
    "RULES",
    "Chance",
    "Formula",
    "GoalInputs",
    "GoalReview",
    "KpiRegistry",
    "WeeklyPaths",
    "alike",
    "chance_of",
    "kpi_registry",
    "lint",
    "parse",
    "rates_ahead",
    "review_goals",
]
