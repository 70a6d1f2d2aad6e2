"""What the company's goals are judged by: declared in `workbench.toml`, measured in its tables and newest runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING

from workbench.data.schemas import TIME_COLUMN
from workbench.errors import SpecError
from workbench.runs.goal_tables import COUNTS, Days, last_day
from workbench.runs.goal_weeks import past_weeks
from workbench.runs.known_quantities import of_runs

if TYPE_CHECKING:
    import numpy as np

    from workbench.config import Goal
    from workbench.scenarios.goals import GoalInputs, KpiRegistry, WeeklyPaths
    from workbench.workspace import Workspace

WEEKLY = frozenset({"revenue", "conversions", "spend", "media_revenue"})


def goal_inputs(workspace: Workspace, *, on: date | None = None) -> GoalInputs:
    """Read all that goals are judged by.

    Args:
        workspace: Whose goals, tables and runs.
        on: First day ahead; unset for the first day that the weekly tables, else the orders or leads, don't know.

    Raises:
        DataError: If a table breaks its schema.
    """
    from workbench.scenarios.goals import GoalInputs, alike, kpi_registry

    config = workspace.config
    registry = kpi_registry(config.kpis, workspace.currency, tuple(config.experiments))
    if not config.goals:
        return GoalInputs(goals={}, registry=registry, measured={}, first_open=on or date.min)
    needs = {name: _needs(registry, goal) for name, goal in config.goals.items()}
    past = past_weeks(workspace, {quantity for each in needs.values() for quantity in each}, _earliest(config.goals))
    ends = _ends(workspace, past)
    first_open = on or (max(ends.values()) + timedelta(days=1) if ends else date.min)
    constants = {"margin": config.planning.margin}
    fixed: dict[str, float | np.ndarray] = {
        **constants,
        **of_runs(workspace, {quantity for each in needs.values() for quantity in each}),
    }
    measured = {
        name: alike(_of(needs[name], {**fixed, **_measured(workspace, goal, needs[name], past, ends, first_open)}))
        for name, goal in config.goals.items()
    }
    return GoalInputs(
        goals=config.goals,
        registry=registry,
        measured=measured,
        constants=constants,
        past=past,
        first_open=first_open,
        markets=past.markets if past else tuple(config.markets),
    )


def _needs(registry: KpiRegistry, goal: Goal) -> tuple[str, ...]:
    """Quantities that a goal's KPI is made of; none of a KPI that can't be computed, which the linter tells."""
    try:
        return registry.needs(goal.kpi)
    except SpecError:
        return ()


def _of(needs: tuple[str, ...], found: Mapping[str, float | np.ndarray]) -> dict[str, float | np.ndarray]:
    return {name: found[name] for name in needs if name in found}


def _earliest(goals: Mapping[str, Goal]) -> date | None:
    """The first day that any goal counts or is compared with; None where no goal has days."""
    firsts = [2 * goal.start.toordinal() - goal.by.toordinal() - 1 for goal in goals.values() if goal.start and goal.by]
    return date.fromordinal(max(1, min(firsts))) if firsts else None


def _ends(workspace: Workspace, past: WeeklyPaths | None) -> dict[str, date]:
    """The last day that each kind of table knows of."""
    ends = {} if past is None else {"weeks": (past.weeks[-1] + timedelta(days=6)).date()}
    for name in COUNTS:
        if workspace.has(name) and (last := last_day(workspace.table(name), TIME_COLUMN[name])):
            ends[name] = last
    return ends


def _measured(
    workspace: Workspace,
    goal: Goal,
    needs: Iterable[str],
    past: WeeklyPaths | None,
    ends: Mapping[str, date],
    on: date,
) -> dict[str, float | np.ndarray]:
    """Quantities of the goal's own days if these are over, else of as many days before."""
    if goal.start is None or goal.by is None:
        return {}
    tables = {name for name, (quantities, _) in COUNTS.items() if set(quantities) & set(needs) and name in ends}
    used = [ends[name] for name in tables | ({"weeks"} if WEEKLY & set(needs) and past else set())]
    days = Days(first=goal.start, last=goal.by, market=goal.market)
    if goal.by >= on:
        length = goal.by - goal.start
        last = min([goal.start - timedelta(days=1), on - timedelta(days=1), *used])
        days = Days(first=last - length, last=last, market=goal.market)
    elif any(end < goal.by for end in used):
        return {}
    found: dict[str, float | np.ndarray] = {}
    for name in tables:
        found |= COUNTS[name][1](workspace.table(name), days)
    return found | _weekly(past, days)


def _weekly(past: WeeklyPaths | None, days: Days) -> dict[str, float | np.ndarray]:
    if past is None or not past.covers(days.first, days.last) or (days.market and days.market not in past.markets):
        return {}
    import numpy as np

    totals = past.totals(days.first, days.last, days.market)
    return {
        name: float(draws[0]) if len(draws) == 1 else draws
        for name, draws in totals.items()
        if np.isfinite(draws).all()
    }
