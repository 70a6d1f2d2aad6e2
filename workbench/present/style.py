"""The house style of every chart: one font, one palette, headlines that say what the chart shows.

Labels stand beside what they name (`direct_label`) rather than in a legend, intervals are always drawn
(`PALETTE.band`), and axes carry their unit. Importing this module changes no global setting and doesn't import
matplotlib: apps read the palette and must not wait for a drawing library.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from workbench import wording
from workbench.present.palette import PALETTE, Palette

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Annotation

__all__ = [
    "PALETTE",
    "Palette",
    "axis_units",
    "count_ticks",
    "direct_label",
    "few_names",
    "headline",
    "house_style",
    "money_ticks",
    "most_rows",
    "new_figure",
    "percent_ticks",
    "rows_and_columns",
    "short",
    "shortened",
    "tell_left_out",
    "unit_ticks",
]

FONT = "DejaVu Sans"
TEXT_SIZE = 8.5
HEADLINE_SIZE = 9.5
# Inches: what a page holds beside a caption.
TALLEST = 8.8
# Letters of a name, and of one in the headline of a small panel.
LONGEST_NAME, PANEL_NAME = 34, 18
MOST_NAMES = 4
ELLIPSIS = "…"
# Of a chart's width, what names of rows may take.
NAMES_SHARE = 0.34
# Points that a headline has in the narrowest panel.
NARROWEST = 60.0
POINTS_PER_INCH = 72

_RC: dict[str, Any] = {
    "font.family": [FONT],
    "font.size": TEXT_SIZE,
    "axes.titlesize": HEADLINE_SIZE,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 10.0,
    "axes.labelsize": TEXT_SIZE,
    "axes.labelcolor": PALETTE.muted,
    "axes.edgecolor": PALETTE.muted,
    "axes.linewidth": 0.7,
    "axes.facecolor": PALETTE.paper,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "grid.color": PALETTE.grid,
    "grid.linewidth": 0.6,
    "figure.facecolor": PALETTE.paper,
    "figure.constrained_layout.h_pad": 0.06,
    "figure.constrained_layout.w_pad": 0.06,
    "text.color": PALETTE.ink,
    # Two amounts in dollars in one sentence aren't a formula.
    "text.parse_math": False,
    "xtick.color": PALETTE.muted,
    "ytick.color": PALETTE.muted,
    "xtick.labelsize": TEXT_SIZE,
    "ytick.labelsize": TEXT_SIZE,
    "xtick.major.size": 3.0,
    "ytick.major.size": 0.0,
    "lines.linewidth": 1.8,
    "lines.markersize": 5.0,
    "patch.linewidth": 0.0,
    "legend.frameon": False,
    "legend.fontsize": TEXT_SIZE,
    "hatch.linewidth": 0.6,
}


@contextmanager
def house_style() -> Iterator[None]:
    """Draw in the house style inside a `with` block, for seaborn calls and for axes made by other code."""
    import matplotlib
    from cycler import cycler

    settings: Any = _RC | {"axes.prop_cycle": cycler(color=PALETTE.categorical)}
    with matplotlib.rc_context(settings):
        yield


def new_figure(
    width: float = 6.5, height: float = 3.2, columns: int = 1, rows: int = 1, **subplot_options: Any
) -> tuple[Figure, Any]:
    """A figure in the house style, laid out so that no label is cut off.

    Args:
        width: Inches; 6.5 fills the text width of a page.
        height: Inches.
        columns: Axes side by side.
        rows: Axes above each other.
        subplot_options: Passed to `Figure.subplots`, such as `sharey=True`.

    Returns:
        The figure with its one `Axes`, or an array of them: 1-d for one row or one column, else (rows, columns).
    """
    from matplotlib.figure import Figure

    with house_style():
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=True, **subplot_options)
        for ax in _each(axes):
            ax.tick_params(labelsize=TEXT_SIZE, labelcolor=PALETTE.ink)
            ax.grid(visible=True, axis="y")
            ax.grid(visible=False, axis="x")
    return figure, axes


def rows_and_columns(charts: int, widest: int) -> tuple[int, int]:
    """How to lay out a number of small charts, at most `widest` side by side, with the fewest holes.

    >>> rows_and_columns(4, 3), rows_and_columns(5, 3), rows_and_columns(2, 3)
    ((2, 2), (2, 3), (1, 2))
    """
    rows = -(-charts // widest)
    return rows, -(-charts // rows)


def most_rows(inches_each: float, beside: float = 1.2) -> int:
    """How many rows a chart holds that is no taller than a page.

    Args:
        inches_each: Height of a row.
        beside: Inches that headline and axis take.
    """
    return int((TALLEST - beside) / inches_each)


def tell_left_out(figure: Figure, shown: int, every: int, which: str = "largest") -> None:
    """Say below a chart that it shows but some of its rows or panels; nothing where it shows all.

    Args:
        shown: How many it shows.
        every: How many there are.
        which: Those that it shows.
    """
    if shown < every:
        text = f"The {which} {shown} of {every} are shown"
        figure.supxlabel(text, color=PALETTE.muted, fontsize=TEXT_SIZE, fontfamily=FONT)


def short(name: str, most: int = LONGEST_NAME) -> str:
    """A name that a company gave, cut with an ellipsis where it has more letters than a sentence or a label bears.

    >>> short("Television"), short("Television in the north and the south of the country", 20)
    ('Television', 'Television in the n…')
    """
    return name if len(name) <= most else name[: most - 1].rstrip() + ELLIPSIS


def few_names(names: Sequence[str], most: int = MOST_NAMES, letters: int = LONGEST_NAME) -> str:
    """Names in a headline: the first ones, and how many more there are.

    >>> few_names(["TV", "Search"]), few_names(["a", "b", "c", "d", "e", "f"])
    ('TV, Search', 'a, b, c and 3 more')
    """
    if len(names) <= most:
        return ", ".join(short(name, letters) for name in names)
    return f"{', '.join(short(name, letters) for name in names[: most - 1])} and {len(names) - most + 1} more"


def headline(ax: Axes, text: str) -> None:
    """Say above the axes what the chart shows, bold, left-aligned, broken into lines that fit; name the ticks before."""
    ax.set_title(
        wrapped(text, available_points(ax), HEADLINE_SIZE, "bold"),
        loc="left",
        fontsize=HEADLINE_SIZE,
        fontweight="bold",
        fontfamily=FONT,
        color=PALETTE.ink,
        linespacing=1.25,
        pad=10.0,
    )


def axis_units(ax: Axes, x: str = "", y: str = "") -> None:
    """Name what the axes measure and in which unit, such as `"Weekly spend (EUR)"`; name the ticks before."""
    ax.set_xlabel(wrapped(x, available_points(ax), TEXT_SIZE), color=PALETTE.muted, fontsize=TEXT_SIZE)
    ax.set_ylabel(y, color=PALETTE.muted, fontsize=TEXT_SIZE)


def direct_label(
    ax: Axes,
    x: Any,
    y: Any,
    text: str,
    color: str = PALETTE.ink,
    *,
    offset: tuple[float, float] = (5.0, 0.0),
    ha: str = "left",
    va: str = "center",
) -> Annotation:
    """Write a series' name beside its mark at the data point (x, y), `offset` points away.

    The label takes part in the layout: the axes shrink so that it is not cut off.
    """
    return ax.annotate(
        text,
        (x, y),
        xytext=offset,
        textcoords="offset points",
        ha=ha,
        va=va,
        color=color,
        fontsize=TEXT_SIZE,
        fontfamily=FONT,
        parse_math=False,
        annotation_clip=False,
    )


def money_ticks(ax: Axes, currency: str, axis: str = "y") -> None:
    """Print an axis' ticks as money: €1.2m."""
    _format_ticks(ax, axis, lambda value: _short_money(value, currency))


