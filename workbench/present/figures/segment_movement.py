"""Charts of what moved between two segmentations: customers from segment to segment, and the value that came and went with them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from workbench.present.figures.matrix import name_columns, without_frame
from workbench.present.style import (
    PALETTE,
    TEXT_SIZE,
    axis_units,
    direct_label,
    headline,
    money_ticks,
    most_rows,
    new_figure,
    short,
    tell_left_out,
)
from workbench.segments import SegmentationResult
from workbench.segments.movement.flows import share_moved
from workbench.segments.movement.migration import AFTER, BEFORE
from workbench.wording import count, percent, signed

SHADES = LinearSegmentedColormap.from_list("shades", [PALETTE.paper, PALETTE.band, PALETTE.accent])
LEAST_SHOWN = 0.005
ROW_HEIGHT = 0.28
LONGEST = 24
# Of so many columns, a cell holds a number in small letters, without its sign of percent.
NARROW, SMALL = 12, 6.5


def movement_figures(result: SegmentationResult) -> tuple[Figure, ...]:
    """Who moved and what it did to the value; nothing without an earlier run."""
    return () if result.migration.empty else (migration_matrix(result), value_flows(result))


def migration_matrix(result: SegmentationResult) -> Figure:
    """Where the customers of each earlier segment are now: rows add up to 100%."""
    counts = _matrix(result)
    shares = counts.div(counts.sum(axis=1), axis=0)
    fig, ax = new_figure(height=1.1 + min(0.3, 6.5 / len(counts)) * len(counts))
    found, narrow = shares.to_numpy(dtype=float), shares.shape[1] > NARROW
    ax.grid(visible=False)
    ax.imshow(found, cmap=SHADES, vmin=0, vmax=1, aspect="auto")
    for row, column in np.argwhere(found >= LEAST_SHOWN):
        share = float(found[row, column])
        color = PALETTE.paper if share > 0.6 else PALETTE.ink
        text = percent(share, 0).removesuffix("%" if narrow else "")
        ax.text(column, row, text, ha="center", va="center", color=color, fontsize=SMALL if narrow else TEXT_SIZE)
    sizes = [f"{short(str(name), LONGEST)} ({count(size)})" for name, size in counts.sum(axis=1).items()]
    ax.set_yticks(range(len(counts)), sizes)
    name_columns(ax, [str(name) for name in counts.columns])
    without_frame(ax)
    moved = share_moved(result.migration)
    axis_units(ax, x=f"Share of a row's customers, then, by where they are now (columns{', %' if narrow else ''})")
    headline(ax, f"{percent(moved)} of customers changed segment")
    return fig


def value_flows(result: SegmentationResult) -> Figure:
    """What each flow of customers added to the value and took from it."""
    size = result.flows.change.abs().rank(ascending=False, method="first")
    table = result.flows[size <= most_rows(ROW_HEIGHT)].iloc[::-1].reset_index(drop=True)
    fig, ax = new_figure(height=0.9 + ROW_HEIGHT * len(table))
    position = np.arange(len(table))
    ax.barh(position, table.gained, color=PALETTE.positive, height=0.6)
    ax.barh(position, -table.lost, color=PALETTE.negative, height=0.6)
    ax.axvline(0, color=PALETTE.muted, linewidth=0.8)
    for at, (gained, change) in enumerate(zip(table.gained, table.change, strict=True)):
        direct_label(ax, gained, at, signed(change, result.currency), color=PALETTE.muted)
    labels = [f"{short(name)} ({count(size)})" for name, size in zip(table.flow, table.customers, strict=True)]
    ax.set_yticks(position, labels)
    ax.grid(visible=False, axis="y")
    ax.grid(visible=True, axis="x")
    _pad_right(ax, table)
    money_ticks(ax, result.currency, axis="x")
    axis_units(
        ax, x=f"Change of expected value, next {result.horizon} {result.time_unit}s: lost, gained (label: together)"
    )
    tell_left_out(fig, len(table), len(result.flows))
    total = float(result.flows.change.sum())
    direction = "grew by" if total >= 0 else "shrank by"
    headline(
        ax, f"Expected value {direction} {signed(abs(total), result.currency).removeprefix('+')} since the last run"
    )
    return fig


def _matrix(result: SegmentationResult) -> pd.DataFrame:
    names = list(result.segments.segment)
    table = result.migration.pivot_table(index="before", columns="after", values="customers", aggfunc="sum")
    rows = [name for name in (*names, *BEFORE) if name in table.index]
    rows += [name for name in table.index if name not in rows]
    columns = [name for name in (*names, *AFTER) if name in table.columns]
    return table.reindex(index=rows, columns=columns).fillna(0.0)


def _pad_right(ax: Axes, table: pd.DataFrame) -> None:
    span = float(table.gained.max() + table.lost.max()) or 1.0
    ax.set_xlim(-float(table.lost.max()) - 0.03 * span, float(table.gained.max()) + 0.15 * span)
