"""What operations can deliver: calendars of teams, queues, and what more room is worth."""

from workbench.scenarios.capacity.calendar import Team, teams_of
from workbench.scenarios.capacity.queue import Service, serve
from workbench.scenarios.capacity.shadow import compare_plans, step_worth, steps_that_pay, team_weeks
from workbench.scenarios.capacity.value import CapacityValue, capacity_value

__all__ = [
    "CapacityValue",
    "Service",
    "Team",
    "capacity_value",
    "compare_plans",
    "serve",
    "step_worth",
    "steps_that_pay",
    "team_weeks",
    "teams_of",
]
