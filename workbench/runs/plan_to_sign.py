"""The plan as an executive signs it: its own sentences first, then one each of capacity, goals and what would make us change."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from workbench.scenarios.contingency import contingency_checks, contingency_findings, labelled
from workbench.scenarios.prepared import PreparedPlan

if TYPE_CHECKING:
    from workbench.runs.plan_capacity import PlanCapacity
    from workbench.runs.plan_contingency import PlanContingency
    from workbench.scenarios.goals import GoalReview
    from workbench.scenarios.result import ScenarioResult


def plan_to_sign(
    result: ScenarioResult, *, goals: GoalReview, capacity: PlanCapacity, contingency: PlanContingency
) -> PreparedPlan:
    """The plan with all checks and, of each part, the sentence that matters most; the others stand in the part's own section."""
    found = contingency.found
    told = replace(
        goals.added_to(result),
        findings=(
            *result.findings,
            *capacity.findings[:1],
            *([goals.summary] if goals.summary else []),
            *contingency_findings(labelled(found, result.called), result.currency)[:1],
        ),
        checks=(*result.checks, *capacity.checks, *goals.checks, *contingency_checks(found)),
    )
    return PreparedPlan.of(told, found, bids=contingency.bids, team_weeks=capacity.team_weeks)
