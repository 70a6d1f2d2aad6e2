"""Which runs are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, FromClause, Row, Select, UnaryExpression, select

from workbench.runs.ledger.assigned import with_parameters
from workbench.runs.ledger.schema import RUNS
from workbench.runs.record import Status

_LAST_CHARACTER = "\U0010ffff"


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
        chosen, table = with_parameters(connection, self._conditions(select(RUNS)), self.parameters)
        chosen = chosen.order_by(*_newest_first(table))
        if not self.most:
            return list(connection.execute(chosen))
        # Sorted by what indexes hold, without the rows' long texts.
        ids = chosen.with_only_columns(RUNS.c.run_id).limit(self.most)
        return list(connection.execute(select(RUNS).where(RUNS.c.run_id.in_(ids)).order_by(*_newest_first(RUNS))))

    def _conditions(self, chosen: Select[Any]) -> Select[Any]:
        """Beginnings are compared as ranges, which an index answers."""
        for column, value in ((RUNS.c.notebook, self.notebook), (RUNS.c.analysis, self.analysis)):
            chosen = chosen.where(column == value) if value else chosen
        for column, value in ((RUNS.c.run_id, self.begins), (RUNS.c.trigger, self.trigger)):
            chosen = chosen.where(column >= value, column < value + _LAST_CHARACTER) if value else chosen
        chosen = chosen.where(RUNS.c.batch == self.batch) if self.batch else chosen
        chosen = chosen.where(RUNS.c.status.in_(self.statuses)) if self.statuses else chosen
        chosen = chosen.where(RUNS.c.started_at >= _text(self.since)) if self.since else chosen
        return chosen.where(RUNS.c.started_at < _text(self.before)) if self.before else chosen


ALL = Wanted()


def _newest_first(table: FromClause) -> tuple[UnaryExpression[Any], UnaryExpression[Any]]:
    return table.c.started_at.desc(), table.c.run_id.desc()


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S")
