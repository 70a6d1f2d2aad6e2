"""PDFs say exactly what was found, on the right page, the same bytes every time."""

import io
import re
from dataclasses import replace

import pandas as pd
import pytest
from nbformat.v4 import new_markdown_cell, new_notebook
from pypdf import PdfReader

from tests.present.conftest import RUN, shown
from tests.present.tagged import alternatives
from workbench.present import display
from workbench.present.document import read_report, report_of
from workbench.present.export import export_pdf
from workbench.present.html_writer import html_text
from workbench.present.typst_writer import pdf_bytes
from workbench.result import Check, Result


@pytest.fixture
def reader(notebook):
    return PdfReader(io.BytesIO(pdf_bytes(read_report(notebook, RUN))))


def flat(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def pages(reader: PdfReader) -> list[str]:
    return [flat(page.extract_text()) for page in reader.pages]


def test_page_one_holds_title_period_findings_and_all_checks(reader, result):
    first = pages(reader)[0]
    for expected in (result.title, "Nordwind Handel GmbH", "3 Jan 2022 – 29 Dec 2024", *result.findings):
        assert expected in first
    for check in result.checks:
        assert check.detail in first
    assert first.index("FAILED") < first.index("NOTE") < first.index("PASSED")
    assert "1 failed, 1 passed, 1 for information" in first


def test_every_page_has_run_window_and_number_and_later_ones_the_title(reader, result):
    texts = pages(reader)
    for number, text in enumerate(texts, 1):
        assert RUN["run_id"] in text
        assert "Data 3 Jan 2022 – 29 Dec 2024" in text
        assert f"Page {number} of {len(texts)}" in text
    assert all(result.title in text and "Nordwind Handel GmbH" in text for text in texts[1:])


def test_a_result_that_may_not_be_used_says_so_on_every_page(result, long_frame):
    class Doubtful(Result):
        stamp = "FORCED: not to be signed"

    doubtful = Doubtful(title=result.title, estimates=result.estimates, findings=result.findings)
    cells = [shown(display.page_one(doubtful)), shown(display.table(long_frame))]
    report = report_of(new_notebook(cells=cells))
    texts = pages(PdfReader(io.BytesIO(pdf_bytes(report))))
    assert len(texts) > 3
    assert all(text.count(Doubtful.stamp) == 1 for text in texts)
    style, page = html_text(report).split("</style>", 1)
    assert f'@top-left {{ content: "{Doubtful.stamp}"' in style
    assert page.count(Doubtful.stamp) == 1


def test_a_long_table_spans_pages_and_repeats_its_header(reader):
    texts = pages(reader)
    holding = [text for text in texts if "row-" in text]
    assert len(holding) > 2
    assert all("Week Marker Spend" in text for text in holding)
    assert re.findall(r"row-(\d{3})", " ".join(texts)) == [f"{i:03d}" for i in range(300)]


def test_code_streams_and_empty_sections_stay_out(reader):
    text = " ".join(pages(reader))
    assert "secret_code" not in text
    assert "progress bar" not in text
    assert "Load the data" not in text


def test_text_of_charts_is_text(reader):
    assert "Television brought about €300k every week" in " ".join(pages(reader))


def test_the_pdf_is_tagged_titled_dated_and_its_pictures_are_described(reader, result):
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert b"<pdfuaid:part>1</pdfuaid:part>" in reader.trailer["/Root"]["/Metadata"].get_data()
    assert reader.metadata.title == result.title
    assert reader.metadata.author == "Nordwind Handel GmbH"
    assert reader.metadata.creation_date.isoformat() == "2025-01-07T06:30:12+00:00"
    told = alternatives(reader)
    assert "Television brought about €300k every week" in told
    assert "Formula: \\frac{a}{a+k}" in told


def test_the_same_notebook_gives_the_same_bytes(notebook, tmp_path):
    first = export_pdf(notebook, tmp_path / "a" / "1.pdf", run=RUN).read_bytes()
    second = export_pdf(notebook, tmp_path / "b" / "2.pdf", run=RUN).read_bytes()
    assert first == second


@pytest.mark.parametrize(
    "text",
    [
        "#let x = 1 #panic()",
        "*stars* _underscores_ `ticks`",
        "costs $5, or $x$?",
        "<label> @reference [bracket] {brace}",
        "back\\slash \\u{41} // not a comment /* nor this */",
        "quotes \"double\" 'single' ~ tilde",
        "= Not a heading",
        "euro € minus − dash – ellipsis … ß Ł é",
    ],
)
def test_findings_and_cells_are_printed_literally(result, text):
    check = Check(name="x", passed=False, detail=text)
    changed = replace(result, title=text, findings=(text,), checks=(check,))
    content = pages(PdfReader(io.BytesIO(pdf_bytes(report_of(new_notebook(cells=[shown(display.page_one(changed))]))))))
    assert content[0].count(text) >= 3


@pytest.mark.parametrize(
    "source",
    [
        "",
        "#",
        "[](https://x.org)",
        "| a |\n|---|",
        "- \n- ",
        "```\n\n```",
        "$$$$ $ $",
        "\u202e\x00\x07\ufffe\ud800a",
        "x" * 5000,
        "🙂 你好",
    ],
)
def test_odd_cells_are_typeset(source):
    report = report_of(new_notebook(cells=[new_markdown_cell(source)]), name="")
    assert PdfReader(io.BytesIO(pdf_bytes(report))).metadata.title


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame(),
        pd.DataFrame({"a": []}),
        pd.DataFrame([[1, 2]], columns=["same", "same"]),
        pd.DataFrame({"i": pd.array([1, None], dtype="Int64"), "l": [[1], {"a": 2}], "big": [1e300, float("-inf")]}),
        pd.DataFrame({f"metric_{i}": [1234567.891 * i] for i in range(14)}),
    ],
    ids=["no columns", "no rows", "names twice", "odd values", "wide"],
)
def test_odd_tables_are_typeset(frame):
    report = report_of(new_notebook(cells=[shown(display.table(frame))]))
    text = PdfReader(io.BytesIO(pdf_bytes(report))).pages[0].extract_text()
    assert all(cell in text for row in display.table(frame).block.rows for cell in row)


