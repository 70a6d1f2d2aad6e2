"""`[runs]`: where the history of runs is kept, where their files go, and how long."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from workbench.config.base import Section
from workbench.config.secret_url import refuse_secret


class Runs(Section):
    """`[runs]`.

    Attributes:
        ledger: URL of the database that holds the history, such as `postgresql://…`, with secrets by reference alone (`env:NAME` for the
            whole, `{env:NAME}` for a part); left out, a SQLite file in the folder of reports.
        store: Folder or URL through which other machines hand back what they ran, such as `s3://bucket/runs`, with secrets by reference
            alone; left out, they send it along.
        keep_days: `workbench runs tidy` removes finished runs that are older, but never one that is published or referenced; None for never.
        keep_runs: So many of each notebook's newest finished runs stay however old they are.
    """

    ledger: str = ""
    store: str = ""
    keep_days: int | None = Field(default=None, ge=1)
    keep_runs: int = Field(default=10, ge=1)

    # Of the whole section: a refused field would be quoted with its value.
    @model_validator(mode="after")
    def _no_secret_stands_here(self) -> Self:
        refuse_secret("ledger", self.ledger)
        refuse_secret("store", self.store)
        return self
