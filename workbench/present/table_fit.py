"""How a table fits a page: letters as large as there is room for, and never too small to read.

A table that is too wide for that goes on below itself with its further columns, each part beginning with the first column.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from workbench.present.blocks import Table

if TYPE_CHECKING:
    from matplotlib.ft2font import FT2Font

PAGE_WIDTH = 470.0
LARGEST, SMALLEST = 7.8, 6.4
PADDINGS = (14.0, 8.0)
# Texts of more ems break into lines and share what room the other columns leave; numbers never break.
LONG_TEXT, LONGEST_TEXT = 14.0, 40.0
LONGEST_LOOKED_AT = 3
EM = 100
# Points; what all columns take of it is less than the padding that the outer sides of the table don't have.
SLACK = 0.5


@dataclass(frozen=True, kw_only=True)
class Fit:
    """Measures with which a table fits the page.

    Attributes:
        size: Of the font, pt.
        padding: On either side of a cell, pt.
        shares: Of what room is left, by which long texts break into lines; 0 for a column without such.
        widths: Of the other columns, pt, heads of which would take too much room in one line; 0 for as wide as its text.
    """

    size: float
    padding: float
    shares: tuple[float, ...]
    widths: tuple[float, ...]


def fitted_parts(table: Table, decimal: str = ".") -> Iterator[tuple[Table, Fit]]:
    """The table, in as few parts as let it be read."""
    ems = [_column_width(table, column, decimal) for column in range(len(table.columns))]
    parts = _parts([_least(table, column, width) for column, width in enumerate(ems)])
    for number, columns in enumerate(parts):
        part = replace(
            table,
            columns=tuple(table.columns[i] for i in columns),
            rows=tuple(tuple(row[i] for i in columns) for row in table.rows),
            caption="" if number else table.caption,
            total_rows=table.total_rows if number == len(parts) - 1 else 0,
        )
        yield part, _fit(table, columns, ems)


def _fit(table: Table, columns: list[int], ems: list[float]) -> Fit:
    needed = sum(_least(table, i, ems[i]) for i in columns)
    size, padding = _size(needed, len(columns))
    size = min(LARGEST, size)
    shares = tuple(
        min(ems[i], LONGEST_TEXT) if table.columns[i].align == "left" and ems[i] > LONG_TEXT else 0.0 for i in columns
    )
    heads = [text_width(table.columns[i].name, bold=True) for i in columns]
    wanted = [max(head - ems[i], 0.0) for i, head in zip(columns, heads, strict=True)]
    room = PAGE_WIDTH - padding * len(columns) - size * needed
    widths = [0.0] * len(columns)
    if size * sum(wanted) > room:
        # Breaking heads fairly would narrow columns whose texts must not break.
        outer = [padding / 2 if i in (columns[0], columns[-1]) else 0.0 for i in columns]
        widths = [
            0.0 if share else size * ems[i] + padding - saved + SLACK + max(room, 0.0) * more / sum(wanted)
            for i, share, more, saved in zip(columns, shares, wanted, outer, strict=True)
        ]
    return Fit(
        size=math.floor(100 * size) / 100, padding=padding / 2, shares=shares, widths=tuple(round(w, 2) for w in widths)
    )


def _parts(needed: list[float]) -> list[list[int]]:
    """Columns of each part: the first one, and of the others as many as fit."""
    first, parts = needed[:1], [[0]] if needed else [[]]
    for column, width in enumerate(needed[1:], 1):
        row = [*first, *(needed[i] for i in parts[-1][1:]), width]
        if len(parts[-1]) > 1 and _size(sum(row), len(row))[0] < SMALLEST:
            parts.append([0])
        parts[-1].append(column)
    return parts


def _size(ems: float, columns: int) -> tuple[float, float]:
    """Largest font size at which so many ems fit, and the padding of a column that goes with it."""
    for padding in PADDINGS:
        size = (PAGE_WIDTH - padding * columns) / max(ems, 1.0)
        if size >= SMALLEST:
            break
    return size, padding


def _least(table: Table, column: int, width: float) -> float:
    """Ems below which a column can't go."""
    return min(width, LONG_TEXT) if table.columns[column].align == "left" else width


def _column_width(table: Table, column: int, decimal: str) -> float:
    """Ems of the widest text of a column; heads may break between words."""
    texts = {row[column] for row in table.rows}
    if table.columns[column].align == "right":
        listed = sorted(texts)
        ends = tails(listed, decimal)
        cells = _widest(text.removesuffix(end) for text, end in zip(listed, ends, strict=True)) + _widest(ends)
    else:
        cells = _widest(texts)
    return max([cells, *(text_width(word, bold=True) for word in table.columns[column].name.split())])


def _widest(texts: Iterable[str]) -> float:
    longest = sorted(set(texts), key=len)[-LONGEST_LOOKED_AT:]
    return max((text_width(text, bold=False) for text in longest), default=0.0)


def tails(texts: Sequence[str], decimal: str = ".") -> list[str]:
    """What follows each number's decimal point, the point included; nothing where a text is no number, or units of a column differ.

    >>> tails(["€1,234.50", "€12", "–"]), tails(["1.234,50 €", "12 €"], ",")
    (['.50', '', ''], [',50 €', ' €'])
    >>> tails(["€1.50", "12.5%"]), tails(["€1.50", "€2.25m"])
    (['', ''], ['', ''])
    """
    numbers = [_number(text, decimal) for text in texts]
    units = {_unit(text) for text, number in zip(texts, numbers, strict=True) if number}
    return [number[1] if number and len(units) == 1 else "" for number in numbers]


def _number(text: str, decimal: str) -> re.Match[str] | None:
    """A text that holds one number, and what follows the decimal point of it."""
    thousands = "," if decimal == "." else "."
    return re.fullmatch(rf"\D*[\d{thousands}]+((?:\{decimal}\d+)?\D*)", text)


def _unit(text: str) -> str:
    """What a text has besides its number, thousands and millions among it; without signs, comparisons and a plural's end."""
    return re.sub(r"[\s\d.,−+±<>≤≥=~]", "", text).removesuffix("s")


def text_width(text: str, *, bold: bool) -> float:
    return sum(_advance(letter, bold) for letter in text)


@cache
def _advance(letter: str, bold: bool) -> float:
    """Of one letter, in ems."""
    return float(_font(bold).load_char(ord(letter)).linearHoriAdvance) / 65536 / EM


@cache
def _font(bold: bool) -> FT2Font:
    from matplotlib.font_manager import FontProperties, findfont
    from matplotlib.ft2font import FT2Font

    font = FT2Font(findfont(FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal")))
    font.set_size(EM, 72)
    return font
