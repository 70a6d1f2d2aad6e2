"""`[source]`: where the company's tables are."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from workbench.config.base import Section
from workbench.config.secret_url import refuse_secret


class SourceConfig(Section):
    """`[source]`.

    Attributes:
        url: Ibis connection URL; `duckdb://` alone reads files through an embedded engine. Secrets stand in it by reference alone.
    """

    url: str = "duckdb://"

    # Of the whole section: a refused field would be quoted with its value.
    @model_validator(mode="after")
    def _no_secret_stands_here(self) -> Self:
        refuse_secret("url", self.url)
        return self
