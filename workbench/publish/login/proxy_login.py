"""Login at the company's single sign-on: the reverse proxy in front names the visitor in a header."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_server.auth.identity import User

from workbench.publish.login.visitors import Visitors

if TYPE_CHECKING:
    from tornado.web import RequestHandler

    from workbench.publish.proxies import TrustedProxy

_LONGEST_NAME = 256


class ProxyLogin(Visitors):
    """Believes the header where the configured proxy sent it, and lets in nobody whom it doesn't name."""

    # Whoever logged in at the sign-on logs out there.
    can_log_out = False

    def __init__(self, *, user_header: str, proxy: TrustedProxy, **traits: Any) -> None:
        super().__init__(**traits)
        self.user_header, self.proxy = user_header, proxy

    def find_user(self, handler: RequestHandler) -> User | None:
        # Two headers of the name are one of the proxy's and one of the visitor's own: neither is believed.
        named = handler.request.headers.get_list(self.user_header)
        if len(named) != 1 or not self.proxy.sent(handler.request):
            return None
        name = named[0].strip()
        return User(name, name, name) if 0 < len(name) <= _LONGEST_NAME and name.isprintable() else None
