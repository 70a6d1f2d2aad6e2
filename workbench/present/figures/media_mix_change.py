"""Why revenue changed between two periods, as a waterfall."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.mmm.findings import part_in_words
from workbench.mmm.posterior.change import KINDS, Change
from workbench.mmm.result import MediaMixResult
from workbench.present.style import (
    PALETTE,
    axis_units,
    direct_label,
    headline,
    money_ticks,
    most_rows,
    new_figure,
)
from workbench.wording import interval, percent, signed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROW_HEIGHT = 0.24
BAR = 0.55
TOTAL = "all together"


def change_waterfall(result: MediaMixResult, change: Change | None = None) -> Figure:
    """Each part starts where the one above it ends; the last bar is the whole change.

    Args:
        result: A fitted media mix.
        change: What `result.change` returned; unset for `result.last_change`.
    """
    shown = change or result.last_change
    parts = _fewer(_ordered(shown.parts), most_rows(ROW_HEIGHT))
    names = [
        _name(result, component, cause) for component, cause in zip(parts["component"], parts["cause"], strict=True)
    ]
    ends = parts["estimate"].cumsum().to_numpy()
    starts = ends - parts["estimate"].to_numpy()
    figure, ax = new_figure(height=1.0 + ROW_HEIGHT * (len(parts) + 1))
    for row, start in enumerate(starts):
        _draw_part(ax, row, start, parts.iloc[row], result.currency)
    whole = shown.whole
    ax.barh(len(parts), whole, height=BAR, color=PALETTE.muted)
    direct_label(ax, max(whole, 0.0), len(parts), signed(whole, result.currency), PALETTE.ink)
    ax.vlines(ends, np.arange(len(ends)) - BAR / 2, np.arange(len(ends)) + 1 + BAR / 2, color=PALETTE.muted, lw=0.6)
    ax.axvline(0, color=PALETTE.ink, lw=0.8)
    ax.set_yticks(range(len(parts) + 1), [*names, TOTAL])
    ax.invert_yaxis()
    ax.grid(visible=False, axis="y")
    ax.locator_params("x", nbins=5)
    money_ticks(ax, result.currency, "x")
    axis_units(ax, x=f"Change of revenue ({result.currency}); lines: 90% intervals, grey: not media")
    headline(ax, _headline(result, shown))
    return figure


def _draw_part(ax: Axes, row: int, start: float, part: pd.Series, currency: str) -> None:
    estimate, lower, upper = float(part["estimate"]), float(part["lower"]), float(part["upper"])
    ink = PALETTE.positive if estimate >= 0 else PALETTE.negative
    fill, ink = (ink, ink) if part["kind"] == "media" else (PALETTE.grid, PALETTE.muted)
    ax.barh(row, estimate, left=start, height=BAR, color=fill)
    ax.plot([start + lower, start + upper], [row, row], color=PALETTE.ink, lw=1)
    bounds = "" if np.isnan(lower) else f" ({interval(lower, upper, currency)})"
    text = f"{signed(estimate, currency)}{bounds}"
    label = direct_label(ax, start + float(np.nanmax([estimate, upper, 0.0])), row, text, ink)
    label.set_bbox({"facecolor": PALETTE.paper, "linewidth": 0, "pad": 0.5})


def _ordered(parts: pd.DataFrame) -> pd.DataFrame:
    """Media, baseline, value, unexplained; within them the largest changes first."""
    order = np.lexsort([-parts["estimate"].abs(), parts["kind"].map(KINDS.index)])
    return parts.iloc[order].reset_index(drop=True)


def _fewer(parts: pd.DataFrame, most: int) -> pd.DataFrame:
    """The largest changes and, where there are more, the sum of the others, whose interval isn't known, as the last."""
    if len(parts) <= most:
        return parts
    largest = parts["estimate"].abs().rank(ascending=False, method="first") < most
    others = parts[~largest]
    row = {"kind": "others", "component": f"{len(others)} others", "cause": "", "estimate": others["estimate"].sum()}
    return pd.concat([parts[largest], pd.DataFrame([row])], ignore_index=True)


def _name(result: MediaMixResult, component: str, cause: str) -> str:
    if component not in result.response.channels:
        return part_in_words(component)
    return f"{result.label(component)}: {cause}" if cause else result.label(component)


def _headline(result: MediaMixResult, change: Change) -> str:
    whole = change.whole
    media = change.parts.loc[change.parts["kind"] == "media", "estimate"].sum()
    moved = f"{signed(whole, result.currency)} ({percent(whole / change.revenue_before)})"
    return f"Revenue {moved}, of it media {signed(media, result.currency)}"
