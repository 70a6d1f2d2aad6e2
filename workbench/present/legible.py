"""Charts that stay legible whatever they show: names, ticks, headlines and labels that fit and don't lie on each other."""

from __future__ import annotations

import warnings
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from workbench.present.label_places import part_labels
from workbench.present.style import (
    HEADLINE_SIZE,
    NAMES_SHARE,
    NARROWEST,
    POINTS_PER_INCH,
    TALLEST,
    TEXT_SIZE,
    axis_units,
    headline,
    one_line,
    shortened,
    text_width,
    unheard_of_letters,
    wrapped,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

# Of a panel's width, what a label inside it may take.
LABEL_SHARE = 0.45
BETWEEN_TICKS = 4.0
LINE_HEIGHT = 1.25
# Inches of a panel, without what is written around it.
LEAST_HEIGHT = 0.8
TALLER = 1.25
MOST_LINES = 4


def make_legible(figure: Figure) -> None:
    """Lay out a chart that is about to be written, and mend what can't be read in it; what can is left as it is.

    Long names are cut with an ellipsis, headlines broken where their own panel ends, ticks left out where their words would touch,
    rows given the height of a line, and labels moved apart. The layout is final afterwards.
    """
    with unheard_of_letters():
        _shorten_names(figure)
        _lay_out(figure)
        for mend in MENDS:
            if mend(figure):
                _lay_out(figure)
        figure.set_layout_engine("none")


def _lay_out(figure: Figure) -> None:
    """Lay the chart out, taller than it was where its texts leave its panels no room."""
    while True:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            figure.draw_without_rendering()
        tall = figure.get_figheight()
        if tall >= TALLEST or not any("collapsed" in str(warning.message) for warning in told):
            return
        figure.set_figheight(min(TALLEST, TALLER * tall))


def _shown(figure: Figure) -> list[Axes]:
    return [ax for ax in figure.axes if ax.get_visible() and ax.axison]


def _shorten_names(figure: Figure) -> None:
    """Names beside rows and labels at marks, so that they leave the chart most of its room."""
    for ax in figure.axes:
        room = _column_points(ax)
        if _is_named(ax.yaxis):
            _rename(ax.yaxis, NAMES_SHARE * (room if _has_own_names(ax) else _figure_points(ax)))
        for label, text in zip(
            ax.texts, _cut_apart([label.get_text() for label in ax.texts], LABEL_SHARE * room), strict=True
        ):
            label.set_text(text)


def _has_own_names(ax: Axes) -> bool:
    """Whether names stand between panels; in the first column they may take more of the figure."""
    grid = ax.get_subplotspec()
    return grid is not None and grid.get_gridspec().ncols > 1 and not grid.is_first_col()


def _rename(axis: Axis, room: float) -> None:
    names = [label.get_text() for label in axis.get_ticklabels()]
    cut = _cut_apart(names, room)
    if cut != names:
        axis.set_ticks(list(axis.get_ticklocs()), cut)


def _cut_apart(names: list[str], width: float) -> list[str]:
    """Each cut at its end, or inside where names differ at their ends only."""
    cut = [_lines_within(name, width) for name in names]
    return cut if len(set(cut)) == len(set(names)) else [_cut_inside(name, width) for name in names]


def _lines_within(text: str, width: float) -> str:
    return "\n".join(shortened(line, width) for line in text.split("\n"))


def _cut_inside(name: str, width: float) -> str:
    """The beginning and the end of a name."""
    if "\n" in name or text_width(name, TEXT_SIZE) <= width:
        return _lines_within(name, width)
    end = shortened(name[::-1], width / 2)[::-1].lstrip("…")
    return f"{shortened(name, width / 2)}{end}"


def _is_named(axis: Axis) -> bool:
    from matplotlib.category import StrCategoryLocator
    from matplotlib.ticker import FixedLocator

    return isinstance(axis.get_major_locator(), FixedLocator | StrCategoryLocator)


def _give_rows_room(figure: Figure) -> bool:
    """Make the chart taller where names of rows touch, up to the height of a page; beyond that, leave some names out."""
    tall, grown = figure.get_figheight(), 1.0
    for ax in _shown(figure):
        labels = _drawn_labels(ax.yaxis)
        needed = max((_height(label) for label in labels), default=0.0)
        gap = min((abs(above - below) for above, below in pairwise(sorted(map(_middle, labels)))), default=needed)
        if labels and needed and gap < needed:
            inside = ax.get_window_extent().height
            grown = max(grown, 1 + inside * (needed / max(gap, 1.0) - 1) / (tall * figure.dpi))
    if grown == 1.0:
        return False
    figure.set_figheight(max(tall, min(TALLEST, tall * grown)))
    _lay_out(figure)
    for ax in _shown(figure):
        _thin_ticks(ax.yaxis)
    return True


def _give_panels_room(figure: Figure) -> bool:
    """Make the chart taller where headlines of many lines leave little of a panel."""
    panels = _shown(figure)
    least = min((ax.get_window_extent().height / figure.dpi for ax in panels), default=LEAST_HEIGHT)
    tall = figure.get_figheight()
    if least >= min(LEAST_HEIGHT, 0.25 * tall):
        return False
    rows = max((grid.get_gridspec().nrows for ax in panels if (grid := ax.get_subplotspec())), default=1)
    figure.set_figheight(max(tall, min(TALLEST, tall + rows * (LEAST_HEIGHT - least))))
    return True


def _thin_ticks_below(figure: Figure) -> bool:
    return sum(_thin_ticks(ax.xaxis) for ax in _shown(figure)) > 0


def _height(label: Any) -> float:
    lines = label.get_text().count("\n") + 1
    return lines * label.get_fontsize() * LINE_HEIGHT * label.get_figure(root=True).dpi / POINTS_PER_INCH


def _middle(label: Any) -> float:
    box = label.get_window_extent()
    return float(box.y0 + box.y1) / 2


def _drawn_labels(axis: Axis) -> list[Any]:
    """Words at the ticks that lie on the axis."""
    return [tick.label1 for tick in axis._update_ticks() if tick.label1.get_visible() and tick.label1.get_text()]  # type: ignore[attr-defined]


def _thin_ticks(axis: Axis) -> bool:
    """Every second tick, or third and so on, where the words at them would touch; whether any was left out."""
    along = "x" if axis is axis.axes.xaxis else "y"
    ticks = [tick for tick in axis._update_ticks() if tick.label1.get_text()]  # type: ignore[attr-defined]
    labels = [tick.label1 if tick.label1.get_visible() else tick.label2 for tick in ticks]
    if len(labels) < 2 or any(label.get_rotation() % 90 for label in labels) or not labels[0].get_visible():
        return False
    points = labels[0].get_figure(root=True).dpi / POINTS_PER_INCH
    apart = BETWEEN_TICKS * points if along == "x" else 0.0
    spans = sorted(
        ((getattr(box, f"{along}0"), getattr(box, f"{along}1"), tick.get_loc(), label.get_text()))
        for tick, label in zip(ticks, labels, strict=True)
        for box in [label.get_window_extent()]
    )
    every = next(step for step in range(1, len(spans) + 1) if _apart(spans[::step], apart))
    if every == 1:
        return False
    axis.set_ticks([place for *_, place, _ in spans[::every]], [text for *_, text in spans[::every]])
    return True


def _apart(spans: list[tuple[float, float, float, str]], least: float) -> bool:
    return all(after[0] - before[1] >= least for before, after in pairwise(spans))


def _break_texts(figure: Figure) -> bool:
    """Break headlines where the next panel begins, names of axes where their axes end; whether any was broken anew."""
    points = POINTS_PER_INCH / figure.dpi
    broken = False
    for ax in _shown(figure):
        if title := ax.get_title(loc="left"):
            room = points * (_right_end(ax) - ax.get_window_extent().x0)
            if _widest(title, HEADLINE_SIZE, "bold") > room:
                headline(ax, _few_lines(one_line(title), room))
                broken = True
        inside = ax.get_window_extent()
        x = wrapped(ax.get_xlabel(), max(points * min(1.1 * inside.width, _free_width(ax)), NARROWEST), TEXT_SIZE)
        y = wrapped(one_line(ax.get_ylabel()), max(points * inside.height * 1.1, NARROWEST), TEXT_SIZE)
        too_wide = _widest(ax.get_xlabel(), TEXT_SIZE) > points * _free_width(ax)
        too_tall = _widest(ax.get_ylabel(), TEXT_SIZE) > points * inside.height * 1.25
        if too_wide or too_tall:
            axis_units(ax, x if too_wide else ax.get_xlabel(), y if too_tall else ax.get_ylabel())
            broken = True
    return broken


def _few_lines(text: str, width: float) -> str:
    lines = wrapped(text, width, HEADLINE_SIZE, "bold").split("\n")
    if len(lines) <= MOST_LINES:
        return "\n".join(lines)
    last = shortened(f"{lines[MOST_LINES - 1]} {lines[MOST_LINES]}", width, HEADLINE_SIZE, "bold")
    return "\n".join([*lines[: MOST_LINES - 1], last])


def _widest(text: str, size: float, weight: str = "normal") -> float:
    return max(text_width(line, size, weight) for line in text.split("\n"))


def _free_width(ax: Axes) -> float:
    """Pixels that a text centred below the axes may take before it meets the chart's edge or the next panel's text."""
    inside, middle = ax.get_window_extent(), ax.get_window_extent().x0 + ax.get_window_extent().width / 2
    left = max((other.get_window_extent().x1 for other in _neighbours(ax) if _before(other, ax)), default=0.0)
    return float(2 * min(_right_end(ax) - middle, max(middle - left, inside.width / 2)))


def _right_end(ax: Axes) -> float:
    """Pixels from the left of where the next panel of the row begins, or the chart ends."""
    edge = _figure(ax).bbox.x1
    return float(min([edge, *(_left_end(other) for other in _neighbours(ax) if _before(ax, other))]))


def _left_end(ax: Axes) -> float:
    box = ax.get_window_extent()
    return float(box.x0) - 6.0


def _neighbours(ax: Axes) -> list[Axes]:
    """Panels of the same row."""
    own = ax.get_window_extent()
    others = [other for other in _shown(_figure(ax)) if other is not ax]
    return [
        other for other in others if other.get_window_extent().y0 < own.y1 and own.y0 < other.get_window_extent().y1
    ]


def _before(one: Axes, other: Axes) -> bool:
    return bool(one.get_window_extent().x1 <= other.get_window_extent().x0)


def _figure(ax: Axes) -> Figure:
    figure = ax.get_figure(root=True)
    assert figure is not None
    return figure


def _figure_points(ax: Axes) -> float:
    return float(_figure(ax).get_figwidth() * POINTS_PER_INCH)


def _column_points(ax: Axes) -> float:
    grid = ax.get_subplotspec()
    columns = grid.get_gridspec().ncols if grid is not None else 1
    return _figure_points(ax) / columns


MENDS = (
    _give_rows_room,
    _break_texts,
    _give_panels_room,
    _break_texts,
    _thin_ticks_below,
    part_labels,
    _break_texts,
    part_labels,
)
