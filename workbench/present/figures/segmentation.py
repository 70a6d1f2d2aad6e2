"""Charts of a segmentation: where the value is, and who is slipping away."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from workbench.present.style import (
    PALETTE,
    axis_units,
    direct_label,
    headline,
    money_ticks,
    most_rows,
    new_figure,
    percent_ticks,
    short,
    tell_left_out,
)
from workbench.segments import Cutoffs, SegmentationResult
from workbench.wording import count, money, percent

PREFERRED = {"Champions", "Loyal", "New", "Loyal customers", "Potential loyalists", "New customers", "Promising"}
SPECK = 0.03
ROW_HEIGHT = 0.28
SMALLEST_PERCENT = 0.005
MOST_NAMED, FEW_BUBBLES, MOST_BUBBLES = 6, 6, 9
# Inches that each name beyond few ones takes.
BUBBLE_HEIGHT = 0.3
LONGEST_BUBBLE = 18
QUADRANTS = {
    "Champions": PALETTE.categorical[0],
    "At risk, valuable": PALETTE.categorical[1],
    "Loyal": PALETTE.categorical[2],
    "Dormant": PALETTE.categorical[5],
}


def value_figures(result: SegmentationResult) -> tuple[Figure, ...]:
    """Where the value is: by segment, by size, and, where the orders tell who is active, by customer."""
    always = segment_values(result), value_map(result)
    return always if _active_from(result) is None else (*always, activity_and_value(result))


def segment_values(result: SegmentationResult) -> Figure:
    """Value of each segment over the horizon with its interval, beside its share of customers."""
    known = result.segments[result.segments.customers > 0]
    segments = _ranged(known.head(most_rows(ROW_HEIGHT)).iloc[::-1])
    fig, (left, right) = new_figure(
        height=max(2.9, 1.2 + ROW_HEIGHT * len(segments)), columns=2, sharey=True, width_ratios=(3, 1.4)
    )
    position = np.arange(len(segments))
    left.barh(position, segments.value, color=PALETTE.accent, height=0.6)
    errors = [segments.value - segments.lower, segments.upper - segments.value]
    left.errorbar(
        segments.value, position, xerr=np.maximum(errors, 0), fmt="none", ecolor=PALETTE.ink, elinewidth=1.2, capsize=2
    )
    ends = np.fmax(segments.upper, segments.value)
    for at, (upper, share) in enumerate(zip(ends, segments.share_of_value, strict=True)):
        direct_label(left, upper, at, _share(share), color=PALETTE.muted)
    left.set_yticks(position, segments.segment)
    right.barh(position, segments.share_of_customers, color=PALETTE.muted, height=0.6)
    for at, (share, size) in enumerate(zip(segments.share_of_customers, segments.customers, strict=True)):
        direct_label(right, share, at, count(size), color=PALETTE.muted)
    for ax in (left, right):
        ax.grid(visible=False, axis="y")
    money_ticks(left, result.currency, axis="x")
    percent_ticks(right, axis="x")
    axis_units(left, x=f"Value, next {result.horizon} {result.time_unit}s (95% interval; share of total)")
    axis_units(right, x="Share of customers")
    tell_left_out(fig, len(segments), len(known), "first")
    top = result.segments.iloc[int(np.argmax(result.segments.value))]
    headline(
        left,
        f"{short(top.segment)}: {percent(top.share_of_customers, 0)} of customers, {percent(top.share_of_value, 0)} of value",
    )
    return fig


def _ranged(segments: pd.DataFrame) -> pd.DataFrame:
    """With lower and upper: of what may come, or of its expectation where that has no bounds."""
    ends = {end: segments[f"realised_{end}"].fillna(segments[f"value_{end}"]) for end in ("lower", "upper")}
    return segments.assign(**ends)


def _share(share: float) -> str:
    """In whole percent; what is there is never 0%.

    >>> _share(0.544), _share(0.003), _share(0.0)
    ('54%', 'under 1%', '0%')
    """
    return "under 1%" if 0 < share < SMALLEST_PERCENT else percent(share, 0)


def value_map(result: SegmentationResult) -> Figure:
    """Segments by size and value per customer: the area of a bubble is the segment's value; specks are only named."""
    segments, specks = _shown_and_specks(_ranged(result.segments))
    fig, ax = new_figure(height=3.4 + BUBBLE_HEIGHT * max(0, len(segments) - FEW_BUBBLES))
    each = segments.value / segments.customers
    colors = [PALETTE.positive if name in PREFERRED else PALETTE.negative for name in segments.segment]
    ax.scatter(segments.share_of_customers, each, s=2500 * segments.share_of_value + 12, c=colors, alpha=0.75)
    errors = [each - segments.lower / segments.customers, segments.upper / segments.customers - each]
    ax.errorbar(
        segments.share_of_customers,
        each,
        yerr=np.maximum(errors, 0),
        fmt="none",
        ecolor=PALETTE.ink,
        elinewidth=1,
        capsize=2,
    )
    _name_bubbles(ax, segments.assign(each=each), result.currency)
    ax.set_yscale("log")
    ax.set_xlim(-0.06 * segments.share_of_customers.max(), 1.2 * segments.share_of_customers.max())
    ax.set_ylim(each.min() / 3, each.max() * 2.2)
    percent_ticks(ax, axis="x")
    money_ticks(ax, result.currency)
    ax.yaxis.set_minor_formatter(lambda value, position: "")
    left_out = f"; too small to show: {_named(list(specks))}" if len(specks) else ""
    value_axis = f"Value per customer, next {result.horizon} {result.time_unit}s (log scale)"
    axis_units(ax, x=f"Share of customers{left_out}", y=value_axis)
    richest = segments.assign(each=each).sort_values("each").iloc[-1]
    headline(ax, f"One of the {short(richest.segment)} is worth {money(richest.each, result.currency)}")
    return fig


