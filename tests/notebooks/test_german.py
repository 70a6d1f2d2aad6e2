"""A whole report in German: text, charts, numbers and what machines read of its language."""

from __future__ import annotations

import io
import re

from pypdf import PdfReader

from tests.present.svg_text import unreadable_charts
from workbench.present.document import read_report
from workbench.present.house import house_of
from workbench.present.html_writer import html_text
from workbench.present.typst_writer import pdf_bytes
from workbench.runs.execute import run_notebook
from workbench.workspace import open_workspace

ENGLISH = re.compile(r"\b(the|and|with|which|revenue|customers|interval|difference|treatment)\b", re.IGNORECASE)


def test_a_readout_in_german(real_workspace):
    root = real_workspace("hillstrom").root
    config = root / "workbench.toml"
    config.write_text(config.read_text() + '\n[report]\nlanguage = "de"\n')
    workspace = open_workspace(root)
    record = run_notebook(workspace, "experiment_readout", timeout=900)
    assert record.status == "finished", record.reason
    assert record.path is not None
    notebook = record.path / "notebook.ipynb"
    assert unreadable_charts(notebook) == []

    saved = (record.path / "report.pdf").read_bytes()
    assert pdf_bytes(read_report(notebook, {"run_id": record.run_id}, house_of(workspace)))[:5] == b"%PDF-"
    reader = PdfReader(io.BytesIO(saved))
    text = "\n".join(page.extract_text() for page in reader.pages)
    assert reader.trailer["/Root"]["/Lang"] == "de"
    for words in (
        "WAS WIR GEFUNDEN HABEN",
        "Seite 1 von",
        "Woher die Zahlen kommen",
        "Wie gerechnet wurde",
        "95\u00a0%",
    ):
        assert words in text
    # Mens E-Mail brought 0.769827 dollars more a customer, 0.485140 to 1.054515.
    flat = " ".join(text.replace("\u00a0", " ").split())
    for amount in ("0,77 $", "0,49 $ bis 1,05 $"):
        assert amount in flat
    assert ENGLISH.findall(flat.replace("No E-Mail", "")) == []

    page = html_text(read_report(notebook, house=house_of(workspace)))
    assert '<html lang="de">' in page
    assert "WHAT WE FOUND" not in page
