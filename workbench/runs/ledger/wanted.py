"""Which runs are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from workbench.runs.ledger.assigned import with_parameters
from workbench.runs.ledger.schema import RUNS
from workbench.runs.record import Status

_LAST_CHARACTER = "\U0010ffff"
_NEWEST_FIRST = RUNS.c.started_at.desc(), RUNS.c.run_id.desc()


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A choice of runs; what is left empty doesn't choose.

    Attributes:
        begins: How the id begins.
        notebook: Its name.
        analysis: Of the saved result.
        statuses: Any of them.
        since: Started then or later, UTC.
        before: Started earlier, UTC.
        trigger: How what started it begins, such as `schedule weekly`.
        batch: The fan-out that they belong to.
        parameters: Values as a user would write them, all of which must be equal.
        most: No more than so many, the newest; 0 for all.
    """

    begins: str = ""
    notebook: str = ""
    analysis: str = ""
    statuses: tuple[Status, ...] = ()
    since: datetime | None = None
    before: datetime | None = None
    trigger: str = ""
    batch: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    most: int = 0

    def rows(self, connection: Connection) -> list[Row[Any]]:
        """The rows, newest first."""
        if not self.most:
            return list(connection.execute(self._conditions(connection, select(RUNS)).order_by(*_NEWEST_FIRST)))
        # Sorted by what indexes hold, without the rows' long texts.
        ids = self._conditions(connection, select(RUNS.c.run_id)).order_by(*_NEWEST_FIRST).limit(self.most)
        return list(connection.execute(select(RUNS).where(RUNS.c.run_id.in_(ids)).order_by(*_NEWEST_FIRST)))

    def _conditions(self, connection: Connection, chosen: Select[Any]) -> Select[Any]:
        """Beginnings are compared as ranges, which an index answers."""
        for column, value in ((RUNS.c.notebook, self.notebook), (RUNS.c.analysis, self.analysis)):
            chosen = chosen.where(column == value) if value else chosen
        for column, value in ((RUNS.c.run_id, self.begins), (RUNS.c.trigger, self.trigger)):
            chosen = chosen.where(column >= value, column < value + _LAST_CHARACTER) if value else chosen
        chosen = chosen.where(RUNS.c.batch == self.batch) if self.batch else chosen
        chosen = with_parameters(connection, chosen, self.parameters)
        chosen = chosen.where(RUNS.c.status.in_(self.statuses)) if self.statuses else chosen
        chosen = chosen.where(RUNS.c.started_at >= _text(self.since)) if self.since else chosen
        return chosen.where(RUNS.c.started_at < _text(self.before)) if self.before else chosen


ALL = Wanted()


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S")
