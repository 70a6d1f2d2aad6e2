"""What each channel returned with its interval: the one chart of media in a board pack."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from workbench.present.style import (
    PALETTE,
    axis_units,
    direct_label,
    headline,
    money_ticks,
    most_rows,
    new_figure,
    tell_left_out,
)
from workbench.result import Estimate
from workbench.wording import money, one

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROOM = 1.12
ROW_HEIGHT = 0.34


def returns_beside_cost(returns: Sequence[tuple[str, Estimate]], currency: str) -> Figure:
    """One row a channel: revenue per unit of spend and its interval, beside the line where it brings back what it cost.

    Args:
        returns: Name and return, the first on top.
        currency: ISO 4217 code.
    """
    rows = list(returns)[: most_rows(ROW_HEIGHT)][::-1]
    figure, ax = new_figure(height=0.9 + ROW_HEIGHT * len(rows))
    for place, (_, back) in enumerate(rows):
        color = PALETTE.positive if back.lower > 1 else PALETTE.negative if back.upper < 1 else PALETTE.muted
        ax.plot([back.lower, back.upper], [place, place], color=color, lw=2.5, solid_capstyle="butt")
        ax.plot(back.estimate, place, "o", color=color, ms=4.5)
        direct_label(ax, np.fmax(back.upper, back.estimate), place, money(back.estimate, currency), color)
    ax.axvline(1.0, color=PALETTE.ink, lw=0.8)
    direct_label(ax, 1.0, len(rows) - 0.45, "brings back its cost", PALETTE.ink, offset=(3.0, 0.0))
    ax.set_xlim(0, ROOM * np.nanmax([1.0, *(back.upper for _, back in rows), *(back.estimate for _, back in rows)]))
    ax.set_ylim(-0.6, len(rows) - 0.15)
    ax.set_yticks(range(len(rows)), [name for name, _ in rows])
    ax.grid(visible=False, axis="y")
    money_ticks(ax, currency, "x")
    axis_units(ax, x=f"Revenue per {one(currency)} spent; lines: intervals, grey where they hold both gain and loss")
    tell_left_out(figure, len(rows), len(returns), "first")
    sure = sum(back.lower > 1 for _, back in returns)
    headline(ax, f"{sure} of {len(returns)} returned more than they cost beyond what is uncertain")
    return figure