def percent_ticks(ax: Axes, axis: str = "y", digits: int = 0) -> None:
    """Print an axis of fractions as percentages."""
    _format_ticks(ax, axis, lambda value: wording.percent(value, digits))


def count_ticks(ax: Axes, axis: str = "y") -> None:
    """Print an axis' ticks as whole numbers with separators."""
    _format_ticks(ax, axis, wording.count)


def unit_ticks(ax: Axes, unit: str, axis: str = "y") -> None:
    """Print an axis' ticks in the unit of an `Estimate`: a currency code, `%`, a noun, or nothing."""
    if unit == "%":
        percent_ticks(ax, axis)
    elif len(unit) == 3 and unit.isupper():
        money_ticks(ax, unit, axis)
    else:
        _format_ticks(ax, axis, wording.number)


def _short_money(value: float, currency: str) -> str:
    text = wording.money(value, currency)
    return text.removesuffix(".00")


def _format_ticks(ax: Axes, axis: str, formatted: Callable[[float], str]) -> None:
    from matplotlib.ticker import FuncFormatter

    target = ax.xaxis if axis == "x" else ax.yaxis
    target.set_major_formatter(FuncFormatter(lambda value, _position: formatted(float(value))))


def _each(axes: Axes | np.ndarray) -> list[Axes]:
    return list(axes.flat) if hasattr(axes, "flat") else [axes]


