"""How each channel's return moved since the last run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from workbench.mmm.result import MediaMixResult
from workbench.present.style import (
    PALETTE,
    axis_units,
    direct_label,
    few_names,
    headline,
    money_ticks,
    most_rows,
    new_figure,
    tell_left_out,
)
from workbench.wording import money, one

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from workbench.result import Estimate

APART = 0.14
ROW_HEIGHT = 0.36


def since_last_run(result: MediaMixResult, last: MediaMixResult | None) -> Iterator[Figure]:
    """`returns_then_and_now`, where an earlier run knew any of the channels."""
    if last and set(result.response.channels) & set(last.response.channels):
        yield returns_then_and_now(result, last)


def since_in_words(result: MediaMixResult, note: str) -> str:
    """Which run this one is compared with, and what moved."""
    return " ".join((note, *(check.detail for check in result.checks if check.name == "stability")))


def returns_then_and_now(result: MediaMixResult, last: MediaMixResult) -> Figure:
    """Returns of the channels that both runs know: grey the last run, in colour this one."""
    known = [name for name in result.by_contribution if name in last.response.channels]
    names = known[: most_rows(ROW_HEIGHT)][::-1]
    figure, ax = new_figure(height=1.0 + ROW_HEIGHT * len(names))
    for row, name in enumerate(names):
        now, then = (each.estimate("roas", name) for each in (result, last))
        _draw(ax, row + APART, then, PALETTE.muted)
        _draw(ax, row - APART, now, PALETTE.accent)
        text = f"{money(then.estimate, last.currency)}, now {money(now.estimate, result.currency)}"
        direct_label(ax, np.nanmax([now.upper, then.upper, now.estimate]), row, text, PALETTE.ink)
    ax.axvline(1.0, color=PALETTE.negative, lw=1)
    ax.set_xlim(left=0)
    ax.set_ylim(-0.6, len(names) - 0.4)
    ax.set_yticks(range(len(names)), [result.label(name) for name in names])
    ax.grid(visible=False, axis="y")
    money_ticks(ax, result.currency, "x")
    axis_units(ax, x=f"Return per {one(result.currency)} spent; 90% intervals, grey: the run before")
    tell_left_out(figure, len(names), len(known))
    headline(ax, _headline(result, last, known))
    return figure


def _draw(ax: Axes, height: float, roas: Estimate, ink: str) -> None:
    ax.plot([roas.lower, roas.upper], [height] * 2, color=ink, lw=2.5, solid_capstyle="butt")
    ax.plot(roas.estimate, height, "o", color=ink)


def _headline(result: MediaMixResult, last: MediaMixResult, names: list[str]) -> str:
    left = [result.label(name) for name in names if not _within(result, last, name)]
    if not left:
        return "Every return is still where the run before had expected it"
    return f"{few_names(left)}: the return is outside of what the run before had expected"


def _within(result: MediaMixResult, last: MediaMixResult, name: str) -> bool:
    then = last.estimate("roas", name)
    return then.lower <= result.estimate("roas", name).estimate <= then.upper
