"""The reports of published runs and the published board pack, as PDF and as pages; no other file of theirs is served."""

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
PACK_PATTERN = r"pack/(?P<pack_id>[A-Za-z0-9_-]+)\.(?P<kind>pdf|html)"


class _Paper(JupyterHandler):
    def send(self, path: Path, name: str, kind: str) -> None:
        if not path.is_file():
            raise HTTPError(404)
        self.set_header("Content-Type", _TYPES[kind])
        self.set_header("Content-Disposition", f'inline; filename="{name}.{kind}"')
        self.set_header("Cache-Control", "private, no-cache")
        self.set_header("Content-Security-Policy", _POLICIES[kind])
        self.finish(path.read_bytes())


class ReportFile(_Paper):
    """`/report/<run id>.pdf` and `.html`."""

    async def get(self, run_id: str, kind: str) -> None:
        shown: Shown = self.settings["shown"]
        if run_id not in shown.publication.run_ids:
            raise HTTPError(404)
        self.send(shown.runs / run_id / f"report.{kind}", run_id, kind)

    head = get


class PackFile(_Paper):
    """`/pack/<pack id>.pdf` and `.html`."""

    async def get(self, pack_id: str, kind: str) -> None:
        shown: Shown = self.settings["shown"]
        pack = shown.publication.pack
        if pack is None or pack_id != pack.pack_id:
            raise HTTPError(404)
        self.send(shown.packs / pack_id / f"pack.{kind}", pack_id, kind)

    head = get
