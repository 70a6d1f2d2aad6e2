"""HTML that asks nothing of any server and runs nothing that a table says."""

from dataclasses import replace
from html.parser import HTMLParser

import pandas as pd
from nbformat.v4 import new_markdown_cell, new_notebook

from tests.present.conftest import RUN, shown
from workbench.present import display
from workbench.present.document import read_report, report_of
from workbench.present.html_writer import html_text
from workbench.present.style import new_figure
from workbench.result import Result

HEBREW = "שלום"
LOADING = {"src", "srcset", "poster", "data", "background", "action", "formaction"}


class Page(HTMLParser):
    """Collects tags, the addresses that a browser would load, and the text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.words = ""
        self.feed(source)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.loads += [value or "" for name, value in attributes if name in LOADING or (name == "href" and tag != "a")]
        assert not any(name.startswith("on") for name, _ in attributes)

    def handle_data(self, data):
        self.words += data


def test_the_file_is_self_contained(notebook):
    source = html_text(read_report(notebook, RUN))
    page = Page(source)
    assert page.loads
    assert all(address.startswith("data:image/") for address in page.loads)
    assert "script" not in page.tags
    assert "link" not in page.tags
    assert "url(" not in source
    assert "@import" not in source


def test_the_file_says_what_the_pdf_says(notebook, result):
    words = Page(html_text(read_report(notebook, RUN))).words
    for expected in (result.title, "Nordwind Handel GmbH", RUN["run_id"], *result.findings, "row-000", "row-299"):
        assert expected in words
    assert words.index("Failed") < words.index("Note") < words.index("Passed")
    assert "secret_code" not in words


def test_a_stamp_cannot_leave_the_style_sheet_that_prints_it(result):
    class Doubtful(Result):
        stamp = 'x"; } </style><script>alert(1)</script>'

    doubtful = Doubtful(title=result.title, estimates=result.estimates)
    source = html_text(report_of(new_notebook(cells=[shown(display.page_one(doubtful))])))
    assert "<script>" not in source
    assert source.count("</style>") == 1
    assert '"x\\22 ' in source


def test_markup_in_content_stays_text(result):
    attack = '<script>alert(1)</script><img src=x onerror="y">'
    frame = pd.DataFrame({attack: [attack]})
    cells = [
        shown(display.page_one(replace(result, title=attack, findings=(attack,)), attack)),
        shown(display.table(frame, attack)),
        new_markdown_cell(f"text {attack} [link](javascript:alert(1)) ![picture](https://example.org/x.png)"),
    ]
    page = Page(html_text(report_of(new_notebook(cells=cells))))
    assert "script" not in page.tags
    assert "x" not in page.loads
    assert page.words.count("<script>alert(1)</script>") >= 6


def test_a_notebook_shows_the_first_rows_and_counts_the_rest(long_frame):
    bundle = display.table(long_frame, "Spend")._repr_mimebundle_()
    words = Page(bundle["text/html"]).words
    assert "row-019" in words
    assert "row-020" not in words
    assert "The first 20 of 300 rows; reports print all of them." in words


def test_a_figure_without_a_description_is_described_by_its_headline(chart):
    assert 'alt="Television brought about €300k every week"' in display.figure(chart)._repr_mimebundle_()["text/html"]


class Ways(HTMLParser):
    """Each text with the `dir` of the innermost element around it that has one."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.around: list[tuple[str, str]] = []
        self.ways: dict[str, str] = {}
        self.feed(source)

    def handle_starttag(self, tag, attributes):
        self.around.append((tag, dict(attributes).get("dir") or ""))

    def handle_endtag(self, tag):
        while self.around and self.around.pop()[0] != tag:
            pass

    def handle_data(self, data):
        self.ways[data.strip()] = next((way for _, way in reversed(self.around) if way), "")


def test_each_text_runs_to_where_its_first_letter_says():
    """As Unicode has it, in a page of any language: titles, headings, paragraphs, items, cells, heads and captions."""
    places = (
        "title",
        "heading",
        "paragraph",
        "item",
        "head",
        "cell",
        "column",
        "entry",
        "caption",
        "caption of a chart",
    )
    texts = {place: f"{HEBREW} {place}" for place in places}
    frame = pd.DataFrame({texts["column"]: [texts["entry"]], "n": [1]})
    written = "\n\n".join(
        f"{before}{texts[place]}"
        for before, place in (("# ", "title"), ("## ", "heading"), ("", "paragraph"), ("- ", "item"))
    )
    listed = f"| {texts['head']} |\n| --- |\n| {texts['cell']} |"
    fig, _ = new_figure()
    cells = [
        new_markdown_cell(written),
        new_markdown_cell(listed),
        shown(display.table(frame, texts["caption"])),
        shown(display.figure(fig, texts["caption of a chart"], "A chart")),
    ]
    ways = Ways(html_text(report_of(new_notebook(cells=cells)))).ways
    assert {place: ways.get(text) for place, text in texts.items()} == dict.fromkeys(places, "auto")


def test_findings_and_checks_run_to_where_their_first_letter_says(result):
    said = [f"{HEBREW} found", f"{HEBREW} checked"]
    checks = (replace(result.checks[0], detail=said[1]), *result.checks[1:])
    page = report_of(new_notebook(cells=[shown(display.page_one(replace(result, findings=(said[0],), checks=checks)))]))
    ways = Ways(html_text(page)).ways
    assert [ways.get(text) for text in said] == ["auto", "auto"]
