"""The reports of published runs, as PDF and as a page of their own; no other file of a run is served."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_server.base.handlers import JupyterHandler
from tornado.web import HTTPError

from workbench.publish.headers import PDF_POLICY, REPORT_POLICY

if TYPE_CHECKING:
    from workbench.publish.shown import Shown

_TYPES = {"pdf": "application/pdf", "html": "text/html; charset=utf-8"}
_POLICIES = {"pdf": PDF_POLICY, "html": REPORT_POLICY}
REPORT_PATTERN = r"report/(?P<run_id>[A-Za-z0-9_-]+)\.(?P<kind>pdf|html)"


class ReportFile(JupyterHandler):
    """`/report/<run id>.pdf` and `.html`."""

    async def get(self, run_id: str, kind: str) -> None:
        path = self._path(run_id, kind)
        self.set_header("Content-Type", _TYPES[kind])
        self.set_header("Content-Disposition", f'inline; filename="{run_id}.{kind}"')
        self.set_header("Cache-Control", "private, no-cache")
        self.set_header("Content-Security-Policy", _POLICIES[kind])
        self.finish(path.read_bytes())

    head = get

    def _path(self, run_id: str, kind: str) -> Path:
        shown: Shown = self.settings["shown"]
        if run_id not in shown.publication.run_ids:
            raise HTTPError(404)
        path = shown.runs / run_id / f"report.{kind}"
        if not path.is_file():
            raise HTTPError(404)
        return path
