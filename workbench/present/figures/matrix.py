"""Axes of charts that are a table of shades: columns named above, no frame."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_UPRIGHT = 9
LONGEST_LINE = 9


def name_columns(ax: Axes, names: list[str]) -> None:
    """Above the matrix: short lines under each other, or aslant where there are too many columns for that."""
    many = len(names) > MOST_UPRIGHT
    ax.set_xticks(range(len(names)), names if many else [fill(name, LONGEST_LINE) for name in names])
    ax.tick_params(axis="x", labeltop=True, labelbottom=False, length=0)
    if many:
        for label in ax.get_xticklabels():
            label.set(rotation=35, ha="left", rotation_mode="anchor")


def without_frame(ax: Axes) -> None:
    """No grid and no spines: shades alone tell cells apart."""
    ax.grid(visible=False)
    for side in ax.spines.values():
        side.set_visible(False)
