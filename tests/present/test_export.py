"""Files appear whole or not at all, from Python and from nbconvert."""

import io
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbconvert.exporters import Exporter
from nbformat.v4 import new_markdown_cell, new_notebook
from pypdf import PdfReader

from tests.present.conftest import RUN
from workbench.errors import RunError
from workbench.present import export
from workbench.present.exporter import WorkbenchPDFExporter


def test_a_failed_write_leaves_the_old_file_and_no_scraps(notebook, tmp_path, monkeypatch):
    target = tmp_path / "out" / "report.pdf"
    target.parent.mkdir()
    target.write_bytes(b"old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(export.os, "replace", full)
    with pytest.raises(RunError, match="No space left on device"):
        export.export_pdf(notebook, target, run=RUN)
    assert target.read_bytes() == b"old"
    assert [path.name for path in target.parent.iterdir()] == ["report.pdf"]


def test_html_is_written_next_to_the_pdf(notebook, tmp_path):
    path = export.export_html(notebook, tmp_path / "new" / "report.html", run=RUN)
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.slow
def test_nbconvert_writes_a_pdf_of_a_notebook_that_is_not_ours(tmp_path: Path):
    nbformat.write(new_notebook(cells=[new_markdown_cell("# Somebody's notebook\n\nHello.")]), tmp_path / "nb.ipynb")
    name = f"{WorkbenchPDFExporter.__module__}.{WorkbenchPDFExporter.__name__}"
    command = [sys.executable, "-m", "nbconvert", "--to", name, "nb.ipynb"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    text = PdfReader(tmp_path / "nb.pdf").pages[0].extract_text()
    assert "Somebody's notebook" in text
    assert "Hello." in text


def test_the_exporter_names_a_notebook_without_heading_after_its_file(tmp_path: Path):
    nbformat.write(new_notebook(cells=[new_markdown_cell("Hello.")]), tmp_path / "my notebook.ipynb")
    content, _ = WorkbenchPDFExporter().from_filename(str(tmp_path / "my notebook.ipynb"))
    assert PdfReader(io.BytesIO(content)).metadata.title == "my notebook"


@pytest.mark.slow
def test_jupyterlab_offers_an_exporter_that_its_server_can_call(tmp_path: Path):
    """The server's route takes names of word characters only."""
    code = (
        "import jupyter_server.services.nbconvert.handlers\n"
        "from nbconvert.exporters.base import get_export_names\n"
        "print(*[name for name in get_export_names() if name.startswith('workbench')])"
    )
    offered = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert offered == ["workbench_pdf"]


def test_the_exporter_is_offered_in_the_export_menu():
    exporter = WorkbenchPDFExporter()
    assert isinstance(exporter, Exporter)
    assert exporter.export_from_notebook == "Workbench PDF"
    assert (exporter.file_extension, exporter.output_mimetype) == (".pdf", "application/pdf")
