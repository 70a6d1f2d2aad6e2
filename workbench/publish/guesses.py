"""Slow down who guesses passwords: after a few wrong ones each further try waits twice as long as the one before."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address

FREE = 5
LONGEST_SECONDS = 900.0
FORGIVEN_AFTER_SECONDS = 3600.0
_MOST = 10_000


@dataclass
class Guesses:
    """Wrong passwords by where they came from.

    Attributes:
        clock: Seconds that only rise.
    """

    clock: Callable[[], float] = time.monotonic
    _wrong: dict[str, tuple[int, float]] = field(default_factory=dict)

    def wait(self, address: str) -> float:
        """Seconds until the next try is looked at."""
        count, last = self._wrong.get(_source(address), (0, 0.0))
        if count < FREE:
            return 0.0
        delay = min(LONGEST_SECONDS, 2.0 ** min(count - FREE, 20))
        return max(0.0, last + delay - self.clock())

    def failed(self, address: str) -> None:
        """Count a wrong password."""
        source, now = _source(address), self.clock()
        count, last = self._wrong.pop(source, (0, now))
        self._wrong[source] = (1 if now - last > FORGIVEN_AFTER_SECONDS else count + 1, now)
        while len(self._wrong) > _MOST:
            del self._wrong[next(iter(self._wrong))]

    def succeeded(self, address: str) -> None:
        """Forget the wrong ones."""
        self._wrong.pop(_source(address), None)


def _source(address: str) -> str:
    """One guesser: of the newer internet a whole network of 64 bits, which is what one connection gets."""
    try:
        known = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(known, IPv6Address) and known.ipv4_mapped is None:
        return str(IPv6Address(int(known) >> 64 << 64))
    return str(known)
