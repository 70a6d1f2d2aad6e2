"""The one door: every handler but those of the login itself is made to ask who comes before it does anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_core.utils import ensure_async
from jupyter_server.base.handlers import JupyterHandler
from tornado.web import HTTPError

from workbench.publish.page_handler import PlainAnswers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tornado.web import RequestHandler

    from workbench.publish.login.visitors import Visitors

# A browser that asks for these wants no page: it is told no instead of where to log in.
_PARTS_OF_PAGES = ("api/", "static/", "voila/")


class Guard(PlainAnswers):
    """Answers anonymous requests itself: pages lead to the login, whether they exist or not, all else is refused."""

    async def prepare(self: Any) -> None:
        visitors: Visitors = self.identity_provider
        self.current_user = self._jupyter_current_user = visitors.get_user(self)
        if self.current_user is None:
            self._turn_away(visitors)
            return
        await ensure_async(super().prepare())  # type: ignore[misc]

    def _turn_away(self: Any, visitors: Visitors) -> None:
        below = self.request.path.removeprefix(self.base_url)
        login_url = visitors.login_url(self)
        if login_url is None or self.request.method not in {"GET", "HEAD"} or below.startswith(_PARTS_OF_PAGES):
            raise HTTPError(403)
        self.redirect(login_url)


class NoSuchPage(JupyterHandler):
    """Everything that no other handler answers."""

    def get(self, *_path: str) -> None:
        raise HTTPError(404)

    head = post = put = patch = delete = options = get


def guarded(handler: type[RequestHandler]) -> type[RequestHandler]:
    """The handler behind the door."""
    bases = (Guard, handler) if issubclass(handler, JupyterHandler) else (Guard, JupyterHandler, handler)
    return type(f"Guarded{handler.__name__}", bases, {})


def behind_the_door(routes: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """All routes guarded; a new one cannot be forgotten, as this is the only way into the server."""
    return [(pattern, guarded(handler), *options) for pattern, handler, *options in routes]
