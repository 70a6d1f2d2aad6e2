"""From the company's columns to the canonical ones: rename, compute, melt, convert."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

import ibis
import sqlglot
from ibis import BaseBackend
from pandera.pandas import DataFrameSchema
from sqlglot import exp

from workbench.config import Column, TableMapping
from workbench.config.tables import Wide
from workbench.data.convert import converted
from workbench.data.raw import reason
from workbench.data.schemas import OPEN_TABLES, WIDE_DIMENSION
from workbench.errors import ConfigError

# Beside a column that needed reading (text to number, text to date), the text that could not be read.
UNREAD = "_unread_"


@dataclass(frozen=True)
class Mapper:
    """What the steps of one table's mapping share.

    Attributes:
        name: Canonical name of the table.
        mapping: Its section of `workbench.toml`.
        schema: Its canonical schema.
        only_market: Name of the single market for tables without a market column.
        time_zone: Zone in which a moment with an offset falls on its day, empty where the workspace names none.
    """

    name: str
    mapping: TableMapping
    schema: DataFrameSchema
    only_market: str
    time_zone: str = ""

    def canonical(self, connection: BaseBackend, raw: ibis.Table) -> ibis.Table:
        """The table with canonical columns, each beside its `_unread_` text where it was converted.

        Raises:
            ConfigError: If a column is missing, unknown or can't be computed.
        """
        self._refuse_unknown()
        selected = self._selected(connection, raw)
        kinds = {c: column for c, column in self.schema.columns.items() if c in selected.columns}
        columns: dict[str, ibis.Value] = {}
        for name in selected.columns:
            if name in kinds:
                origin = self.mapping.column(name)
                self._refuse_format(name, origin, connection)
                value, unread = converted(
                    selected[name], kinds[name], origin.format if origin else None, self.time_zone
                )
                columns[name] = value
                if unread is not None:
                    columns[UNREAD + name] = unread
            else:
                columns[name] = selected[name]
        return selected.select(**columns)

    def _refuse_format(self, name: str, origin: Column | None, connection: BaseBackend) -> None:
        if origin and origin.format and connection.name != "duckdb":
            raise ConfigError(
                f"tables.{self.name}.columns.{name} has the format {origin.format!r}, which the embedded engine alone reads, "
                f"found {connection.name}; write the day in SQL instead, such as {name} = \"to_date({origin.source}, 'DD.MM.YYYY')\""
            )

    def _refuse_unknown(self) -> None:
        if self.name in OPEN_TABLES:
            return
        for name in (*self.mapping.columns, *self.mapping.wide):
            if name not in self.schema.columns:
                known = list(self.schema.columns)
                raise ConfigError(
                    f"tables.{self.name}.columns has the unknown canonical column {name}; {_meant(name, known)}"
                )

    def _selected(self, connection: BaseBackend, raw: ibis.Table) -> ibis.Table:
        source = ibis.to_sql(raw, dialect=connection.name)
        where = f" WHERE {self.mapping.filter}" if self.mapping.filter else ""
        query = " UNION ALL ".join(
            f"SELECT {', '.join(f'{sql} AS {_quoted(name, connection.name)}' for name, sql in columns.items())} FROM ({source}) AS raw{where}"
            for columns in self._selects(raw.columns, connection.name)
        )
        try:
            return connection.sql(query)
        except Exception as error:
            raise ConfigError(
                f"tables.{self.name} can't be computed: {reason(error)}; correct its columns or filter"
            ) from None

    def _selects(self, available: tuple[str, ...], dialect: str) -> list[dict[str, str]]:
        """One SELECT of `{canonical name: SQL}` per channel of a wide table, or a single one."""
        self._require_columns(self.mapping.filter, "filter", available, dialect)
        if not self.mapping.wide:
            return [self._columns(available, dialect)]
        if self.name not in WIDE_DIMENSION:
            raise ConfigError(f"tables.{self.name}.wide is for media and controls only; use columns")
        dimension = WIDE_DIMENSION[self.name]
        melted = {value: self._melted(value, wide, available) for value, wide in self.mapping.wide.items()}
        channels = list(next(iter(melted.values())))
        for value, by_channel in melted.items():
            if odd := set(channels) ^ set(by_channel):
                raise ConfigError(
                    f"tables.{self.name}.wide.{value} and its siblings differ in {', '.join(sorted(odd))}; name each in all"
                )
        shared = self._columns(available, dialect, without={dimension, *melted})
        return [
            {
                **shared,
                dimension: _text(channel, dialect),
                **{value: _quoted(melted[value][channel], dialect) for value in melted},
            }
            for channel in channels
        ]

    def _melted(self, value: str, wide: Wide, available: tuple[str, ...]) -> dict[str, str]:
        key, slot = f"wide.{value}", "{" + WIDE_DIMENSION[self.name] + "}"
        if isinstance(wide, dict):
            return {channel: self._existing(column, f"{key}.{channel}", available) for channel, column in wide.items()}
        if wide.count(slot) != 1:
            raise ConfigError(f"tables.{self.name}.{key} is {wide!r}; write {slot} once where the name goes")
        pattern = re.compile(re.escape(wide).replace(re.escape(slot), "(.+)"))
        found = {match[1]: column for column in available if (match := pattern.fullmatch(column))}
        if not found:
            raise ConfigError(
                f"tables.{self.name}.{key} is {wide!r}, which no column matches; columns there: {', '.join(available)}"
            )
        return found

    def _columns(self, available: tuple[str, ...], dialect: str, without: set[str] = frozenset()) -> dict[str, str]:  # type: ignore[assignment]
        columns: dict[str, str] = {}
        for name in self.mapping.columns:
            columns[name] = self._origin(name, self.mapping.column(name), available, dialect)
        for name, column in self.schema.columns.items():
            if name in columns or name in without:
                continue
            if name in available:
                columns[name] = _quoted(name, dialect)
            elif name == "market" and column.required:
                columns[name] = _text(self.only_market, dialect)
            elif column.required:
                raise ConfigError(
                    f"tables.{self.name} has no column for {name}; name it under [tables.{self.name}.columns] "
                    f"(columns there: {', '.join(available)})"
                )
        if self.name in OPEN_TABLES:
            used = {origin.source for name in self.mapping.columns if (origin := self.mapping.column(name))}
            columns |= {name: _quoted(name, dialect) for name in available if name not in columns and name not in used}
        return columns

    def _origin(self, name: str, origin: Column | None, available: tuple[str, ...], dialect: str) -> str:
        assert origin is not None
        if origin.source is None:
            return _constant(origin.value, dialect)
        if re.fullmatch(r"\w+", origin.source) or origin.source in available:
            return _quoted(self._existing(origin.source, f"columns.{name}", available), dialect)
        self._require_columns(origin.source, f"columns.{name}", available, dialect)
        return f"({origin.source})"

    def _existing(self, column: str, key: str, available: tuple[str, ...]) -> str:
        if column in available:
            return column
        same = [name for name in available if name.lower() == column.lower()]
        if len(same) == 1:
            return same[0]
        raise ConfigError(
            f"tables.{self.name}.{key} names the column {column}, which isn't there; {_meant(column, list(available))}"
        )

    def _require_columns(self, expression: str | None, key: str, available: tuple[str, ...], dialect: str) -> None:
        if expression is None:
            return
        try:
            parsed = sqlglot.parse_one(expression, dialect=dialect)
        except sqlglot.ParseError as error:
            raise ConfigError(
                f"tables.{self.name}.{key} is not an SQL expression: {reason(error)}; correct it"
            ) from None
        for column in parsed.find_all(exp.Column):
            self._existing(column.name, key, available)


def _meant(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else f"columns there: {', '.join(known)}"


def _quoted(name: str, dialect: str) -> str:
    return exp.to_identifier(name, quoted=True).sql(dialect=dialect)


def _text(value: str, dialect: str) -> str:
    return exp.Literal.string(value).sql(dialect=dialect)


def _constant(value: str | float | bool | None, dialect: str) -> str:
    return _text(value, dialect) if isinstance(value, str) else str(value)
