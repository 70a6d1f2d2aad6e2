"""Pictures give way a little, so that pages fill; a page holds 6.5 × 10 inches."""

import io
import re

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_notebook
from pypdf import PageObject, PdfReader

from tests.present.conftest import shown
from workbench.present import display
from workbench.present.document import report_of
from workbench.present.style import TEXT_SIZE, headline, new_figure
from workbench.present.typst_writer import pdf_bytes

LEAST = 0.8

type Page = tuple[list[str], set[float]]


def chart(name: str, height: float) -> NotebookNode:
    figure, ax = new_figure(height=height)
    headline(ax, name)
    return shown(display.figure(figure))


def charts_and_scales(page: PageObject) -> Page:
    """Charts by their headlines, and to which share of its size their text was printed."""
    scales: set[float] = set()

    def visit(_text: str, matrix: list[float], _text_matrix: list[float], _font: object, size: float) -> None:
        # Nothing but charts has text of this size.
        if size == TEXT_SIZE:
            scales.add(round(matrix[0], 4))

    text = page.extract_text(visitor_text=visit)
    return re.findall(r"Chart \d", text), scales


def pages_of(*heights: float, before: str = "# Report") -> list[Page]:
    cells = [chart(f"Chart {i}", height) for i, height in enumerate(heights)]
    report = report_of(new_notebook(cells=[new_markdown_cell(before), *cells]))
    return [charts_and_scales(page) for page in PdfReader(io.BytesIO(pdf_bytes(report))).pages]


def test_charts_that_nearly_fit_on_a_page_shrink_alike_until_they_do():
    ((charts, scales),) = pages_of(3.2, 3.2, 3.2)
    assert charts == ["Chart 0", "Chart 1", "Chart 2"]
    (scale,) = scales
    assert LEAST <= scale < 1


def test_charts_keep_their_size_where_shrinking_would_not_help():
    assert pages_of(4.2, 4.2, 4.2) == [(["Chart 0", "Chart 1"], {1.0}), (["Chart 2"], {1.0})]


def test_a_chart_higher_than_a_page_gives_way_alone():
    first, (charts, scales) = pages_of(2.0, 11.0)
    assert first == (["Chart 0"], {1.0})
    assert charts == ["Chart 1"]
    assert LEAST <= max(scales) < 1


def test_what_a_long_text_leaves_of_a_page_is_known():
    """Behind a text of one page and a half, two charts that need a little more than the other half."""
    text = "\n\n".join(["# Report", *(f"Paragraph {i}. " + "Words of some length. " * 20 for i in range(14))])
    *_, (charts, scales) = pages_of(3.2, 3.2, before=text)
    assert charts == ["Chart 0", "Chart 1"]
    assert LEAST <= max(scales) < 1
