"""The canonical tables of one workspace: mapped, validated once, kept in their engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path

import ibis

from workbench.config import CONFIG_FILE, TableMapping, WorkspaceConfig
from workbench.data.calendar import first_and_last
from workbench.data.connect import connect
from workbench.data.fingerprint import fingerprint
from workbench.data.mapping import Mapper
from workbench.data.panel import Panel
from workbench.data.panel_builder import build_panel
from workbench.data.raw import read_raw
from workbench.data.schemas import SCHEMAS, TIME_COLUMN, kind
from workbench.data.validate import require_valid, violations, without_unread
from workbench.errors import ConfigError


@dataclass(frozen=True)
class Catalog:
    """What a workspace's source holds, by canonical name.

    Attributes:
        root: Folder that relative paths start from.
        config: Its `workbench.toml`.
    """

    root: Path
    config: WorkspaceConfig
    _tables: dict[str, ibis.Table] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def connection(self) -> ibis.BaseBackend:
        """The engine behind `[source] url`."""
        return connect(self.config.source.url, self.root)

    def raw(self, name: str) -> ibis.Table:
        """The company's rows behind a canonical table, before mapping and filter.

        Raises:
            ConfigError: If it isn't mapped or can't be read.
        """
        mapping, schema = self._mapping(name), SCHEMAS[name]
        texts = [column for column in schema.columns if kind(schema.columns[column]) == "text"]
        origins = {column: mapping.column(column) for column in texts}
        kept_as_text = {(origin.source or "") if (origin := origins[column]) else column for column in texts}
        return read_raw(self.connection, name, mapping, self.root, kept_as_text)

    def mapped(self, name: str) -> ibis.Table:
        """A table with canonical columns, not yet validated, unreadable text kept beside.

        Raises:
            ConfigError: If it isn't mapped or its mapping can't be followed.
        """
        mapper = Mapper(name, self._mapping(name), SCHEMAS[name], self._only_market())
        return mapper.canonical(self.connection, self.raw(name))

    def violations(self, mapped: ibis.Table, name: str) -> list[str]:
        """Everything in which a mapped table breaks its schema, one sentence each."""
        return violations(mapped, name, SCHEMAS[name], week_start=self.config.workspace.week_start)

    def table(self, name: str) -> ibis.Table:
        """A validated canonical table; its rows stay in the engine.

        Raises:
            ConfigError: If it isn't mapped or its mapping can't be followed.
            DataError: If its rows break the schema.
        """
        if name not in self._tables:
            mapped = self.mapped(name)
            require_valid(self.violations(mapped, name))
            self._tables[name] = without_unread(mapped)
        return self._tables[name]

    def panel(self, *, weeks: int = 0) -> Panel:
        """The media-mix panel; see `build_panel`."""
        controls = self.table("controls").execute() if "controls" in self.config.tables else None
        return build_panel(
            self.table("kpi").execute(), self.table("media").execute(), controls, self.config, weeks=weeks
        )

    def fingerprint(self, name: str) -> str:
        """See `fingerprint.fingerprint`."""
        return fingerprint(self.table(name))

    def window(self, names: list[str]) -> tuple[date, date] | None:
        """First and last day of the tables that have a time, None if none of them has."""
        timed = [self.table(name)[TIME_COLUMN[name]] for name in names if name in TIME_COLUMN]
        known = [ends for column in timed if (ends := first_and_last(column)) is not None]
        return (min(first for first, _ in known).date(), max(last for _, last in known).date()) if known else None

    def _mapping(self, name: str) -> TableMapping:
        if name not in self.config.tables:
            raise ConfigError(
                f"tables.{name} is not mapped in {self.root / CONFIG_FILE}; add [tables.{name}] with its path, table or sql"
            )
        return self.config.tables[name]

    def _only_market(self) -> str:
        markets = list(self.config.markets)
        return markets[0] if len(markets) == 1 else "all"
