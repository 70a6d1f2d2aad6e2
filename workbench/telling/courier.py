"""Sends what waits in the outbox in a thread of its own, so that a slow channel holds up nothing."""

from __future__ import annotations

import sys
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from workbench.errors import WorkbenchError
from workbench.runs.ledger import Ledger
from workbench.telling.outbox import Outbox
from workbench.telling.tell import PATIENCE, deliver, write_down_lost

if TYPE_CHECKING:
    from workbench.workspace import Workspace


class Courier:
    """The courier of one workspace; leaving the context waits for the message under way.

    Args:
        workspace: Whose channels are told; where it has none, nothing is done.
        ledger: Of that workspace.
    """

    def __init__(self, workspace: Workspace, ledger: Ledger) -> None:
        self._workspace, self._ledger = workspace, ledger
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="courier")
        self._round: Future[None] | None = None
        self._stopped = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped = True
        self._thread.shutdown()

    def wake(self) -> None:
        """Send what waits, unless it is being sent."""
        if self._workspace.config.notify and (self._round is None or self._round.done()):
            self._round = self._thread.submit(self._work)

    def finish(self) -> None:
        """Send what waits now, and come back when that is done or has taken too long."""
        if self._round:
            self._round.result()
        self.wake()
        if self._round:
            self._round.result()

    def _work(self) -> None:
        try:
            outbox, now = Outbox(self._ledger), datetime.now(UTC)
            write_down_lost(self._workspace, self._ledger, outbox, now)
            for letter, why in deliver(self._workspace, outbox, seconds=PATIENCE, stopped=lambda: self._stopped):
                print(f"workbench: {letter.channel} could not be told: {why}; it is tried again", file=sys.stderr)
        except WorkbenchError as error:
            print(f"workbench: nobody could be told: {error}", file=sys.stderr)
