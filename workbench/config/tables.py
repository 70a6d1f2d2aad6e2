"""How one of the company's tables becomes a canonical table."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from workbench.config.base import Section


class CsvOptions(Section):
    """How to read a delimited text file; unset options are detected by the engine.

    Attributes:
        delimiter: The separator; `whitespace` for columns padded with blanks.
        header: Whether the first line names the columns.
        names: Column names, for a file without a header line.
        decimal: The decimal mark.
    """

    delimiter: str | None = None
    header: bool | None = None
    names: tuple[str, ...] | None = None
    decimal: Literal[".", ","] = "."


class Column(Section):
    """Where a canonical column comes from.

    Attributes:
        source: The company's column, or an SQL expression over its columns in the engine's dialect.
        value: A constant instead of a column.
        format: How a date written as text reads, in `strptime` codes such as `%Y%m%d`.
    """

    source: str | None = Field(default=None, alias="from")
    value: str | int | float | bool | None = None
    format: str | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.source is None) == (self.value is None):
            raise ValueError("a column takes either `from` or `value`")
        return self


type Wide = str | dict[str, str]


class TableMapping(Section):
    """One canonical table: where its rows are and how its columns are called there.

    Attributes:
        table: Name of a table or view of the source; `schema.table` where it has schemas.
        path: A Parquet or CSV file (`.gz` too), or a pattern such as `orders/*.parquet`, relative to the workspace.
        sql: A query in the source's dialect.
        csv: How to read a CSV file.
        columns: Canonical column → the company's column, an SQL expression, or a `Column`.
        wide: For `media` and `controls`: canonical value column → one column per channel (or control),
            as `{channel = column}` or as a pattern such as `{channel}_spend`.
        filter: An SQL condition; rows that don't meet it are left out and counted.
        missing: What a missing (week, market, channel) of `media` means.
    """

    table: str | None = None
    path: str | None = None
    sql: str | None = None
    csv: CsvOptions | None = None
    columns: dict[str, str | Column] = Field(default_factory=dict)
    wide: dict[str, Wide] = Field(default_factory=dict)
    filter: str | None = None
    missing: Literal["error", "zero"] = "error"

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        places = [name for name in ("table", "path", "sql") if getattr(self, name) is not None]
        if len(places) != 1:
            found = " and ".join(places) or "none"
            raise ValueError(f"exactly one of table, path and sql says where the rows are, found {found}")
        if self.csv is not None and self.path is None:
            raise ValueError("csv options need path")
        return self

    def column(self, name: str) -> Column | None:
        """The origin of a canonical column, None where the mapping doesn't name it."""
        origin = self.columns.get(name)
        return Column.model_validate({"from": origin}) if isinstance(origin, str) else origin
