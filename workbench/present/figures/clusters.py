"""Charts of what customers are like beside the rules: groups that they form by themselves, what they choose and where they are reached."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, TwoSlopeNorm
from matplotlib.figure import Figure

from workbench.present.figures.matrix import name_columns, without_frame
from workbench.present.style import (
    PALETTE,
    TEXT_SIZE,
    axis_units,
    direct_label,
    headline,
    most_rows,
    new_figure,
    percent_ticks,
    short,
    tell_left_out,
)
from workbench.segments import SegmentationResult
from workbench.segments.clusters.stability import STABLE
from workbench.wording import number, percent

AROUND_ONE = LinearSegmentedColormap.from_list("lift", [PALETTE.negative, PALETTE.paper, PALETTE.positive])
LOWEST_LIFT, HIGHEST_LIFT = 0.5, 2.0
MOST_KINDS, MOST_SEGMENTS = 12, 12
ROW_HEIGHT = 0.4
LEAST_GAP = 0.09


def cluster_figures(result: SegmentationResult) -> tuple[Figure, ...]:
    """How reliably groups come out, and how large they are where some do; nothing where none were looked for."""
    if result.cluster_stability.empty:
        return ()
    return (cluster_stability(result), cluster_sizes(result)) if len(result.clusters) else (cluster_stability(result),)


def cluster_stability(result: SegmentationResult) -> Figure:
    """Adjusted Rand index of each number of groups, by method, with two standard errors."""
    fig, ax = new_figure(height=2.7)
    judged = result.cluster_stability
    for color, (_, rows) in zip(PALETTE.categorical, judged.groupby("method", sort=False), strict=False):
        ax.errorbar(
            rows.k, rows.stability, yerr=2 * rows.error, color=color, marker="o", markersize=4, elinewidth=1, capsize=2
        )
    _name_methods(ax, judged)
    chosen = judged[judged.chosen]
    ax.scatter(chosen.k, chosen.stability, s=110, facecolors="none", edgecolors=PALETTE.ink, linewidths=1.4, zorder=5)
    ax.axhline(STABLE, color=PALETTE.muted, linewidth=1, linestyle="--")
    ax.set_xlim(ax.get_xlim())
    direct_label(ax, ax.get_xlim()[1], STABLE, "stable from here", PALETTE.muted)
    ax.set_ylim(min(0.0, float(judged.stability.min())), 1.05)
    ax.set_xticks(sorted(judged.k.unique()))
    axis_units(ax, x="Number of groups", y="Agreement when drawn anew")
    found = f"{chosen.k.iloc[0]} groups come out again" if len(chosen) else "No number of groups is stable"
    headline(ax, found)
    return fig


def _name_methods(ax: Axes, judged: pd.DataFrame) -> None:
    """Beside the last points, apart by a line's height where two end close to each other."""
    ends = judged.groupby("method", sort=False).tail(1).reset_index(drop=True)
    colors = dict(zip(ends.method, PALETTE.categorical, strict=False))
    height = -np.inf
    for end in ends.sort_values("stability").itertuples():
        height = max(height + LEAST_GAP, float(end.stability))  # type: ignore[arg-type]
        direct_label(ax, end.k, height, str(end.method), colors[end.method])


def cluster_sizes(result: SegmentationResult) -> Figure:
    """Each group's share of customers beside its share of value."""
    table = result.clusters.head(most_rows(ROW_HEIGHT)).iloc[::-1].reset_index(drop=True)
    fig, ax = new_figure(height=1.0 + ROW_HEIGHT * len(table))
    position = np.arange(len(table))
    for shift, column, color, label in (
        (0.19, "share_of_value", PALETTE.accent, "of value"),
        (-0.19, "share_of_customers", PALETTE.muted, "of customers"),
    ):
        ax.barh(position + shift, table[column], color=color, height=0.34)
        for at, share in zip(position + shift, table[column], strict=True):
            direct_label(ax, share, at, f"{percent(share, 0)} {label}", color=color)
    ax.set_yticks(position, [f"Group {name}" for name in table.cluster])
    ax.grid(visible=False, axis="y")
    ax.set_xlim(0, 1.2 * float(table[["share_of_value", "share_of_customers"]].to_numpy().max()))
    percent_ticks(ax, axis="x")
    axis_units(ax, x="Share of the sampled customers, and of their expected value")
    tell_left_out(fig, len(table), len(result.clusters), "first")
    top = result.clusters.iloc[0]
    headline(
        ax,
        f"Group {top.cluster}: {percent(top.share_of_customers, 0)} of customers, {percent(top.share_of_value, 0)} of value",
    )
    return fig


def affinity_figures(result: SegmentationResult) -> tuple[Figure, ...]:
    """What segments choose and where they are reached, against everybody; only what is known."""
    parts = (("categories", result.affinity), ("channels", result.engagement))
    return tuple(lift_map(table, subject) for subject, table in parts if len(table))


def lift_map(table: pd.DataFrame, subject: str) -> Figure:
    """Lift over the average of each kind and segment, in colour where it clearly differs from 1, what everybody does."""
    shown = _most_frequent(table)
    lift, clear = (
        shown.pivot_table(index="kind", columns="segment", values=name, sort=False) for name in ("lift", "clear")
    )
    values, known = lift.to_numpy(dtype=float), clear.to_numpy() > 0
    fig, ax = new_figure(height=1.2 + 0.26 * len(lift))
    scale = TwoSlopeNorm(vmin=LOWEST_LIFT, vcenter=1.0, vmax=HIGHEST_LIFT)
    shades = np.where(known, np.clip(values, LOWEST_LIFT, HIGHEST_LIFT), 1.0)
    ax.imshow(shades, cmap=AROUND_ONE, norm=scale, aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        color = _text_color(value) if known[row, column] else PALETTE.muted
        ax.text(column, row, f"{value:.2f}", ha="center", va="center", color=color, fontsize=TEXT_SIZE)
    ax.set_yticks(range(len(lift)), list(lift.index))
    name_columns(ax, list(lift.columns))
    without_frame(ax)
    axis_units(ax, x=f"Segment's share over everybody's\n(in colour: clearly not 1{_beyond(table)})")
    tell_left_out(fig, shown.segment.nunique(), table.segment.nunique(), "first")
    headline(ax, _lift_headline(shown, subject))
    return fig


def _most_frequent(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of the kinds that happen most, as the table is in their order."""
    few = table.kind.isin(table.kind.unique()[:MOST_KINDS]) & table.segment.isin(table.segment.unique()[:MOST_SEGMENTS])
    return table[few]


def _beyond(table: pd.DataFrame) -> str:
    kinds = table.kind.nunique()
    return f"; {MOST_KINDS} largest of {kinds}" if kinds > MOST_KINDS else ""


def _lift_headline(table: pd.DataFrame, subject: str) -> str:
    clear = table[table.clear]
    if clear.empty:
        return f"No segment's {subject} clearly differ from the average"
    top = clear.iloc[int(np.argmax(np.abs(np.log(clear.lift.astype(float)))))]
    return f"{short(top.segment)}: {short(top.kind)} is {number(top.lift, 2)} times the average"


def _text_color(lift: float) -> str:
    return PALETTE.paper if lift > 1.7 or lift < 0.6 else PALETTE.ink
