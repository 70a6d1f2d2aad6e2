"""`[runs]`: where the history of runs is kept, where their files go, and how long."""

from __future__ import annotations

from pydantic import Field

from workbench.config.base import Section


class Runs(Section):
    """`[runs]`.

    Attributes:
        ledger: URL of the database that holds the history, such as `postgresql://…`, or a reference to it (`env:NAME`); left out, a
            SQLite file in the folder of reports.
        store: Folder or URL through which other machines hand back what they ran, such as `s3://bucket/runs`; left out, they send it along.
        keep_days: `workbench runs tidy` removes finished runs that are older, but never one that is published or referenced; None for never.
        keep_runs: So many of each notebook's newest finished runs stay however old they are.
    """

    ledger: str = ""
    store: str = ""
    keep_days: int | None = Field(default=None, ge=1)
    keep_runs: int = Field(default=10, ge=1)
