"""What `workbench check` says of planning: whether `[planning]` and its tables name teams, channels, markets and controls that there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from workbench.contracts import TableReport
from workbench.errors import DataError, SpecError, WorkbenchError

if TYPE_CHECKING:
    import pandas as pd

    from workbench.config.capacity import Capacity
    from workbench.data.panel import Panel
    from workbench.workspace import Workspace

# As many as a plan has unless it is asked for others.
HORIZON_WEEKS = 13
TABLES = ("commitments", "capacity", "deliveries", "later_media", "later_kpi")


def check_planning(workspace: Workspace) -> TableReport | None:
    """Hold `[planning]` and the tables of planning against the media mix's channels, markets and controls.

    Weeks for which a team's capacity isn't known are no mistake of the file, since a plan may be shorter: they stand in the notes.

    Returns:
        None where there is nothing to plan with, or nothing stated about planning.
    """
    tables = {name: workspace.frame(name) for name in TABLES if workspace.has(name)}
    planning = workspace.config.planning
    if not (workspace.has("media") and workspace.has("kpi")) or not (tables or planning.model_fields_set):
        return None
    panel = workspace.panel()
    checks: list[Callable[[], None]] = [
        lambda: _names(workspace, panel),
        lambda: _levers(workspace, panel),
        lambda: _scenarios(workspace, panel),
        lambda: _commitments(tables, panel, workspace),
        lambda: _teams(tables, panel, workspace),
        lambda: _deliveries(tables, panel, workspace),
        *(lambda name=name: _later(name, tables, panel) for name in ("later_media", "later_kpi")),
    ]
    problems = tuple(dict.fromkeys(told for check in checks for told in _told(check)))
    notes = () if problems else tuple(_told(lambda: _room(tables, panel, workspace)))
    return TableReport(name="planning", problems=problems, notes=notes)


def _told(check: Callable[[], None]) -> Iterator[str]:
    try:
        check()
    except WorkbenchError as error:
        yield f"{str(error).removesuffix('.')}."


def _names(workspace: Workspace, panel: Panel) -> None:
    from workbench.scenarios.problem.names import members_of, refuse_unknown_names

    planning = workspace.config.planning
    channels = (*panel.channels, *planning.levers, *planning.untried)
    refuse_unknown_names(planning, channels, panel.markets, known=panel.channels)
    members_of(planning, channels, {name: channel.group for name, channel in workspace.config.channels.items()})


def _levers(workspace: Workspace, panel: Panel) -> None:
    from workbench.scenarios.problem.levers import refuse_unmovable

    refuse_unmovable(workspace.config.planning.levers, panel.channels, panel.markets, panel.controls)


def _scenarios(workspace: Workspace, panel: Panel) -> None:
    from workbench.scenarios.contingency.states import build_states

    planning = workspace.config.planning
    build_states(
        planning.scenarios,
        budget=float(panel.spend[-HORIZON_WEEKS:].sum()),
        weeks=HORIZON_WEEKS,
        channels=(*panel.channels, *planning.levers, *planning.untried),
        teams=tuple(planning.capacity),
    )


def _commitments(tables: dict[str, pd.DataFrame], panel: Panel, workspace: Workspace) -> None:
    from workbench.scenarios.problem.committed import committed_spend

    channels = (*panel.channels, *workspace.config.planning.untried)
    committed_spend(tables.get("commitments"), _weeks(panel), panel.markets, channels)


def _teams(tables: dict[str, pd.DataFrame], panel: Panel, workspace: Workspace) -> None:
    """Which teams there are, apart from the weeks for which their room is known."""
    capacities = workspace.config.planning.capacity
    always = {
        name: each.model_copy(update={"weekly": each.weekly if each.weekly is not None else 0.0})
        for name, each in capacities.items()
    }
    _lay(always, tables, panel)


def _room(tables: dict[str, pd.DataFrame], panel: Panel, workspace: Workspace) -> None:
    _lay(dict(workspace.config.planning.capacity), tables, panel)


def _lay(capacities: dict[str, Capacity], tables: dict[str, pd.DataFrame], panel: Panel) -> None:
    import numpy as np

    from workbench.scenarios.capacity import teams_of

    value = np.ones(len(panel.markets))
    teams_of(capacities, tables.get("capacity"), _weeks(panel), tail=0, markets=panel.markets, value_per_kpi=value)


def _deliveries(tables: dict[str, pd.DataFrame], panel: Panel, workspace: Workspace) -> None:
    from workbench.scenarios.capacity.calendar import ALL
    from workbench.scenarios.pacing.actuals import refuse_unknown_teams

    if (rows := tables.get("deliveries")) is None:
        return
    refuse_unknown_teams(rows, workspace.config.planning.capacity)
    if unknown := sorted(set(rows["market"]) - {*panel.markets, ALL}):
        raise SpecError(
            f"deliveries.market names {unknown[0]}, which the media mix doesn't know; its markets are {', '.join(panel.markets)}, "
            f"and {ALL} stands for a team that serves every one"
        )


def _later(name: str, tables: dict[str, pd.DataFrame], panel: Panel) -> None:
    """Weeks that came since hold what the tables of the media mix hold."""
    if (rows := tables.get(name)) is None:
        return
    for column, known in (("channel", panel.channels), ("market", panel.markets)):
        if column in rows and (unknown := sorted(set(rows[column]) - set(known))):
            raise DataError(
                f"{name}.{column} names {unknown[0]}, which the media mix doesn't know; its {column}s are {', '.join(known)}: "
                "correct the name, or add it to the weeks before and to the media mix"
            )


def _weeks(panel: Panel) -> pd.DatetimeIndex:
    from workbench.scenarios.problem.layout import planned_weeks

    return planned_weeks(panel.weeks[-1], HORIZON_WEEKS)
