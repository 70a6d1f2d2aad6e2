"""What operations can deliver: calendars of teams, queues, and what more room is worth."""

from workbench.scenarios.capacity.calendar import Team, teams_of
from workbench.scenarios.capacity.company import company_capacity
from workbench.scenarios.capacity.more_room import MoreRoom, more_room
from workbench.scenarios.capacity.queue import Service, serve
from workbench.scenarios.capacity.review import capacity_check, capacity_findings
from workbench.scenarios.capacity.shadow import compare_plans, step_worth, steps_that_pay, team_weeks
from workbench.scenarios.capacity.states import capacity_in_states
from workbench.scenarios.capacity.value import CapacityValue, capacity_value

__all__ = [
    "CapacityValue",
    "MoreRoom",
    "Service",
    "Team",
    "capacity_check",
    "capacity_findings",
    "capacity_in_states",
    "capacity_value",
    "company_capacity",
    "compare_plans",
    "more_room",
    "serve",
    "step_worth",
    "steps_that_pay",
    "team_weeks",
    "teams_of",
]
