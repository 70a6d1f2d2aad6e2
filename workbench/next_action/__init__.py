"""Next best action: what to do for each customer, worth most within budgets, capacities and consent."""

from workbench.next_action.campaigns import Logged, logged_contacts
from workbench.next_action.decide import Decision, decide
from workbench.next_action.off_policy import PolicyValue, evaluate_policy
from workbench.next_action.offers import Limits, Offers
from workbench.next_action.people import People, people_of
from workbench.next_action.plan import Plan, plan_actions, stand_in_scores, tables_used, with_limits
from workbench.next_action.result import NextActionResult

__all__ = [
    "Decision",
    "Limits",
    "Logged",
    "NextActionResult",
    "Offers",
    "People",
    "Plan",
    "PolicyValue",
    "decide",
    "evaluate_policy",
    "logged_contacts",
    "people_of",
    "plan_actions",
    "stand_in_scores",
    "tables_used",
    "with_limits",
]
