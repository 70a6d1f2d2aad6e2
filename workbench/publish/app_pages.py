"""The pages of the apps: each visit gets a process of its own that has run the app's notebook ahead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tornado.iostream import StreamClosedError

from workbench.publish.page_handler import PageHandler

if TYPE_CHECKING:
    from workbench.publish.login.visitors import Visitors
    from workbench.publish.places import Places

AGAIN_AFTER_SECONDS = 15


class AppPage(PageHandler):
    """One app. What the visitor's address asks for besides is ignored: there is nothing to choose."""

    def initialize(self, notebook: str) -> None:
        self.notebook = notebook

    async def get(self) -> None:
        places: Places = self.settings["places"]
        if not places.free:
            self._tell_to_wait(places.most)
            return
        # The page's own script sends this token along when its tab closes, so that its process ends at once.
        self.xsrf_token  # noqa: B018
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        with places.arriving():
            render, ready, kernel_id = await self._process()
            places.give(kernel_id, self.current_user.username)
        try:
            await self._send(render, ready)
        except StreamClosedError:
            self.log.info("a visitor left before the page was there")

    def head(self) -> None:
        """Nobody needs a process to learn that the page is there."""
        self.finish()

    async def _process(self) -> tuple[Any, list[str], str]:
        """A process that waits ready; where none does, one that is being started."""
        kernels: Any = self.kernel_manager
        if not kernels.get_pool_size(self.notebook):
            kernels.fill_if_needed(delay=0, notebook_name=self.notebook)
        found: tuple[Any, list[str], str] = await kernels.get_rendered_notebook(notebook_name=self.notebook)
        return found

    async def _send(self, render: Any, ready: list[str]) -> None:
        sent = len(ready)
        self.write("".join(ready))
        await self.flush()
        rendered, rest = await render
        self.write("".join(rendered[sent:]))
        async for snippet, _ in rest:
            self.write(snippet)
            await self.flush()

    def _tell_to_wait(self, most: int) -> None:
        self.set_status(503)
        self.set_header("Retry-After", str(AGAIN_AFTER_SECONDS))
        self.show("wait.html", most=most, seconds=AGAIN_AFTER_SECONDS)


class LogoutPage(PageHandler):
    """Ask, then log out and end the visitor's open pages."""

    def get(self) -> None:
        self.show("logout.html", action=f"{self.base_url}logout", home=self.base_url, xsrf=self.xsrf_form_html())

    async def post(self) -> None:
        await self.settings["places"].end_all(self.current_user.username)
        visitors: Visitors = self.settings["identity_provider"]
        visitors.forget(self)
        self.redirect(self.base_url, status=303)
