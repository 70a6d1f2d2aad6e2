"""What stands where on the pages of a PDF: words of scripts that run to the left, headings with what they head, heads of long tables."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from pathlib import Path

import matplotlib
import pandas as pd
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib.font_manager import FontEntry, fontManager
from matplotlib.ft2font import FT2Font
from nbformat.v4 import new_markdown_cell, new_notebook
from pypdf import PdfReader

from tests.present.conftest import shown
from workbench.present import display, lettering
from workbench.present.document import report_of
from workbench.present.style import direct_label, headline, new_figure
from workbench.present.typst_writer import pdf_bytes

HEBREW, ARABIC = "טלוויזיה", "تلفزيون"
poppler = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is not installed")


def pdf_of(*cells) -> bytes:
    return pdf_bytes(report_of(new_notebook(cells=list(cells))))


def pages_of(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]


def places(pdf: bytes, folder: Path) -> dict[str, float]:
    """Points from the left of where each word ends up on page one, by the word without brackets."""
    file = folder / "report.pdf"
    file.write_bytes(pdf)
    told = subprocess.run(["pdftotext", "-bbox", str(file), "-"], capture_output=True, text=True, check=True).stdout
    words = re.findall(r'<word xMin="([\d.]+)"[^>]*>([^<]*)</word>', told)
    return {re.sub(r"[^\w%]", "", word): float(left) for left, word in words}


def chart(title: str):
    fig, ax = new_figure(height=2.0)
    ax.barh([title], [1.0])
    headline(ax, title)
    direct_label(ax, 1.0, 0, title)
    return fig


@poppler
@pytest.mark.parametrize("word", [HEBREW, ARABIC])
@pytest.mark.parametrize(
    "cells",
    [
        lambda text: [new_markdown_cell(f"# {text}\n\nSome words.")],
        lambda text: [new_markdown_cell(f"# Report\n\n## {text}\n\nSome words.")],
        lambda text: [new_markdown_cell(text)],
        lambda text: [shown(display.table(pd.DataFrame({"name": [text], "n": [1]})))],
        lambda text: [shown(display.table(pd.DataFrame({text: ["x"], "n": [1]})))],
        lambda text: [shown(display.table(pd.DataFrame({"name": ["x"]}), text))],
        lambda text: [shown(display.figure(chart("Revenue"), text))],
    ],
    ids=["title", "heading", "prose", "cell", "head of a column", "caption of a table", "caption of a figure"],
)
def test_a_text_that_begins_on_the_right_goes_on_to_the_left(tmp_path, word, cells):
    """Unicode's rule: the first word stands on the right; Latin words after it run to the right, all of them on its left."""
    at = places(pdf_of(*cells(f"{word} Alpha 25% Beta")), tmp_path)
    first = next(left for text, left in at.items() if not text.isascii())
    assert at["Alpha"] < at["25%"] < at["Beta"] < first


@poppler
def test_a_text_that_begins_on_the_left_stays_so(tmp_path):
    at = places(pdf_of(new_markdown_cell(f"## Alpha {HEBREW}\n\nWords.")), tmp_path)
    assert at["Alpha"] < next(left for text, left in at.items() if not text.isascii())


@pytest.mark.slow
def test_headings_stay_with_what_they_head():
    """Thirty sections of all kinds after fillers of many lengths, so that pages end everywhere: no heading is a page's last line."""
    long = pd.DataFrame({"row": [f"r{i}" for i in range(30)], "n": range(30)})
    cells = []
    for i in range(30):
        body = [
            [new_markdown_cell("Words of the body. " * 12)],
            [shown(display.table(long.head(4)))],
            [shown(display.table(long, "Thirty rows"))],
            [shown(display.figure(chart("Revenue")))],
            [new_markdown_cell("- one\n- two\n- three")],
        ][i % 5]
        cells += [
            new_markdown_cell(f"## Heading{i}\n\n### Below{i}"),
            *body,
            new_markdown_cell("\n\n".join(["Filler."] * (i % 7 + 1))),
        ]
    pages = pages_of(pdf_of(*cells))
    assert len(pages) > 8
    for page in pages:
        lines = [line for line in page.splitlines() if line.strip() and not line.startswith(("Page", "Run"))]
        assert not re.match(r"(Heading|Below)\d+$", lines[-1].strip()), lines[-3:]
    text = "\n".join(pages)
    assert [int(n) for n in re.findall(r"^Heading(\d+)$", text, flags=re.MULTILINE)] == list(range(30))


