"""`jupyter nbconvert --to workbench-pdf`, also in JupyterLab's export menu."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from nbconvert.exporters import Exporter
from nbformat import NotebookNode
from traitlets import default

from workbench.present.document import report_of
from workbench.present.house import house_around
from workbench.present.typst_writer import pdf_bytes


class WorkbenchPDFExporter(Exporter):
    """Any executed notebook as a PDF in the house style, without its code."""

    export_from_notebook = "Workbench PDF"
    output_mimetype = "application/pdf"

    def _file_extension_default(self) -> str:
        return ".pdf"

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **options: Any
    ) -> tuple[Any, dict[str, Any]]:
        converted, used = super().from_notebook_node(nb, resources, **options)
        metadata = used.get("metadata", {})
        house = house_around(Path(metadata.get("path") or "."))
        return pdf_bytes(report_of(converted, name=metadata.get("name", "Report"), house=house)), used


class CommandLinePDFExporter(WorkbenchPDFExporter):
    """The same under the name `workbench-pdf`, which only the command line can call.

    Jupyter Server's export route takes names without hyphens; its menu offers `workbench_pdf` instead of a dead link.
    """

    @default("enabled")
    def _enabled_default(self) -> bool:
        return "jupyter_server.services.nbconvert.handlers" not in sys.modules
