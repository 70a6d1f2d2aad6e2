"""From the configuration and the media mix to a planning problem: cells, limits and what media return."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from workbench.config.planning import Planning
from workbench.mmm import ResponseModel
from workbench.scenarios.problem.agreements import group_rules, period_rules, total_rules, weekly_spend_rules
from workbench.scenarios.problem.cells import Cells, Labels
from workbench.scenarios.problem.changes import change_rules, room_of, weekly_rules
from workbench.scenarios.problem.committed import Committed, committed_spend
from workbench.scenarios.problem.doubt import doubt_of
from workbench.scenarios.problem.layout import cells_of, planned_weeks
from workbench.scenarios.problem.levers import LeverCells, lever_rules, lever_switches, with_experience, with_levers
from workbench.scenarios.problem.names import members_of, refuse_unknown_names
from workbench.scenarios.problem.reach import Reach, reach_of, refuse_crossed
from workbench.scenarios.problem.rows import Limits
from workbench.scenarios.problem.switches import switches_of
from workbench.scenarios.problem.untried import with_untried


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What is to be planned.

    Attributes:
        cells: The plan's weeks, markets and channels, levers and those never tried included.
        limits: All limits but the budget.
        response: What media return, of the same channels.
        upper_reason: Where each cell's upper limit comes from, in words, shape (M, C).
        committed: What is booked already.
        levers: Controls that the plan may move, each a channel of the cells.
        doubt: Currency that a unit of spend beyond experience is docked when a plan is judged, shape (M, C).
        planning: What limits it, each group with its channels.
    """

    cells: Cells
    limits: Limits
    response: ResponseModel
    upper_reason: np.ndarray
    committed: Committed
    levers: tuple[LeverCells, ...]
    doubt: np.ndarray
    planning: Planning = field(default_factory=Planning)

    @property
    def buys_media(self) -> np.ndarray:
        """Which channels are media rather than levers, shape (C,)."""
        return ~np.isin(self.cells.channels, [lever.name for lever in self.levers])


def build_problem(
    response: ResponseModel,
    last_week: pd.Timestamp,
    planning: Planning,
    *,
    horizon_weeks: int,
    currency: str,
    group_of: Mapping[str, str] | None = None,
    commitments: pd.DataFrame | None = None,
    levers: Sequence[LeverCells] = (),
    labels: Labels | None = None,
    seed: int = 1,
) -> Problem:
    """Lay out the weeks after `last_week` and all that limits spend in them.

    Args:
        response: What media return, in the draws of a media mix.
        last_week: First day of the last week of its history.
        planning: The limits.
        horizon_weeks: Weeks to plan.
        currency: For messages.
        group_of: The group of each channel, as `[channels]` names it.
        commitments: The canonical table of bookings.
        levers: Controls that the plan may move, with the draws of `response`.
        labels: How reports call channels and markets.
        seed: Of the draws for channels that were never tried.

    Raises:
        SpecError: If the request can't mean anything.
        InfeasiblePlan: If two limits of the same cells contradict each other.
    """
    weeks = planned_weeks(last_week, horizon_weeks)
    media, response = response.channels, with_levers(response, levers)
    channels = (*response.channels, *planning.untried)
    refuse_unknown_names(planning, channels, response.markets, known=media)
    members = members_of(planning, channels, group_of or {})
    committed = committed_spend(commitments, weeks, response.markets, channels)
    called = _called(labels or Labels(), levers)
    complete = with_untried(response, planning.untried, horizon_weeks, seed=seed)
    cells = with_experience(cells_of(complete, weeks, planning, committed.firm, called), levers)
    # A lever's straight line returns the same per currency from the first unit on.
    straight = np.isin(cells.channels, [lever.name for lever in levers])
    share = planning.doubt if planning.beyond_observed == "penalise" else 0.0
    doubt = doubt_of(complete, np.where(straight, 1.0, cells.observed.max(axis=0)), share)
    reach, limits = _limits(cells, complete, planning, members, levers, currency)
    return Problem(
        cells=cells,
        limits=limits,
        response=complete,
        upper_reason=reach.upper_reason,
        committed=committed,
        levers=tuple(levers),
        doubt=doubt,
        planning=_with_members(planning, members, channels),
    )


def _with_members(planning: Planning, members: Mapping[str, list[int]], channels: tuple[str, ...]) -> Planning:
    groups = {
        name: group.model_copy(update={"channels": tuple(channels[c] for c in members[name])})
        for name, group in planning.groups.items()
    }
    return planning.model_copy(update={"groups": groups})


def _called(labels: Labels, levers: Sequence[LeverCells]) -> Labels:
    return replace(labels, channels={**labels.channels, **{each.name: each.label for each in levers}})


def _limits(
    cells: Cells,
    response: ResponseModel,
    planning: Planning,
    members: Mapping[str, list[int]],
    levers: Sequence[LeverCells],
    currency: str,
) -> tuple[Reach, Limits]:
    room = room_of(cells, response.spend_history, planning)
    reach = reach_of(cells, room, response, planning, levers, currency)
    refuse_crossed(reach, cells, planning.minimum, currency)
    switches, switched_on = switches_of(cells, reach, planning, currency)
    free = np.array([name in planning.untried or not room.base[:, c].any() for c, name in enumerate(cells.channels)])
    rules = (
        *change_rules(cells, room, free),
        *weekly_rules(cells, planning),
        *weekly_spend_rules(cells, planning),
        *total_rules(cells, planning),
        *group_rules(cells, planning.groups, members),
        *period_rules(cells, planning.periods, response.spend_history),
        *lever_rules(cells, levers),
        *switched_on,
    )
    switches = (*switches, *lever_switches(cells, levers, reach.upper))
    return reach, Limits(lower=reach.lower, upper=reach.upper, rules=rules, switches=switches)