def available_points(ax: Axes) -> float:
    """Width of the axes in points, beside the room of what is written on its left."""
    import numpy as np

    figure = ax.get_figure(root=True)
    grid = ax.get_subplotspec()
    share = 1.0
    if grid is not None:
        widths = np.asarray(grid.get_gridspec().get_width_ratios(), dtype=float)
        share = float(widths[grid.colspan.start : grid.colspan.stop].sum() / widths.sum())
    width = figure.get_figwidth() if figure is not None else 6.5
    beside = min(_beside(ax), 0.25 * POINTS_PER_INCH + NAMES_SHARE * width * POINTS_PER_INCH)
    return float(max(NARROWEST, width * share * POINTS_PER_INCH - beside))


def _beside(ax: Axes) -> float:
    """Room in points of what is written at the ticks so far, at least three quarters of an inch: numbers may change until it is drawn."""
    lines = [line for label in ax.get_yticklabels() for line in label.get_text().split("\n")]
    widest = max((text_width(line, TEXT_SIZE) for line in lines), default=0.0)
    return max(0.75 * POINTS_PER_INCH, widest + 0.25 * POINTS_PER_INCH)


def text_width(text: str, size: float, weight: str = "normal") -> float:
    """Width of a line of text, pt; letters that the font lacks are as wide as their stand-ins."""
    return _width_of_one_point(text, weight) * size


@lru_cache(maxsize=20_000)
def _width_of_one_point(text: str, weight: str) -> float:
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    measured = 100
    font = FontProperties(family=FONT, weight=weight, size=measured)
    with unheard_of_letters():
        return float(text_to_path.get_text_width_height_descent(text, font, ismath=False)[0]) / measured


@contextmanager
def unheard_of_letters() -> Iterator[None]:
    """Letters that the house's font lacks are no cause for a warning: they are written as letters, and shown by whoever has a font."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


def one_line(text: str) -> str:
    """A text that was broken into lines as it was before; spaces that don't break are kept."""
    return re.sub(r"[ \n]+", " ", text).strip(" ")


def shortened(text: str, width: float, size: float = TEXT_SIZE, weight: str = "normal") -> str:
    """A line of text cut with an ellipsis where it is wider than `width`, pt.

    >>> shortened("Television", 200), shortened("Television in the north and the south", 100)
    ('Television', 'Television in the nort…')
    """
    if text_width(text, size, weight) <= width:
        return text
    fits, beyond = 1, len(text)
    while beyond - fits > 1:
        middle = (fits + beyond) // 2
        if text_width(text[:middle].rstrip() + ELLIPSIS, size, weight) <= width:
            fits = middle
        else:
            beyond = middle
    return text[:fits].rstrip() + ELLIPSIS


def wrapped(text: str, width: float, size: float, weight: str = "normal") -> str:
    """Lines of at most `width` points; lines that are broken already stay so, words that are longer are cut."""
    lines: list[str] = []
    for line in text.split("\n"):
        lines.append("")
        # Not at spaces that don't break.
        for whole in filter(None, line.split(" ")):
            word = shortened(whole, width, size, weight)
            longer = f"{lines[-1]} {word}".lstrip()
            if not lines[-1] or text_width(longer, size, weight) <= width:
                lines[-1] = longer
            else:
                lines.append(word)
    return "\n".join(lines)
