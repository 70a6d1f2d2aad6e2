"""Axes of charts that are a table of shades: columns named above, no frame."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

from workbench.present.style import short

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_UPRIGHT, MOST_ASLANT = 9, 14
LONGEST_LINE, LONGEST_NAME = 9, 18


def name_columns(ax: Axes, names: list[str]) -> None:
    """Above the matrix: short lines under each other, or aslant where there are too many columns for that."""
    many = len(names) > MOST_UPRIGHT
    shown = [short(name, LONGEST_NAME) if many else fill(short(name, 3 * LONGEST_LINE), LONGEST_LINE) for name in names]
    ax.set_xticks(range(len(names)), shown)
    ax.tick_params(axis="x", labeltop=True, labelbottom=False, length=0)
    if many:
        for label in ax.get_xticklabels():
            label.set(rotation=35 if len(names) <= MOST_ASLANT else 90, ha="left", rotation_mode="anchor")
            if len(names) > MOST_ASLANT:
                label.set(va="center")


def without_frame(ax: Axes) -> None:
    """No grid and no spines: shades alone tell cells apart."""
    ax.grid(visible=False)
    for side in ax.spines.values():
        side.set_visible(False)