def _name_bubbles(ax: Axes, segments: pd.DataFrame, currency: str) -> None:
    for name, share, value, total in zip(
        segments.segment, segments.share_of_customers, segments.each, segments.value, strict=True
    ):
        radius = 0.5 * np.sqrt(2500 * total / segments.value.sum() + 12)
        beside = name in PREFERRED
        offset, side, edge = ((radius + 4, 0), "left", "center") if beside else ((0, -radius - 8), "center", "top")
        direct_label(
            ax,
            share,
            value,
            f"{short(name, LONGEST_BUBBLE)}\n{money(total, currency)}",
            offset=offset,
            ha=side,
            va=edge,
        )


def _named(specks: list[str]) -> str:
    """Names apart, as they may hold commas; of many how many more there are."""
    named = [short(name) for name in specks[:MOST_NAMED]]
    more = len(specks) - len(named)
    return "; ".join([*named, f"{more} more"] if more else named)


def _shown_and_specks(segments: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    worth = segments[(segments.customers > 0) & (segments.value > 0)]
    large = (worth.share_of_value >= SPECK) | (worth.share_of_customers >= SPECK)
    large &= worth.share_of_value.rank(ascending=False, method="first") <= MOST_BUBBLES
    return worth[large], worth[~large].segment


def activity_and_value(result: SegmentationResult) -> Figure:
    """Repeat customers by the two rules that segment them: probability of being active, and value if they are.

    Raises:
        ValueError: If the model could not tell who is active.
    """
    shown, cutoffs = result.dots, result.cutoffs
    if shown.empty or not isinstance(cutoffs, Cutoffs) or cutoffs.alive is None:
        raise ValueError("the orders could not tell who is still active; see the check dropout_identified")
    fig, ax = new_figure(height=3.4)
    for name, color in QUADRANTS.items():
        part = shown[shown.segment == name]
        ax.scatter(
            part.probability_alive, part.value_if_active, s=7, color=color, alpha=0.45, linewidths=0, rasterized=True
        )
    ax.axvline(cutoffs.alive, color=PALETTE.muted, linewidth=1, linestyle="--")
    ax.axhline(cutoffs.high_value, color=PALETTE.muted, linewidth=1, linestyle="--")
    ax.set_yscale("log")
    ax.set_xlim(0, 1)
    customers = result.segments.set_index("segment").customers
    _label_quadrants(ax, customers)
    percent_ticks(ax, axis="x")
    money_ticks(ax, result.currency)
    ax.yaxis.set_minor_formatter(lambda value, position: "")
    axis_units(
        ax, x="Probability of still being active", y=f"Value if active, {result.horizon} {result.time_unit}s (log)"
    )
    lost = customers["At risk, valuable"]
    who = "1 customer worth having back is" if lost == 1 else f"{count(lost)} customers worth having back are"
    headline(ax, f"{who} more likely gone than not")
    return fig


def _active_from(result: SegmentationResult) -> float | None:
    """Probability from which a customer counts as active; None where segments don't go by it."""
    return result.cutoffs.alive if isinstance(result.cutoffs, Cutoffs) else None


def _label_quadrants(ax: Axes, customers: pd.Series) -> None:
    low, high = ax.get_ylim()
    ax.set_ylim(low / 1.6, high * 1.6)
    corners = {"At risk, valuable": (0.01, 1), "Champions": (0.99, 1), "Dormant": (0.01, 0), "Loyal": (0.99, 0)}
    for name, (x, top) in corners.items():
        size = count(customers[name])
        side = "left" if x < 0.5 else "right"
        y = ax.get_ylim()[top]
        offset = (0.0, -4.0 if top else 4.0)
        text = f"{name}: {size}"
        direct_label(ax, x, y, text, QUADRANTS[name], offset=offset, ha=side, va="top" if top else "bottom")
