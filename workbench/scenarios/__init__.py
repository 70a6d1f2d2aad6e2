"""Plans: how to split a budget, with a proof of how good the split is."""

from workbench.scenarios.answer import Answer, answer
from workbench.scenarios.handoff import media_plan_weekly
from workbench.scenarios.plan import plan_budget
from workbench.scenarios.result import ScenarioResult

__all__ = ["Answer", "ScenarioResult", "answer", "media_plan_weekly", "plan_budget"]
