"""Which runs are asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

from sqlalchemy import Connection, Row, Select, Text, cast, select

from workbench.runs.ledger.schema import RUNS
from workbench.runs.record import Status
from workbench.runs.values import text_of

_LAST_CHARACTER = "\U0010ffff"
_ESCAPE = "/"
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
            every = self._conditions(select(RUNS)).order_by(*_NEWEST_FIRST)
            return [row for row in connection.execute(every) if self._has_parameters(row.parameters)]
        found: dict[str, Row[Any]] = {}
        for seen in count(step=self.most):
            rows = self._page(connection, seen)
            found |= {row.run_id: row for row in rows if self._has_parameters(row.parameters)}
            if len(found) >= self.most or len(rows) < self.most:
                break
        return list(found.values())[: self.most]

    def _page(self, connection: Connection, skipped: int) -> list[Row[Any]]:
        """Up to `most` further rows; sorted by what indexes hold, without the rows' long texts."""
        ids = self._conditions(select(RUNS.c.run_id)).order_by(*_NEWEST_FIRST).limit(self.most).offset(skipped)
        return list(connection.execute(select(RUNS).where(RUNS.c.run_id.in_(ids)).order_by(*_NEWEST_FIRST)))

    def _conditions(self, chosen: Select[Any]) -> Select[Any]:
        """Beginnings are compared as ranges, which an index answers."""
        for column, value in ((RUNS.c.notebook, self.notebook), (RUNS.c.analysis, self.analysis)):
            chosen = chosen.where(column == value) if value else chosen
        for column, value in ((RUNS.c.run_id, self.begins), (RUNS.c.trigger, self.trigger)):
            chosen = chosen.where(column >= value, column < value + _LAST_CHARACTER) if value else chosen
        chosen = chosen.where(RUNS.c.batch == self.batch) if self.batch else chosen
        for name, value in self.parameters.items():
            chosen = chosen.where(cast(RUNS.c.parameters, Text).like(_may_hold(name, value), escape=_ESCAPE))
        chosen = chosen.where(RUNS.c.status.in_(self.statuses)) if self.statuses else chosen
        chosen = chosen.where(RUNS.c.started_at >= _text(self.since)) if self.since else chosen
        return chosen.where(RUNS.c.started_at < _text(self.before)) if self.before else chosen

    def _has_parameters(self, parameters: Mapping[str, Any]) -> bool:
        return all(name in parameters and text_of(parameters[name]) == value for name, value in self.parameters.items())


ALL = Wanted()


def _may_hold(name: str, value: str) -> str:
    """A pattern that a row's parameters as JSON follow if one has this name and value, and sometimes if not: it saves reading most of the others."""
    parts = [] if value == "none" else [json.dumps(part)[1:-1] for part in value.split(",")]
    literal = [re.sub(rf"[{_ESCAPE}%_]", rf"{_ESCAPE}\g<0>", part) for part in (f"{json.dumps(name)}: ", *parts)]
    return f"%{'%'.join(literal)}%"


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S")
