"""What `workbench check` says of the goals: how they are set, and how likely the newest plan makes them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from workbench.contracts import TableReport
from workbench.errors import DataError, RunError
from workbench.runs.goal_values import goal_inputs
from workbench.runs.store import latest_run

if TYPE_CHECKING:
    from workbench.workspace import Workspace

PLAN, PROBABILITY = "scenario_planning", "goal_probability"


def check_goals(workspace: Workspace) -> TableReport:
    """Hold every goal to the linter's five questions.

    A goal that is unlikely is no mistake of the file: that stands in the notes, as does what can't be told yet.
    """
    from workbench.scenarios.goals import review_goals
    from workbench.scenarios.goals.words import likely, spoken

    rules = review_goals(goal_inputs(workspace)).rules
    planned, goals = _planned(workspace), workspace.config.goals
    failed = rules[rules["passed"].eq(False).fillna(False)]
    over = set(failed.loc[failed["rule"] == "time_bound", "goal"])
    untold = rules[rules["passed"].isna() & ~((rules["rule"] == "achievable") & rules["goal"].isin(planned))]
    told = tuple(
        f"{spoken(name, goals[name].label)} is {likely(chance)} to be reached under the newest plan."
        for name, chance in planned.items()
        if name in goals and name not in over
    )
    return TableReport(
        name="goals",
        problems=tuple(failed["detail"]),
        notes=(*untold["detail"], *told),
    )


def _planned(workspace: Workspace) -> dict[str, float]:
    """How likely the newest plan makes each goal; empty without a plan."""
    from workbench.result import Result

    try:
        estimates = Result.load(latest_run(workspace.reports, PLAN).result_folder).estimates
    except (RunError, DataError):
        return {}
    chances = estimates[estimates["quantity"] == PROBABILITY]
    return {
        str(name): float(chance)
        for name, chance in zip(chances["entity"], chances["estimate"], strict=True)
        if not math.isnan(chance)
    }
