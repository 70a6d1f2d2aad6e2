"""Least and most of each single cell, and where that comes from in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.config.planning import Planning
from workbench.errors import InfeasiblePlan
from workbench.mmm import ResponseModel
from workbench.scenarios.problem.cells import Cells
from workbench.scenarios.problem.changes import Room
from workbench.scenarios.problem.levers import LeverCells
from workbench.scenarios.problem.untried import split_over_markets
from workbench.wording import money, percent

TEST_WEEKS = 4
NO_REFERENCE = "no spend in the reference period that could change"
COMMITTED = "spend that is committed"


@dataclass(frozen=True, kw_only=True)
class Reach:
    """Limits of the cells.

    Attributes:
        lower: Shape (H, M, C).
        upper: Shape (H, M, C).
        upper_reason: What the upper limit comes from, in words, shape (M, C).
    """

    lower: np.ndarray
    upper: np.ndarray
    upper_reason: np.ndarray


def reach_of(
    cells: Cells,
    room: Room,
    response: ResponseModel,
    planning: Planning,
    levers: Sequence[LeverCells],
    currency: str,
) -> Reach:
    """The narrowest of all limits on single cells.

    A cell gets at most what the change limit leaves for the whole horizon, and in a week no more than the largest week so
    far and the same change on top: a plan that puts a quarter's money into one week is a guess.

    Raises:
        InfeasiblePlan: If more is committed than `planning.maximum` allows.
    """
    weeks = len(cells.weeks)
    caps: dict[str, np.ndarray] = {
        "what the largest change leaves for the whole horizon": np.repeat(room.upper[None], weeks, axis=0),
        "the largest week so far and the largest change on top": np.repeat(
            _largest_week(response, room, weeks)[None] * (1 + room.change), weeks, axis=0
        ),
    }
    if planning.beyond_observed == "forbid":
        caps["the most that ever acted in a week"] = cells.observed * cells.price
    names, stacked = list(caps), np.stack(list(caps.values()))
    upper, reason = stacked.min(axis=0), np.array(names, dtype=object)[stacked.min(axis=1).argmin(axis=0)]
    reason = np.where(room.base == 0, NO_REFERENCE, reason)
    _open_where_stated(upper, reason, cells, room, planning, response)
    _open_levers(upper, reason, cells, levers, known_only=planning.beyond_observed == "forbid")
    _cap_at_maximum(upper, reason, cells, planning, currency)
    reason = np.where((cells.locked > upper).any(axis=0), COMMITTED, reason)
    return Reach(lower=cells.locked, upper=np.maximum(upper, cells.locked), upper_reason=reason)


def _largest_week(response: ResponseModel, room: Room, weeks: int) -> np.ndarray:
    return np.maximum(response.spend_history.max(axis=0), room.base / weeks)


def _open_where_stated(
    upper: np.ndarray,
    reason: np.ndarray,
    cells: Cells,
    room: Room,
    planning: Planning,
    response: ResponseModel,
) -> None:
    """A test budget, and for a channel without any reference its `planning.maximum`, open what would be closed."""
    for c, name in enumerate(cells.channels):
        if name in planning.untried:
            opinion = planning.untried[name]
            share = split_over_markets(response, response.channels.index(opinion.like))
            even = opinion.test_budget * share / len(cells.weeks)
            upper[:, :, c] = np.minimum(TEST_WEEKS * even, opinion.test_budget * share)
            reason[:, c] = f"planning.untried.{name}: {TEST_WEEKS} weeks of an even test"
        elif not room.base[:, c].any() and name in planning.maximum:
            upper[:, :, c], reason[:, c] = planning.maximum[name], "planning.maximum"


def _open_levers(
    upper: np.ndarray, reason: np.ndarray, cells: Cells, levers: Sequence[LeverCells], *, known_only: bool
) -> None:
    for each in levers:
        c = cells.channels.index(each.name)
        units = np.minimum(each.room, each.known) if known_only else each.room
        upper[:, :, c] = units * each.cost * cells.price[:, :, c]
        stated = each.terms.limit is not None and not (known_only and (each.known < each.room).any())
        reason[:, c] = (
            f"planning.levers.{each.name}.limit" if stated else f"the furthest that {each.terms.control} ever was"
        )


def _cap_at_maximum(upper: np.ndarray, reason: np.ndarray, cells: Cells, planning: Planning, currency: str) -> None:
    for name, most in planning.maximum.items():
        c = cells.channels.index(name)
        reason[:, c] = np.where((upper[:, :, c] > most).all(axis=0), "planning.maximum", reason[:, c])
        upper[:, :, c] = np.minimum(upper[:, :, c], most)
        booked = cells.locked[:, :, c].sum(axis=1)
        if (booked > most * (1 + 1e-9)).any():
            week = int(np.argmax(booked > most * (1 + 1e-9)))
            raise InfeasiblePlan(
                f"{money(booked[week], currency)} is committed for {name} in the week of {cells.weeks[week]:%Y-%m-%d}, "
                f"above planning.maximum.{name} of {money(most, currency)}; raise that to "
                f"{money(booked[week], currency)} or give bookings back"
            )


def refuse_crossed(reach: Reach, cells: Cells, minimum: Mapping[str, float], currency: str) -> None:
    """Check each channel's least weekly spend against what its cells may take.

    Raises:
        InfeasiblePlan: If a week can't take it.
    """
    for name, least in minimum.items():
        c = cells.channels.index(name)
        most = reach.upper[:, :, c].sum(axis=1)
        if (most < least * (1 - 1e-9)).any():
            week = int(most.argmin())
            reasons = " and ".join(dict.fromkeys(reach.upper_reason[:, c]))
            raise InfeasiblePlan(
                f"channel {name} must spend at least {money(least, currency)} a week (planning.minimum) and at most "
                f"{money(most[week], currency)} ({reasons}) in the week of {cells.weeks[week]:%Y-%m-%d}; "
                f"give way by {money(least - most[week], currency)} ({percent((least - most[week]) / least)}) on either side"
            )
