"""How far a channel may move from the reference period."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from workbench.config.planning import Planning, change_of
from workbench.scenarios.problem.cells import Cells
from workbench.scenarios.problem.layout import reference_weeks
from workbench.scenarios.problem.rows import Rule
from workbench.scenarios.problem.sums import cell_sums
from workbench.wording import percent

RECENT, LAST_YEAR = "the reference period", "the same weeks a year ago"


@dataclass(frozen=True, kw_only=True)
class Room:
    """What a channel may spend in a market over the horizon.

    Attributes:
        reference: Currency of the reference period, shape (M, C).
        base: What a rise is measured from: the reference, or where that is silent the other period; shape (M, C).
        change: Largest relative change in a market, shape (C,).
        total_change: Largest relative change over all markets, shape (C,).
    """

    reference: np.ndarray
    base: np.ndarray
    change: np.ndarray
    total_change: np.ndarray

    @property
    def lower(self) -> np.ndarray:
        return self.reference * (1 - np.minimum(self.change, 1.0))

    @property
    def upper(self) -> np.ndarray:
        return self.base * (1 + self.change)


def room_of(cells: Cells, history: np.ndarray, planning: Planning) -> Room:
    """Where each channel stands and how far it may go from there."""
    reference = cells.reference.sum(axis=0)
    other = reference_weeks(history, len(cells.weeks), last_year=planning.reference == "recent").sum(axis=0)
    total = np.array([change_of(planning.max_change, channel) for channel in cells.channels])
    market = total
    if planning.market_change is not None:
        own = [
            change_of(planning.market_change, name, unset) for name, unset in zip(cells.channels, total, strict=True)
        ]
        market = np.array(own)
    return Room(reference=reference, base=np.where(reference == 0, other, reference), change=market, total_change=total)


def change_rules(cells: Cells, room: Room, skipped: np.ndarray) -> Iterator[Rule]:
    """Rows for the totals of each channel, in each market and in all; commitments raise them where they must.

    Args:
        cells: The plan.
        room: From what, and how far.
        skipped: Channels that have no such limit, shape (C,).
    """
    locked = cells.locked.sum(axis=0)
    for c in np.flatnonzero(~skipped).tolist():
        name, base = cells.channels[c], room.base[:, c]
        by_market = "total spend of {} by market" if len(cells.markets) > 1 else "total spend of {}"
        since = LAST_YEAR if room.reference[:, c].sum() == 0 else RECENT
        size = max(float(base.sum()), 1.0)
        yield Rule(
            name=by_market.format(name),
            title=by_market.format(cells.labels.channel(name)),
            reason=f"a change of at most {percent(room.change[c], 0)} against {since}",
            kind="change",
            rows=cell_sums(cells.shape, [(slice(None), m, c) for m in range(len(cells.markets))]),
            lower=room.lower[:, c],
            upper=np.maximum(room.upper[:, c], locked[:, c]),
            size=size,
        )
        if room.total_change[c] < room.change[c] and len(cells.markets) > 1:
            yield Rule(
                name=f"total spend of {name}",
                title=f"total spend of {cells.labels.channel(name)}",
                reason=f"a change of at most {percent(room.total_change[c], 0)} against {since}",
                kind="change",
                rows=cell_sums(cells.shape, [(slice(None), slice(None), c)]),
                lower=np.atleast_1d(room.reference[:, c].sum() * (1 - min(room.total_change[c], 1.0))),
                upper=np.atleast_1d(max(base.sum() * (1 + room.total_change[c]), locked[:, c].sum())),
                size=size,
            )


def weekly_rules(cells: Cells, planning: Planning) -> Iterator[Rule]:
    """Rows for the step of each channel from one week of the plan to the next."""
    if planning.weekly_change is None or len(cells.weeks) < 2:
        return
    change = [change_of(planning.weekly_change, name, np.inf) for name in cells.channels]
    mean_week = cells.reference.sum(axis=1).mean(axis=0)
    for c, name in enumerate(cells.channels):
        if mean_week[c] == 0 or not np.isfinite(change[c]):
            continue
        weeks = cell_sums(cells.shape, [(h, slice(None), c) for h in range(len(cells.weeks))])
        step = np.full(len(cells.weeks) - 1, change[c] * mean_week[c])
        yield Rule(
            name=f"weekly steps of {name}",
            title=f"weekly steps of {cells.labels.channel(name)}",
            reason=f"a step of at most {percent(change[c], 0)} of its mean week",
            kind="change",
            rows=weeks[1:] - weeks[:-1],
            lower=-step,
            upper=step,
            size=float(mean_week[c]),
        )
