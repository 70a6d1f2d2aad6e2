"""The glossary holds what a report uses, and nothing that no report could use."""

import io
import json
import re
from itertools import pairwise
from pathlib import Path

import pytest
from nbformat.v4 import new_markdown_cell, new_notebook
from pypdf import PdfReader

from workbench.present.document import report_of
from workbench.present.glossary import glossary, terms
from workbench.present.html_writer import html_text
from workbench.present.page_one import in_words
from workbench.present.typst_writer import pdf_bytes


def report(text: str):
    return report_of(new_notebook(cells=[new_markdown_cell(f"# Report\n\n{text}")]))


def names(text: str) -> list[str]:
    return [name for name, _ in glossary(report(text))]


def test_a_report_defines_the_terms_that_it_uses_and_no_other():
    assert names("The ROAS of TV; its intervals are wide.") == ["Interval", "ROAS, IROAS"]
    assert names("Nothing special.") == []


def test_terms_are_whole_words():
    assert names("A forklift, a catt and an unbiased man.") == []
    assert names("Chance explains it (p = 0.3).") == ["p"]


@pytest.fixture(scope="module")
def vocabulary(repository: Path) -> str:
    """All that the package and its notebooks can say; names of the code as reports print them."""
    code = "\n".join(path.read_text(encoding="utf-8") for path in (repository / "workbench").rglob("*.py"))
    said = [in_words(text) for text in set(re.findall(r'"([^"\n]+)"', code))]
    notebooks = [json.loads(path.read_text(encoding="utf-8")) for path in (repository / "notebooks").glob("*.ipynb")]
    return "\n".join([*said, *("".join(cell["source"]) for notebook in notebooks for cell in notebook["cells"])])


@pytest.mark.parametrize("term", terms(), ids=lambda term: term.name)
def test_every_defined_term_is_used_by_some_report(vocabulary: str, term):
    assert term.used_in(vocabulary)


def test_terms_are_in_order_and_told_in_one_sentence():
    assert all(one.name.lower() < other.name.lower() for one, other in pairwise(terms()))
    assert all(term.meaning.endswith(".") and ". " not in term.meaning for term in terms())


def test_pdf_and_html_print_the_glossary():
    using = report("The ROAS of TV.")
    printed = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf_bytes(using))).pages)
    for text in (re.sub(r"\s+", " ", printed), html_text(using)):
        assert "What the words mean" in text
        assert "Revenue caused by each unit of money spent." in text
