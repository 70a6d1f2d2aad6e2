"""How many pages may be open at once, whose they are, and when they end."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jupyter_core.utils import ensure_async

if TYPE_CHECKING:
    from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager

_log = logging.getLogger(__name__)
# A closed tab says so, but not every browser lets it; one that lost the network for a moment comes back.
LEFT_AFTER_SECONDS = 90.0


@dataclass
class Place:
    """One open page: its user and when its browser was last seen."""

    user: str
    seen: float


@dataclass
class Places:
    """The open pages by the process that each one talks to.

    Attributes:
        kernels: The processes.
        most: Pages at once.
        clock: Seconds that only rise.
    """

    kernels: AsyncMappingKernelManager
    most: int
    clock: Callable[[], float] = time.monotonic
    _places: dict[str, Place] = field(default_factory=dict)
    _arriving: int = 0

    @property
    def taken(self) -> int:
        """Pages open or opening."""
        for kernel_id in [kernel_id for kernel_id in self._places if kernel_id not in self.kernels]:
            del self._places[kernel_id]
        return len(self._places) + self._arriving

    @property
    def free(self) -> bool:
        """Whether one more may open."""
        return self.taken < self.most

    @contextmanager
    def arriving(self) -> Iterator[None]:
        """Holds a place while its process is still being fetched."""
        self._arriving += 1
        try:
            yield
        finally:
            self._arriving -= 1

    def give(self, kernel_id: str, user: str) -> None:
        """The process belongs to the user from now on."""
        self._places[kernel_id] = Place(user, self.clock())

    def belongs(self, kernel_id: str, user: str) -> bool:
        """Whether the user may talk to the process."""
        place = self._places.get(kernel_id)
        return place is not None and place.user == user and kernel_id in self.kernels

    async def end_all(self, user: str) -> None:
        """End every page of a user."""
        await self._end([kernel_id for kernel_id, place in self._places.items() if place.user == user])

    async def sweep(self) -> None:
        """End the pages whose browser is gone."""
        now = self.clock()
        left = []
        for kernel_id, place in self._places.items():
            if kernel_id not in self.kernels:
                continue
            if self.kernels.kernel_model(kernel_id)["connections"]:
                place.seen = now
            elif now - place.seen > LEFT_AFTER_SECONDS:
                left.append(kernel_id)
        await self._end(left)

    async def _end(self, kernel_ids: list[str]) -> None:
        known = [kernel_id for kernel_id in kernel_ids if kernel_id in self.kernels]
        ended = [ensure_async(self.kernels.shutdown_kernel(kernel_id)) for kernel_id in known]
        for problem in await asyncio.gather(*ended, return_exceptions=True):
            if isinstance(problem, Exception):
                _log.warning("a page's process did not end: %s", problem)
        for kernel_id in kernel_ids:
            self._places.pop(kernel_id, None)
