"""Plans: what to spend by week, market and channel, with a proof of how good the plan is."""

from workbench.scenarios.answer import Answer, answer
from workbench.scenarios.findings import next_unit
from workbench.scenarios.handoff import media_plan_weekly
from workbench.scenarios.plan import Planned, make_plan, plan_budget, plan_result
from workbench.scenarios.request import PlanRequest
from workbench.scenarios.result import ScenarioResult

__all__ = [
    "Answer",
    "PlanRequest",
    "Planned",
    "ScenarioResult",
    "answer",
    "make_plan",
    "media_plan_weekly",
    "next_unit",
    "plan_budget",
    "plan_result",
]
