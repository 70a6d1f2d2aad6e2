"""The plan as an executive signs it: its own sentences first, then one each of capacity, goals and what would make us change."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from workbench.scenarios.contingency import contingency_checks, contingency_findings

if TYPE_CHECKING:
    from workbench.runs.plan_capacity import PlanCapacity
    from workbench.scenarios.contingency import Contingency
    from workbench.scenarios.goals import GoalReview
    from workbench.scenarios.result import ScenarioResult


def plan_to_sign(
    result: ScenarioResult, *, goals: GoalReview, capacity: PlanCapacity, contingency: Contingency
) -> ScenarioResult:
    """The plan with all checks and, of each part, the sentence that matters most; the others stand in the part's own section."""
    return replace(
        goals.added_to(result),
        findings=(
            *result.findings,
            *capacity.findings[:1],
            *([goals.summary] if goals.summary else []),
            *contingency_findings(contingency, result.currency)[:1],
        ),
        checks=(*result.checks, *capacity.checks, *goals.checks, *contingency_checks(contingency)),
    )
