"""The cookie that carries a visit: signed, unread by scripts, not sent along by foreign pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.publish.proxies import TrustedProxy
from workbench.publish.visits import Visits

if TYPE_CHECKING:
    from tornado.web import RequestHandler


@dataclass(frozen=True)
class VisitCookie:
    """Begins, reads and ends visits.

    Attributes:
        visits: The visits known.
        name: The cookie's name.
        proxy: Tells whether the browser speaks TLS.
    """

    visits: Visits
    name: str
    proxy: TrustedProxy

    def begin(self, handler: RequestHandler, user: str = "") -> str:
        """Log in: whatever the browser showed before is worth nothing afterwards."""
        self.end(handler)
        visit = self.visits.begin(user)
        secure = self.proxy.is_https(handler.request)
        # Lax, so that a link in a mail opens the page; every change needs a token besides.
        handler.set_signed_cookie(
            self.name,
            visit,
            expires_days=None,
            path=handler.settings["base_url"],
            httponly=True,
            secure=secure,
            samesite="Lax",
        )
        handler.clear_cookie("_xsrf", path=handler.settings["base_url"])
        return self.visits.user(visit) or ""

    def user(self, handler: RequestHandler) -> str | None:
        """Whose visit the request belongs to."""
        visit = self._visit(handler)
        return self.visits.user(visit) if visit else None

    def end(self, handler: RequestHandler) -> None:
        """Log out."""
        if visit := self._visit(handler):
            self.visits.end(visit)
        handler.clear_cookie(self.name, path=handler.settings["base_url"])

    def _visit(self, handler: RequestHandler) -> str:
        signed = handler.get_signed_cookie(self.name, max_age_days=31)
        return signed.decode("ascii", "replace") if signed else ""