def test_right_to_left_words_are_kept(reader):
    text = " ".join(pages(reader))
    assert "שלום" in text
    assert "مرحبا" in text or "ابحرم" in text


def test_many_findings_and_checks_still_fit_on_page_one(result):
    crowded = replace(
        result,
        findings=tuple(f"{i}. {result.findings[0]}" for i in range(7)),
        checks=tuple(
            Check(name=f"check_{i}", passed=i > 1, detail="A sentence of middling length. " * 3) for i in range(14)
        ),
    )
    notebook = new_notebook(cells=[shown(display.page_one(crowded)), new_markdown_cell("Text on page two.")])
    texts = pages(PdfReader(io.BytesIO(pdf_bytes(report_of(notebook)))))
    assert "Check 13" in texts[0]
    assert "Text on page two." in texts[1]


def test_checks_that_are_many_are_named_on_page_one_and_told_at_the_end(result):
    others = tuple(
        Check(name=f"check_{i}", passed=(True, None)[i % 2], detail=f"What check {i} saw.") for i in range(20)
    )
    failed = Check(name="alarm", passed=False, detail="What went wrong.")
    many = replace(result, checks=(failed, *others))
    notebook = new_notebook(cells=[shown(display.page_one(many)), new_markdown_cell("Some words.")])
    first, *later = pages(PdfReader(io.BytesIO(pdf_bytes(report_of(notebook)))))
    assert "What went wrong." in first
    assert "What went wrong." not in " ".join(later)
    for i in range(20):
        assert f"Check {i}" in first
        assert f"What check {i} saw." not in first
        assert f"What check {i} saw." in later[-1]


def test_a_failed_check_that_takes_long_to_tell_is_brief_on_page_one_and_told_in_full_at_the_end(result):
    long = Check(name="alarm", passed=False, brief="Briefly told.", detail="Told in full, with every number.")
    others = tuple(Check(name=f"check_{i}", passed=True, detail="Seen.") for i in range(20))

    def texts(checks: tuple[Check, ...]) -> list[str]:
        cells = [shown(display.page_one(replace(result, checks=checks))), new_markdown_cell("Some words.")]
        return pages(PdfReader(io.BytesIO(pdf_bytes(report_of(new_notebook(cells=cells))))))

    first, *later = texts((long, *others))
    assert "Briefly told." in first
    assert "Told in full" not in first
    assert "Told in full, with every number." in later[-1]
    alone, *rest = texts((long, others[0]))
    assert "Briefly told." in alone
    assert "Seen." in alone
    assert "Told in full, with every number." in rest[-1]
    assert "Seen." not in rest[-1]


def test_where_numbers_come_from_stands_on_one_page_wherever_that_ends(result):
    heads = "Where the numbers come from", "Data window", "Versions"
    for paragraphs in range(30, 46):
        cells = [shown(display.page_one(result)), new_markdown_cell("\n\n".join(["Filler."] * paragraphs))]
        texts = pages(PdfReader(io.BytesIO(pdf_bytes(report_of(new_notebook(cells=cells))))))
        assert [sum(head in text for head in heads) for text in texts if heads[0] in text] == [3], paragraphs


def test_parameters_that_fill_pages_are_all_told(result):
    given = {f"parameter_{i}": "x" * 40 for i in range(400)}
    made = replace(result.provenance, parameters=given)
    cells = [shown(display.page_one(replace(result, provenance=made))), new_markdown_cell("Some words.")]
    text = " ".join(pages(PdfReader(io.BytesIO(pdf_bytes(report_of(new_notebook(cells=cells)))))))
    assert [name for name in given if name not in text] == []
    assert "numpy 2.3.4" in text
