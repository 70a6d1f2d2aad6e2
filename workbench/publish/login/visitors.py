"""The base of all logins, and the one for a server that only this machine reaches: whoever comes is let in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_server.auth.identity import IdentityProvider, User

if TYPE_CHECKING:
    from tornado.web import RequestHandler

_ASKED = "_workbench_visitor"
LOCAL = User("local", "Visitor", "Visitor")


class Visitors(IdentityProvider):
    """Finds out once a request who sent it; no token is ever accepted."""

    token = ""
    # A page elsewhere can have its name point to this machine: without a login only the machine's own names are served.
    allows_other_hosts = True
    can_log_out = True

    @property
    def auth_enabled(self) -> bool:
        return True

    def get_user(self, handler: RequestHandler) -> User | None:
        """Who sent the request, None where nobody knows."""
        if not hasattr(handler, _ASKED):
            setattr(handler, _ASKED, self.find_user(handler))
        found: User | None = getattr(handler, _ASKED)
        return found

    def find_user(self, handler: RequestHandler) -> User | None:
        """Who sent the request."""
        raise NotImplementedError

    def login_url(self, handler: RequestHandler) -> str | None:
        """Where a visitor who isn't known logs in, None where that happens elsewhere."""
        return None

    def free_handlers(self) -> list[tuple[Any, ...]]:
        """The only handlers that answer before login, by path below the prefix."""
        return []

    def guarded_handlers(self) -> list[tuple[Any, ...]]:
        """Further handlers of this login, by path below the prefix."""
        return []

    def forget(self, handler: RequestHandler) -> None:
        """Log out."""


class OpenToThisMachine(Visitors):
    """No login: the server listens at this machine's own address only."""

    allows_other_hosts = False
    can_log_out = False

    def find_user(self, handler: RequestHandler) -> User | None:
        return LOCAL
