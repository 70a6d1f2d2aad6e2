"""Charts in another language, laid out anew for words of other lengths before they are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any

from matplotlib.axes import Axes
from matplotlib.text import Text
from matplotlib.ticker import Formatter

from workbench.present.language.speech import say, spoken
from workbench.present.style import axis_units, headline, one_line

if TYPE_CHECKING:
    from matplotlib.figure import Figure


# Of lines in another language.
LONGER = 1.4


class SaidTicks(Formatter):
    """Tick labels of another formatter, in the language that is spoken."""

    def __init__(self, inner: Formatter) -> None:
        self.inner = inner

    def __call__(self, x: float, pos: int | None = None) -> str:
        return say(self.inner(x, pos))

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        return [say_lines(text) for text in self.inner.format_ticks(list(values))]

    def get_offset(self) -> str:
        return say(self.inner.get_offset())

    def set_axis(self, axis: Any) -> None:
        super().set_axis(axis)
        self.inner.set_axis(axis)

    def set_locs(self, locs: Any) -> None:
        self.inner.set_locs(locs)


def say_in_chart(figure: Figure) -> None:
    """Say every text of a chart in the language that is spoken; headlines and names of axes are broken into lines anew."""
    if spoken() is None:
        return
    axes = figure.axes
    ticks = {id(label) for ax in axes for label in (*ax.get_xticklabels(), *ax.get_yticklabels())}
    for ax in axes:
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_formatter(SaidTicks(axis.get_major_formatter()))
    placed = {id(text) for ax in axes for text in _wrapped_texts(ax)}
    for text in figure.findobj(Text):
        if isinstance(text, Text) and text.get_text() and id(text) not in ticks | placed:
            text.set_text(say_lines(text.get_text()))
    for ax in axes:
        if title := ax.get_title(loc="left"):
            headline(ax, say(one_line(title)))
        axis_units(ax, say(one_line(ax.get_xlabel())), say(one_line(ax.get_ylabel())))


def say_lines(text: str) -> str:
    """A text that may be broken into lines: as a whole if the catalogue knows it so, in lines about as long, else line by line."""
    lines = text.split("\n")
    whole = say(one_line(text))
    if len(lines) == 1 or "\n" in whole:
        return whole
    if whole != one_line(text):
        return _in_lines(whole, max(map(len, lines)), len(lines))
    return "\n".join(map(say, lines))


def _in_lines(text: str, letters: int, most: int) -> str:
    """In no more lines than before, if lines that are a little longer do for that; else in more lines, as long as before."""
    tries = (fill(text, each, break_long_words=False) for each in range(letters, round(LONGER * letters) + 1))
    told = fill(text, letters, break_long_words=False)
    return next((each for each in tries if each.count("\n") < most), told)


def _wrapped_texts(ax: Axes) -> tuple[Any, ...]:
    return (ax._left_title, ax.xaxis.label, ax.yaxis.label)  # type: ignore[attr-defined]
