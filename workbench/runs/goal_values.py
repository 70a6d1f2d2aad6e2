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

# Stretches of as many days as a goal has, by which it is told how what it counts comes with revenue.
STRETCHES = 8
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
    constants: dict[str, float | np.ndarray] = {
        "margin": config.planning.margin,
        **of_runs(workspace, {quantity for each in needs.values() for quantity in each}),
    }
    measured = {
        name: alike(_of(needs[name], {**constants, **_measured(workspace, goal, needs[name], past, ends, first_open)}))
        for name, goal in config.goals.items()
    }
    return GoalInputs(
        goals=config.goals,
        registry=registry,
        measured=measured,
        constants=constants,
        rates=_rates(workspace, needs, past, ends, first_open),
        past=past,
        first_open=first_open,
        markets=past.markets if past else tuple(config.markets),
        market_labels={name: market.label for name, market in config.markets.items() if market.label},
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
    tables = _tables(needs, ends)
    used = [ends[name] for name in tables | ({"weeks"} if WEEKLY & set(needs) and past else set())]
    days = Days(first=goal.start, last=goal.by, market=goal.market)
    if goal.by >= on:
        days = _as_many_before(days, [on - timedelta(days=1), *used])
    elif any(end < goal.by for end in used):
        return {}
    found: dict[str, float | np.ndarray] = {}
    for name in tables:
        found |= COUNTS[name][1](workspace.table(name), days)
    return found | _weekly(past, days)


def _tables(needs: Iterable[str], ends: Mapping[str, date]) -> set[str]:
    """Tables that count any of the quantities."""
    return {name for name, (quantities, _) in COUNTS.items() if set(quantities) & set(needs) and name in ends}


def _as_many_before(days: Days, ends: Iterable[date]) -> Days:
    """The last days that are known before some days, as many as those."""
    last = min([days.first - timedelta(days=1), *ends])
    return Days(first=last - (days.last - days.first), last=last, market=days.market)


def _rates(
    workspace: Workspace,
    needs: Mapping[str, tuple[str, ...]],
    past: WeeklyPaths | None,
    ends: Mapping[str, date],
    on: date,
) -> dict[str, dict[str, np.ndarray]]:
    """By goal that is ahead, what comes with revenue and no model foresees; see `rates_ahead`."""
    goals = workspace.config.goals
    ahead = {name: goal for name, goal in goals.items() if _tables(needs[name], ends) and goal.by and goal.by >= on}
    if past is None or not ahead:
        return {}
    whole = past_weeks(workspace, set(), None)
    return {name: _rates_of(workspace, goal, needs[name], whole, ends, on) for name, goal in ahead.items()}


def _rates_of(
    workspace: Workspace, goal: Goal, needs: Iterable[str], past: WeeklyPaths | None, ends: Mapping[str, date], on: date
) -> dict[str, np.ndarray]:
    from workbench.scenarios.goals import rates_ahead

    if past is None or goal.start is None or goal.by is None:
        return {}
    tables = _tables(needs, ends)
    used = [on - timedelta(days=1), ends["weeks"], *(ends[name] for name in tables)]
    days = _as_many_before(Days(first=goal.start, last=goal.by, market=goal.market), used)
    counts: list[dict[str, float]] = []
    revenue: list[float] = []
    while len(counts) < STRETCHES and "revenue" in (weekly := _weekly(past, days)):
        found = {
            name: count for table in tables for name, count in COUNTS[table][1](workspace.table(table), days).items()
        }
        if not found.keys() & set(needs):
            break
        counts.insert(0, {name: count for name, count in found.items() if name in needs})
        revenue.insert(0, float(weekly["revenue"]))
        days = days.before
    return rates_ahead(counts, revenue, seed=1)


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
