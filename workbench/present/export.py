"""An executed notebook written as PDF or HTML: the whole file appears at once, or none."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.errors import RunError
from workbench.present.document import read_report
from workbench.present.house import House
from workbench.present.html_writer import html_text
from workbench.present.typst_writer import pdf_bytes


def export_pdf(notebook: Path, pdf: Path, *, run: Mapping[str, Any] | None = None, house: House | None = None) -> Path:
    """Write the PDF of an executed notebook.

    Args:
        notebook: The executed notebook.
        pdf: Where to write; its folder is made.
        run: The content of `run.json`, for the footer and the creation date.
        house: How it looks, see `house_of`; None for the house's own look.

    Raises:
        RunError: If the notebook can't be read, holds a failed cell, or the PDF can't be written.
    """
    return write_whole(Path(pdf), pdf_bytes(read_report(notebook, run, house)))


def export_html(
    notebook: Path, html: Path, *, run: Mapping[str, Any] | None = None, house: House | None = None
) -> Path:
    """Write the HTML of an executed notebook; see `export_pdf`."""
    return write_whole(Path(html), html_text(read_report(notebook, run, house)).encode())


def write_whole(path: Path, content: bytes) -> Path:
    """Write a file so that readers see all of it or none.

    Raises:
        RunError: If it can't be written.
    """
    staged = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, staged = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(staged).chmod(0o644)
        os.replace(staged, path)
    except OSError as error:
        if staged is not None:
            Path(staged).unlink(missing_ok=True)
        raise RunError(f"{path} can't be written ({error.strerror}); make room or name another folder") from None
    return path
