"""What all answers of the server share: its headers, its few plain pages, and errors that tell nothing of its inside."""

from __future__ import annotations

from functools import cache
from http.client import responses
from pathlib import Path
from typing import Any

import jinja2
from jupyter_server.base.handlers import JupyterHandler

from workbench.present.palette import PALETTE
from workbench.publish.headers import PAGE_POLICY

PAGES = Path(__file__).parent / "pages"
_SENTENCES = {
    400: "The server doesn't understand this request. Go back and try again.",
    403: "This page may not be shown to you. Log in again, or ask whoever sent you the link.",
    404: "There is no such page. It may have been published under another address.",
    405: "This address doesn't take that kind of request.",
}
_OTHER = "This page can't be shown now. Try again, or ask whoever runs the server to look at its log."


class PlainAnswers:
    """Mixed into every handler, before the class that it is made from."""

    def set_default_headers(self: Any) -> None:
        super().set_default_headers()  # type: ignore[misc]
        self.clear_header("Server")

    def write_error(self: Any, status_code: int, **_details: Any) -> None:
        """An error as a page in plain words; what went wrong inside is for the log."""
        self.show(
            "error.html",
            reason=f"{status_code} {responses.get(status_code, 'Error')}",
            sentence=_SENTENCES.get(status_code, _OTHER),
            home=self.settings["base_url"],
        )

    def show(self: Any, page: str, **values: Any) -> None:
        """Answer with one of the server's own pages."""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Content-Security-Policy", PAGE_POLICY)
        self.set_header("Cache-Control", "no-store")
        self.finish(_pages().get_template(page).render(name=self.settings["site_name"], palette=PALETTE, **values))


class PageHandler(PlainAnswers, JupyterHandler):
    """A handler of a page of the server's own."""


@cache
def _pages() -> jinja2.Environment:
    return jinja2.Environment(loader=jinja2.FileSystemLoader(PAGES), autoescape=True, undefined=jinja2.StrictUndefined)
