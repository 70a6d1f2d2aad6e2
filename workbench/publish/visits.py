"""Who is logged in: a visit begins at login with a new name of its own and ends at logout, in time or with the server."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

_MOST = 10_000


@dataclass
class Visits:
    """The visits that a server knows; what isn't here is not logged in, whatever cookie it shows.

    Attributes:
        seconds: How long a visit lasts.
        clock: Seconds that only rise.
    """

    seconds: float
    clock: Callable[[], float] = time.monotonic
    _users: dict[str, tuple[str, float]] = field(default_factory=dict)

    def begin(self, user: str = "") -> str:
        """A new visit of `user`; without a name the visit is its own user."""
        visit = secrets.token_urlsafe(32)
        self._forget()
        self._users[visit] = (user or visit[:16], self.clock() + self.seconds)
        return visit

    def user(self, visit: str) -> str | None:
        """Whose visit it is, None where it is unknown or over."""
        user, ends = self._users.get(visit, ("", 0.0))
        return user if user and self.clock() < ends else None

    def end(self, visit: str) -> None:
        """Log out."""
        self._users.pop(visit, None)

    def _forget(self) -> None:
        now = self.clock()
        for visit in [visit for visit, (_, ends) in self._users.items() if ends <= now]:
            del self._users[visit]
        while len(self._users) >= _MOST:
            del self._users[next(iter(self._users))]