def test_five_hundred_rows_come_once_each_in_order_under_repeated_heads():
    rows = pd.DataFrame(
        {
            "channel name": [f"row-{i:03d} {'of several words ' * (1 + i % 9)}" for i in range(500)],
            "spend": [1000.0 + i for i in range(500)],
            HEBREW: [HEBREW] * 500,
        }
    )
    pages = pages_of(pdf_of(shown(display.table(rows, "All rows", {"spend": "EUR"}))))
    holding = [page for page in pages if "row-" in page]
    assert len(holding) > 8
    assert all(len(re.findall(r"channel\s+name", page)) == 1 and "Spend" in page for page in holding)
    assert re.findall(r"row-(\d{3})", " ".join(pages)) == [f"{i:03d}" for i in range(500)]
    assert " ".join(pages).count("All rows") == 1


LETTER = "频"


@pytest.fixture
def font_with_a_letter(tmp_path, monkeypatch):
    """A font of this machine that has one Chinese letter, a square."""
    pen = TTGlyphPen(None)
    pen.moveTo((100, 0))
    for corner in ((100, 800), (900, 800), (900, 0)):
        pen.lineTo(corner)
    pen.closePath()
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", "letter"])
    builder.setupCharacterMap({ord(LETTER): "letter"})
    builder.setupGlyf({".notdef": pen.glyph(), "letter": pen.glyph()})
    builder.setupHorizontalMetrics({".notdef": (1000, 100), "letter": (1000, 100)})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "One Letter", "styleName": "Regular", "psName": "OneLetter-Regular"})
    builder.setupOS2(sTypoAscender=800, usWinAscent=800, usWinDescent=200)
    builder.setupPost()
    file = tmp_path / "OneLetter.ttf"
    builder.save(file)
    entry = FontEntry(
        fname=str(file),
        name="One Letter",
        style="normal",
        variant="normal",
        weight=400,
        stretch="normal",
        size="scalable",
    )
    monkeypatch.setattr(fontManager, "ttflist", [*_house_entries(), entry])
    lettering._best_font.cache_clear()
    yield
    lettering._best_font.cache_clear()


def test_the_house_font_has_every_letter_that_is_taken_for_granted():
    assert lettering.house_fonts() == Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    has = set(map(chr, FT2Font(str(lettering.house_fonts() / "DejaVuSans.ttf")).get_charmap()))
    assert {letter for letter in lettering.SURELY_THERE if letter.isprintable()} - has == set()


@pytest.fixture
def no_other_fonts(monkeypatch):
    monkeypatch.setattr(fontManager, "ttflist", _house_entries())
    lettering._best_font.cache_clear()
    yield
    lettering._best_font.cache_clear()


def _house_entries():
    return [font for font in fontManager.ttflist if font.fname.startswith(str(lettering.house_fonts()))]


def fonts_of(pdf: bytes) -> str:
    return " ".join(
        str(font.get_object()["/BaseFont"])
        for page in PdfReader(io.BytesIO(pdf)).pages
        for font in page["/Resources"]["/Font"].values()
    )


def cells_with_the_letter():
    return [
        new_markdown_cell(f"# Report\n\nThe channel {LETTER}."),
        shown(display.figure(chart(f"Revenue of {LETTER}"))),
    ]


@pytest.mark.usefixtures("font_with_a_letter")
def test_letters_that_the_house_lacks_come_from_fonts_of_the_machine():
    pdf = pdf_of(*cells_with_the_letter())
    assert "OneLetter" in fonts_of(pdf)
    text = " ".join(pages_of(pdf))
    assert text.count(LETTER) >= 3
    assert "No font" not in text


@pytest.mark.usefixtures("no_other_fonts")
def test_letters_that_no_font_has_are_told_and_leave_other_words_alone():
    text = " ".join(" ".join(pages_of(pdf_of(*cells_with_the_letter()))).split())
    assert "Revenue of □" in text
    assert f"The channel {LETTER}" in text
    assert f"has the letters {LETTER} (U+9891): they are shown as boxes" in text


def test_without_such_letters_nothing_is_told():
    text = " ".join(pages_of(pdf_of(new_markdown_cell(f"Ελληνικά, Русский, {HEBREW}, {ARABIC}: €5 → ≥ 3"))))
    assert "No font" not in text
