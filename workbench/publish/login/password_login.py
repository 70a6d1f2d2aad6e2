"""Login by the workspace's password."""

from __future__ import annotations

import asyncio
import math
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.auth.identity import User

from workbench.publish.guesses import Guesses
from workbench.publish.login.cookie import VisitCookie
from workbench.publish.login.redirects import safe_next
from workbench.publish.login.visitors import Visitors
from workbench.publish.page_handler import PageHandler
from workbench.publish.password import is_password

if TYPE_CHECKING:
    from tornado.web import RequestHandler

    from workbench.publish.proxies import TrustedProxy

# Checking a password costs time and memory on purpose: never more than one at a time, and never in the server's loop.
_CHECKING = ThreadPoolExecutor(max_workers=1, thread_name_prefix="password")


class PasswordLogin(Visitors):
    """Lets in who knows the password; each login is a visit of its own."""

    def __init__(self, *, hashed: str, cookie: VisitCookie, proxy: TrustedProxy, **traits: Any) -> None:
        super().__init__(**traits)
        self.hashed, self.cookie, self.proxy, self.guesses = hashed, cookie, proxy, Guesses()

    def find_user(self, handler: RequestHandler) -> User | None:
        user = self.cookie.user(handler)
        return User(user, "Visitor", "Visitor") if user else None

    def login_url(self, handler: RequestHandler) -> str:
        asked = {"next": handler.request.uri or "/"}
        return f"{handler.settings['base_url']}login?{urlencode(asked)}"

    def free_handlers(self) -> list[tuple[Any, ...]]:
        return [("login", LoginPage, {"login": self})]

    def forget(self, handler: RequestHandler) -> None:
        self.cookie.end(handler)

    async def is_right(self, typed: str) -> bool:
        """Whether what was typed is the password."""
        return await asyncio.get_running_loop().run_in_executor(_CHECKING, is_password, self.hashed, typed)


class LoginPage(PageHandler):
    """The form, and what it sends."""

    def initialize(self, login: PasswordLogin) -> None:
        self.login = login

    @allow_unauthenticated
    def get(self) -> None:
        if self.current_user:
            self.redirect(self._next())
        else:
            self._show()

    @allow_unauthenticated
    async def post(self) -> None:
        address = self.login.proxy.visitor_address(self.request)
        guesses = self.login.guesses
        if wait := math.ceil(guesses.wait(address)):
            self.set_status(429)
            self.set_header("Retry-After", str(wait))
            self._show(f"There were too many wrong passwords. Wait {wait} s, then try again.")
            return
        # Counted before it is looked at: who sends a thousand at once gets no more looked at than who sends them in turn.
        guesses.failed(address)
        if await self.login.is_right(self.get_body_argument("password", "", strip=False)):
            guesses.succeeded(address)
            self.login.cookie.begin(self)
            self.redirect(self._next(), status=303)
        else:
            self.log.warning("wrong password from %s", address)
            self.set_status(401)
            self._show("That is not the password. Try again, or ask whoever sent you the link.")

    def _next(self) -> str:
        return safe_next(self.get_argument("next", ""), self.base_url)

    def _show(self, message: str = "") -> None:
        action = f"{self.base_url}login"
        self.show("login.html", message=message, next=self._next(), action=action, xsrf=self.xsrf_form_html())
