"""What is believed about media before the data: share of sales, returns, carry-over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from workbench.mmm.inputs.prior_beliefs import (
    QUANTILES,
    PriorBeliefs,
    prior_carry_over,
    prior_table,
)
from workbench.present.style import (
    PALETTE,
    PANEL_NAME,
    axis_units,
    direct_label,
    few_names,
    headline,
    money_ticks,
    most_rows,
    new_figure,
    percent_ticks,
    rows_and_columns,
    short,
    tell_left_out,
)
from workbench.wording import interval, money, number, one, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANELS_PER_ROW, MOST_PANELS = 3, 15
ROW_HEIGHT = 0.3
MIDDLE_HALF = (0.25, 0.75)
SHARE_BINS = 60
SHOWN_SHARE = 0.995
SHOWN_WEEKS = 8


def belief_figures(beliefs: PriorBeliefs) -> Iterator[Figure]:
    """What weighs most first, returns only where anybody had an opinion or a test."""
    yield believed_media_share(beliefs)
    if any(beliefs.priors.stated) or any(beliefs.tests_of(name) for name in beliefs.channels):
        yield believed_returns(beliefs)
    yield believed_carry_over(beliefs)


def believed_returns(beliefs: PriorBeliefs) -> Figure:
    """Each channel's return before the data: thin lines hold 90%, thick ones the middle half; grey where nobody had an opinion."""
    table = prior_table(beliefs).head(most_rows(ROW_HEIGHT)).iloc[::-1].reset_index(drop=True)
    currency = beliefs.design.panel.currency
    figure, ax = new_figure(height=1.0 + ROW_HEIGHT * len(table))
    for row, channel in table.iterrows():
        ink = PALETTE.muted if channel["basis"] == "weak" else PALETTE.accent
        middle = np.quantile(beliefs.roas[:, beliefs.channels.index(channel["channel"])], MIDDLE_HALF)
        ax.plot([channel["roas_lower"], channel["roas_upper"]], [row, row], color=ink, lw=1.5, solid_capstyle="butt")
        ax.plot(middle, [row, row], color=ink, lw=5, solid_capstyle="butt")
        ax.plot(channel["roas"], row, "o", color=PALETTE.paper, ms=3)
        note = f"tested: {short(channel['tests'])}" if channel["tests"] else money(channel["roas"], currency)
        direct_label(ax, channel["roas_upper"], row, note, ink)
    ax.axvline(1.0, color=PALETTE.negative, lw=1)
    ax.set_xlim(left=0)
    ax.set_ylim(-0.6, len(table) - 0.2)
    direct_label(ax, 1.0, len(table) - 0.4, "break-even", PALETTE.negative, offset=(3, 0))
    ax.set_yticks(range(len(table)), list(table["channel"]))
    ax.grid(visible=False, axis="y")
    money_ticks(ax, currency, "x")
    axis_units(ax, x=f"Return per {one(currency)} spent, before the data; lines hold 90%, bars the middle half")
    tell_left_out(figure, len(table), len(beliefs.channels), "first")
    headline(ax, _returns_headline(beliefs))
    return figure


def believed_carry_over(beliefs: PriorBeliefs) -> Figure:
    """How a week's effect is believed to spread over the following weeks: median and 90% band; one chart for channels of which the
    same is believed."""
    curves = prior_carry_over(beliefs)
    alike = _alike_in_carry_over(beliefs)
    figure, panels = _panels(list(alike)[:MOST_PANELS], height=1.5)
    tell_left_out(figure, min(MOST_PANELS, len(alike)), len(alike), "first")
    for name, ax in panels:
        curve = curves[(curves["channel"] == name) & (curves["week"] <= SHOWN_WEEKS)]
        ax.fill_between(curve["week"], curve["lower"], curve["upper"], color=PALETTE.band, lw=0)
        ax.plot(curve["week"], curve["estimate"], color=PALETTE.accent)
        ax.set_ylim(0, 1)
        ax.set_xlim(0, SHOWN_WEEKS)
        percent_ticks(ax)
        axis_units(ax, x="Weeks after the exposure", y="Share of the effect")
        low, _, high = np.quantile(beliefs.weeks_to_half[:, beliefs.channels.index(name)], QUANTILES)
        whose = "Every channel" if len(alike) == 1 else few_names(alike[name], 2, PANEL_NAME)
        headline(ax, f"{whose}: half of the effect within {number(low, 2)} to {number(high, 2)} weeks")
    return figure


def believed_media_share(beliefs: PriorBeliefs) -> Figure:
    """Share of the KPI's value that all media are believed to cause; dashed: the range stated in `media_share`."""
    share = beliefs.share.sum(axis=1)
    lower, middle, upper = np.quantile(share, QUANTILES)
    figure, ax = new_figure(height=1.9)
    reach = float(np.quantile(share, SHOWN_SHARE))
    counts, edges = np.histogram(share, bins=SHARE_BINS, range=(0.0, reach))
    ax.stairs(counts / len(share), edges, fill=True, color=PALETTE.band)
    inside = (edges[:-1] >= lower) & (edges[1:] <= upper)
    ax.stairs(np.where(inside, counts / len(share), 0.0), edges, fill=True, color=PALETTE.accent, alpha=0.6)
    top = ax.get_ylim()[1]
    if beliefs.priors.media_share:
        for end in beliefs.priors.media_share.range:
            ax.axvline(end, color=PALETTE.ink, lw=1, ls=(0, (3, 2)))
        direct_label(ax, beliefs.priors.media_share.range[1], 0.95 * top, "stated", PALETTE.ink, offset=(3, 0))
    if reach > 1:
        ax.axvline(1.0, color=PALETTE.negative, lw=1)
        direct_label(ax, 1.0, 0.85 * top, "all sales", PALETTE.negative, offset=(3, 0))
    ax.set_xlim(0, reach)
    ax.set_yticks([])
    percent_ticks(ax, "x")
    axis_units(ax, x="Share of sales that media cause, before the data; dark: the middle 90%")
    headline(
        ax,
        f"Media are believed to cause {interval(lower, upper, '%')} of sales, with {percent(middle, 0)} in the middle",
    )
    return figure


def _panels(names: Sequence[str], height: float) -> tuple[Figure, Iterator[tuple[str, Axes]]]:
    """One small chart a channel."""
    rows, columns = rows_and_columns(len(names), PANELS_PER_ROW)
    figure, axes = new_figure(height=0.3 + height * rows, columns=columns, rows=rows)
    flat = np.atleast_1d(axes).ravel()
    for ax in flat[len(names) :]:
        ax.set_axis_off()
    return figure, zip(names, flat, strict=False)


def _alike_in_carry_over(beliefs: PriorBeliefs) -> dict[str, list[str]]:
    """Channels with the same belief, by the first of them."""
    priors = beliefs.priors
    known = zip(beliefs.design.adstock, priors.half_life, priors.carry_over_shape, strict=True)
    groups: dict[object, list[str]] = {}
    for name, belief in zip(beliefs.channels, known, strict=True):
        groups.setdefault(belief, []).append(name)
    return {names[0]: names for names in groups.values()}


def _returns_headline(beliefs: PriorBeliefs) -> str:
    stated = [name for name, known in zip(beliefs.channels, beliefs.priors.stated, strict=True) if known]
    if not stated:
        return "No opinion on any channel's return was stated: all start from the same wide range"
    if len(stated) == len(beliefs.channels):
        return "Every channel starts from a stated return"
    return f"Returns were stated for {few_names(stated)}; the other channels start from one wide range"
