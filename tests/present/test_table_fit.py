"""Tables are large enough to read: what is too wide goes on below."""

import io

import pandas as pd
import pytest
from nbformat.v4 import new_notebook
from pypdf import PdfReader

from tests.present.conftest import shown
from workbench.present import display
from workbench.present.blocks import Column, Table
from workbench.present.display import Display
from workbench.present.document import report_of
from workbench.present.table_fit import PAGE_WIDTH, SMALLEST, text_width
from workbench.present.typst_writer import pdf_bytes

WIDE = pd.DataFrame(
    {"name": ["alpha", "beta"], **{f"metric_{i}": [1234567.891 * (i + 1), -1e6 * (i + 1)] for i in range(16)}}
)


def texts_of(frame):
    """Each text of the table's PDF with its size and where it begins."""
    return texts_in(display.table(frame))


def texts_in(shown_table):
    found = []

    def visit(text, matrix, _text_matrix, _font, size):
        if text.strip():
            found.append((text.strip(), size, matrix[4], matrix[5]))

    report = report_of(new_notebook(cells=[shown(shown_table)]))
    PdfReader(io.BytesIO(pdf_bytes(report))).pages[0].extract_text(visitor_text=visit)
    return found


def test_a_wide_table_is_split_below_itself_with_its_first_column_and_readable_letters():
    cells = {text for row in display.table(WIDE).block.rows for text in row}
    found = [each for each in texts_of(WIDE) if each[0] in cells]
    assert {text for text, *_ in found} == cells
    assert sum(text == "alpha" for text, *_ in found) > 1
    assert min(size for _, size, _, _ in found) >= SMALLEST
    # A4 is 595 pt wide, its margins 62 pt.
    assert max(x + size * text_width(text, bold=False) for text, size, x, _ in found) <= 62.4 + PAGE_WIDTH + 1


def test_long_heads_break_rather_than_numbers():
    """Negative amounts in many columns with heads that are wider than their numbers."""
    names = [f"very long head of column {i}" for i in range(8)]
    frame = pd.DataFrame({"name": ["a"], **{name: [-53827.0 - i] for i, name in enumerate(names)}}).assign(
        **{"of text": "b"}
    )
    formats = dict.fromkeys(names, "EUR")
    report = report_of(new_notebook(cells=[shown(display.table(frame, formats=formats))]))
    lines = PdfReader(io.BytesIO(pdf_bytes(report))).pages[0].extract_text().splitlines()
    assert any(all(f"−€53,8{27 + i}" in line for i in range(8)) for line in lines)


def test_letters_are_as_wide_as_the_font_says():
    """Figures of DejaVu Sans are 1303 of 2048 units wide."""
    assert text_width("1234", bold=False) == pytest.approx(4 * 1303 / 2048, rel=1e-3)


def test_numbers_that_come_as_text_end_at_their_decimal_points():
    frame = pd.DataFrame(
        {
            "goal": ["Revenue", "Return", "Value"],
            "target": ["€2.55m", "1.4", "–"],
            "interval": ["€2.5m to €2.7m", "1.3 to 2.2", "–"],
            "until": ["2026-03-29"] * 3,
            "told": [True, False, True],
        }
    )
    align = {column.name: column.align for column in display.table(frame).block.columns}
    assert align == {"Goal": "left", "Target": "right", "Interval": "right", "Until": "left", "Told": "left"}


def ends_of(*values):
    """Where each text of a right-aligned column ends, in widths of its letters."""
    columns = (Column(name="name"), Column(name="value", align="right"))
    found = texts_in(Display(Table(columns=columns, rows=tuple(("row", value) for value in values))))
    places = {text: x / size + text_width(text, bold=False) for text, size, x, _ in found}
    return [places[value] for value in values]


def test_numbers_of_one_unit_stand_below_each_other_by_their_decimal_points():
    whole, cents = ends_of("€12", "€1.50")
    assert cents - whole == pytest.approx(text_width(".50", bold=False), abs=0.03)


def test_numbers_of_different_units_end_below_each_other():
    euros, share, count = ends_of("€1.50", "12.5%", "1,234")
    assert [share, count] == pytest.approx([euros, euros], abs=0.03)
