"""How far the data of a workspace reach."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from workbench.errors import ConfigError

if TYPE_CHECKING:
    from workbench.workspace import Workspace

WEEK = "week"


def last_day(workspace: Workspace, table: str) -> date | None:
    """The last day of a table, asked of its engine; of a table of weeks the last day of its last week; None where it is empty.

    Raises:
        ConfigError: If its mapping can't be followed, or it has no days.
        DataError: If its rows break the schema.
    """
    from workbench.data.calendar import first_and_last
    from workbench.data.schemas import TIME_COLUMN

    rows = workspace.table(table)
    column = TIME_COLUMN.get(table, "")
    if column not in rows.columns:
        raise ConfigError(f"table {table} has no days, so nobody can tell how fresh it is; leave it out of fresh")
    ends = first_and_last(rows[column])
    if ends is None:
        return None
    return ends[1].date() + timedelta(days=6 if column == WEEK else 0)
