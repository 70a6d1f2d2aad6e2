"""Review the plan that is under way, with the company's goals."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from workbench.runs.goal_values import goal_inputs
from workbench.runs.last_run import AUTO
from workbench.runs.saved_plan import came_since, earlier_reviews, saved_plan

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from workbench.result import Provenance
    from workbench.scenarios.goals import GoalReview, WeeklyPaths
    from workbench.scenarios.pacing.result import PerformanceResult
    from workbench.workspace import Workspace

LATER = ("later_media", "later_kpi", "later_controls")
WHAT_CAME = ("media", "kpi", "controls", *LATER, "deliveries", "capacity", "commitments")


def review_performance(workspace: Workspace, plan: str = AUTO, *, weeks: int = 0, seed: int = 1) -> PerformanceResult:
    """Hold the plan against what came, and judge all goals by how it is likely to end.

    Args:
        workspace: Whose plan, tables and goals.
        plan: `auto` for the newest, else a run's id.
        weeks: How many weeks of the plan to look at; 0 for all that are over.
        seed: Of all that is drawn.

    Raises:
        RunError: If there is no plan.
        SpecError: If no week of the plan is over.
    """
    from workbench.scenarios.pacing.review import UnderWay, review_plan

    found, config = saved_plan(workspace, plan), workspace.config
    first = found.plan.plan_weekly["week"].min()
    parameters: dict[str, str | int | float | bool | None] = {"plan": found.run, "weeks": weeks}

    def judge(ahead: WeeklyPaths, seen: int) -> GoalReview:
        return _judge(workspace, ahead, seen)

    result = review_plan(
        found.media_mix,
        UnderWay(
            run=found.run,
            weekly=found.plan.plan_weekly,
            levers=found.plan.levers_weekly,
            triggers=found.plan.triggers,
            false_alarms=found.plan.false_alarms,
            seed=found.plan.provenance.seed or seed,
            teams=() if found.plan.capacity is None else found.plan.capacity.teams,
            labels=found.plan.called,
            earlier=earlier_reviews(workspace),
        ),
        came_since(workspace, first),
        found.plan.planning,
        weeks=weeks,
        goals=judge if config.goals else None,
        provenance=workspace.provenance_of(
            {"media_mix": found.media_mix, "plan": found.plan}, parameters=parameters, seed=seed
        ),
        seed=seed,
    )
    notes = (*result.notes, *_left_out(workspace, first))
    return replace(result, provenance=_with_what_came(workspace, result), notes=notes)


def _with_what_came(workspace: Workspace, result: PerformanceResult) -> Provenance:
    """The data of a review are also the weeks since the plan began."""
    from workbench.data.fingerprint import fingerprint

    made, last = result.provenance, result.course["week"].iloc[result.weeks_seen - 1] + timedelta(days=6)
    tables = {name: fingerprint(workspace.table(name)) for name in WHAT_CAME if workspace.has(name)}
    window = None if made.window is None else (made.window[0], last.date())
    return replace(made, inputs=made.inputs | tables, window=window)


def _left_out(workspace: Workspace, first: pd.Timestamp) -> Iterator[str]:
    """Later rows of weeks that the media mix was fitted to, which a review doesn't look at."""
    for name in LATER:
        if workspace.has(name):
            weeks = workspace.frame(name)["week"]
            if early := weeks[weeks < first].nunique():
                yield f"{name} holds {early} weeks from before the plan, which the media mix was fitted to; they are left out here."


def _judge(workspace: Workspace, ahead: WeeklyPaths, seen: int) -> GoalReview:
    """All goals on the day after the weeks seen, which count as they came."""
    from workbench.scenarios.goals import review_goals
    from workbench.scenarios.goals.weekly_paths import joined

    today = (ahead.weeks[seen - 1] + timedelta(days=7)).date()
    inputs = goal_inputs(workspace, on=today)
    came = replace(
        ahead, weeks=ahead.weeks[:seen], paths={name: paths[:, :seen] for name, paths in ahead.paths.items()}
    )
    past = came if inputs.past is None or inputs.past.markets != ahead.markets else joined(inputs.past, came)
    return review_goals(replace(inputs, past=past), ahead, on=today)
