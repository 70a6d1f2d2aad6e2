"""Notebooks as reports: what a reader needs, and none of the machinery."""

import base64

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from workbench.errors import RunError
from workbench.present.blocks import Figure, Heading, Note, PageOne, Prose, Table
from workbench.present.document import read_report, report_of
from workbench.present.html_writer import html_text
from workbench.present.markdown import tree
from workbench.present.typst_writer import pdf_bytes

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def cell_with(data, **metadata):
    return new_code_cell("code", outputs=[new_output("display_data", data=data)], metadata=metadata)


def test_a_run_notebook_becomes_page_one_and_sections_without_code(notebook):
    report = read_report(notebook, {"run_id": "r1"})
    assert report.title == "What media returned"
    assert (report.workspace, report.period, report.run_id) == (
        "Nordwind Handel GmbH",
        "3 Jan 2022 – 29 Dec 2024",
        "r1",
    )
    assert isinstance(report.page_one, PageOne)
    assert [type(block) for block in report.blocks] == [Prose, Heading, Prose, Figure, Table, Heading, Table]
    assert "Load the data" not in [block.text for block in report.blocks if isinstance(block, Heading)]


def test_a_foreign_notebook_takes_its_title_from_the_first_heading():
    resource = {
        "schema": {
            "fields": [{"name": "index", "type": "integer"}, {"name": "x", "type": "number"}],
            "primaryKey": ["index"],
        },
        "data": [{"index": 0, "x": -1.5}, {"index": 1, "x": None}],
    }
    cells = [
        new_markdown_cell("# Any notebook"),
        cell_with({"image/png": PIXEL + "\n", "text/plain": "<Figure>"}),
        cell_with({"application/vnd.dataresource+json": resource, "text/html": "<table></table>"}),
        cell_with({"application/vnd.plotly.v1+json": {}, "text/html": "<script>"}),
        cell_with({"text/plain": "<Axes: >"}),
        cell_with({"text/plain": "   a\n0  1"}),
    ]
    report = report_of(new_notebook(cells=cells))
    assert report.title == "Any notebook"
    assert [type(block) for block in report.blocks] == [Figure, Table, Note, Prose]
    assert report.blocks[1].rows == (("−1.5",), ("–",))
    assert pdf_bytes(report).startswith(b"%PDF")


def test_sections_with_nothing_in_them_are_dropped_with_their_subsections():
    source = ["# T", "## Empty", "### Empty too", "## Full", "### Deep", "text", "## Last"]
    report = report_of(new_notebook(cells=[new_markdown_cell(text) for text in source]))
    assert [block.text for block in report.blocks if isinstance(block, Heading)] == ["Full", "Deep"]


def test_headings_go_one_level_deeper_at_a_time():
    source = ["#### Deep first", "text", "## Section", "text", "###### Far deeper", "text", "# Another title", "text"]
    report = report_of(new_notebook(cells=[new_markdown_cell(text) for text in ["# T", *source]]))
    assert [block.level for block in report.blocks if isinstance(block, Heading)] == [2, 2, 3, 2]
    assert pdf_bytes(report).startswith(b"%PDF")


def test_tags_hide_cells_and_outputs():
    cells = [
        new_markdown_cell("hint", metadata={"tags": ["remove_cell"]}),
        cell_with({"text/plain": "1"}, tags=["remove_output"]),
        cell_with({"text/plain": "2"}),
    ]
    assert report_of(new_notebook(cells=cells)).blocks == (Prose(markdown="~~~~~~\n2\n~~~~~~"),)


def test_a_failed_cell_stops_the_report_with_its_number():
    error = new_output("error", ename="DataError", evalue="media.spend is negative", traceback=["secret path"])
    with pytest.raises(RunError, match=r"cell 2 .* DataError: media.spend is negative"):
        report_of(new_notebook(cells=[new_markdown_cell("x"), new_code_cell("y", outputs=[error])]))


def test_a_missing_or_broken_notebook_is_one_sentence(tmp_path):
    with pytest.raises(RunError, match="does not exist"):
        read_report(tmp_path / "no.ipynb")
    (tmp_path / "broken.ipynb").write_text("{")
    with pytest.raises(RunError, match="no readable notebook"):
        read_report(tmp_path / "broken.ipynb")


def test_a_broken_picture_is_one_sentence(tmp_path):
    cells = [cell_with({"image/png": base64.b64encode(b"no picture").decode()})]
    path = tmp_path / "nb.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    with pytest.raises(RunError, match="can't be typeset"):
        pdf_bytes(read_report(path))
    with pytest.raises(RunError, match="no valid PNG"):
        html_text(report_of(new_notebook(cells=[cell_with({"image/png": '"><script>'})])))


def test_money_in_prose_is_not_mathematics():
    assert tree("costs $5 and $10")[0]["c"] == [{"t": "text", "c": "costs $5 and $10"}]


def test_formulas_are_typeset_and_unknown_ones_stay_text():
    known, unknown = (tree(source)[0]["c"][0] for source in (r"$\alpha^2$", r"$\nosuchthing{x}$"))
    assert (known["t"], known["c"]) == ("math", r"\alpha^2")
    assert known["svg"].startswith("<svg")
    assert unknown == {"t": "code", "c": r"\nosuchthing{x}"}
