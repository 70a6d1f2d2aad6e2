"""What each channel returned in each market."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import batched
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.errors import SpecError
from workbench.mmm.posterior.selection import chosen
from workbench.mmm.result import MediaMixResult
from workbench.present.style import (
    PALETTE,
    PANEL_NAME,
    TEXT_SIZE,
    direct_label,
    headline,
    money_ticks,
    new_figure,
    short,
)
from workbench.wording import one

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANELS_PER_ROW = 4
MOST_MARKETS = 25


def every_channel_by_market(result: MediaMixResult) -> Iterator[Figure]:
    """`returns_by_market`, a figure for each few channels so that pages can break between them; none for one market."""
    if len(result.response.markets) > 1:
        channels = result.by_contribution
        figures = math.ceil(len(channels) / PANELS_PER_ROW)
        for few in batched(channels, math.ceil(len(channels) / figures)):
            yield returns_by_market(result, few)


def returns_by_market(result: MediaMixResult, channels: Sequence[str] | str | None = None) -> Figure:
    """A dot and its 90% interval a market; grey the channel over all markets, orange break-even.

    Args:
        result: A fitted media mix of several markets; the 25 in which most was spent are shown.
        channels: Which, None for all.

    Raises:
        SpecError: If there is one market only, or a channel is unknown.
    """
    if len(result.response.markets) == 1:
        raise SpecError("the media mix has one market; returns by market need several")
    names = [result.response.channels[c] for c in chosen(channels, result.response.channels, "channel")]
    markets = _largest(result)
    columns = min(PANELS_PER_ROW, len(names))
    rows = math.ceil(len(names) / columns)
    figure, axes = new_figure(height=(0.85 + 0.17 * len(markets)) * rows, columns=columns, rows=rows, sharey=True)
    for index, ax in enumerate(np.atleast_1d(axes).ravel()):
        if index < len(names):
            _draw_channel(ax, result, names[index], markets)
        else:
            ax.remove()
    figure.supxlabel(
        f"Return per {one(result.currency)} spent; grey: all markets, orange: break-even",
        color=PALETTE.muted,
        fontsize=TEXT_SIZE,
    )
    return figure


def _draw_channel(ax: Axes, result: MediaMixResult, name: str, markets: list[str]) -> None:
    overall, found = result.estimate("roas", name), _of_channel(result, name)
    ax.axvspan(overall.lower, overall.upper, color=PALETTE.grid, alpha=0.55, lw=0)
    ax.axvline(overall.estimate, color=PALETTE.muted, lw=1)
    ax.axvline(1.0, color=PALETTE.negative, lw=1)
    for row, market in enumerate(markets):
        if market in found.index:
            roas = found.loc[market]
            ax.plot([roas["lower"], roas["upper"]], [row, row], color=PALETTE.accent, lw=2, solid_capstyle="butt")
            ax.plot(roas["estimate"], row, "o", color=PALETTE.accent, markersize=4)
        else:
            direct_label(ax, 0, row, "nothing spent", PALETTE.muted)
    ax.set_yticks(range(len(markets)), [result.market_label(market) for market in markets])
    ax.set_ylim(len(markets) - 0.4, -0.6)
    ax.set_xlim(left=0)
    ax.locator_params("x", nbins=4)
    ax.grid(visible=False, axis="y")
    money_ticks(ax, result.currency, "x")
    headline(ax, f"{short(result.label(name), PANEL_NAME)}{_verdict(result, found)}")


def _of_channel(result: MediaMixResult, name: str) -> pd.DataFrame:
    """Returns by market; markets without spend have no row."""
    entities = {f"{market}/{name}": market for market in result.response.markets}
    rows = result.estimates[result.estimates["quantity"] == "roas_in_market"]
    own = rows[rows["entity"].isin(entities)]
    return own.set_index(own["entity"].map(entities))


def _verdict(result: MediaMixResult, found: pd.DataFrame) -> str:
    """Which two markets certainly differ, if any."""
    ordered = found.sort_values("estimate")
    best, worst = ordered.iloc[-1], ordered.iloc[0]
    if best["lower"] > worst["upper"]:
        return f": {short(result.market_label(str(best.name)), PANEL_NAME)} returns more than {short(result.market_label(str(worst.name)), PANEL_NAME)}"
    return ""


def _largest(result: MediaMixResult) -> list[str]:
    """Markets by spend on all channels, most first."""
    spent = pd.Series(result.response.spend_history.sum(axis=(0, 2)), index=result.response.markets)
    return [str(name) for name in spent.sort_values(ascending=False).index[:MOST_MARKETS]]
