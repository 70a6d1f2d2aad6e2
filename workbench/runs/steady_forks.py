"""Where runs are forked from that come one by one, for as long as whoever starts them lives: a scheduler, or a walk through several notebooks."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from workbench.runs.fork_server import ForkedProcess, ForkServer, ForkServerGone
from workbench.runs.process import fork_server
from workbench.runs.record import code_sha256


class SteadyForks:
    """A fork server that is started for the second run, since one run alone is started sooner by itself, and anew when it died or when the
    package's files have changed, so that no run mixes old code with new. Leaving the context ends it."""

    def __init__(self) -> None:
        self._alone = threading.Lock()
        self._server: ForkServer | None = None
        self._code = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._alone:
            self._end()

    def start(self, *, environment: Mapping[str, str], log: int, events: int) -> ForkedProcess:
        """See `ForkServer.start`; the first run is told that there is no server."""
        with self._alone:
            try:
                return self._current().start(environment=environment, log=log, events=events)
            except ForkServerGone:
                self._end()
                raise

    def _current(self) -> ForkServer:
        code, before = code_sha256(), self._code
        self._code = code
        if not before:
            raise ForkServerGone("this run is the first one")
        if code != before:
            self._end()
        self._server = self._server or fork_server()
        return self._server

    def _end(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
