"""The canonical tables of one workspace: mapped, validated once, kept in their engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import ibis

from workbench.config import CONFIG_FILE, Experiment, TableMapping, WorkspaceConfig
from workbench.data.connect import connect
from workbench.data.erasure import ERASURES, customer_column, without_erased
from workbench.data.mapping import UNREAD, Mapper
from workbench.data.panel import Panel
from workbench.data.panel_builder import build_panel
from workbench.data.raw import read_raw
from workbench.data.schemas import SCHEMAS, kind
from workbench.data.validate import require_valid, violations, without_unread
from workbench.errors import ConfigError, unknown_experiment


@dataclass(frozen=True)
class Catalog:
    """What a workspace's source holds, by canonical name.

    Attributes:
        root: Folder that relative paths start from.
        config: Its `workbench.toml`.
    """

    root: Path
    config: WorkspaceConfig
    _mapped: dict[str, ibis.Table] = field(default_factory=dict, repr=False, compare=False)
    _tables: dict[str, ibis.Table] = field(default_factory=dict, repr=False, compare=False)
    _experiments: dict[str, ibis.Table] = field(default_factory=dict, repr=False, compare=False)

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
        """A table with canonical columns, not yet validated, unreadable text kept beside; erased customers are still in it.

        Raises:
            ConfigError: If it isn't mapped or its mapping can't be followed.
        """
        if name not in self._mapped:
            zone = self.config.workspace.time_zone
            mapper = Mapper(name, self._mapping(name), SCHEMAS[name], self._only_market(), zone)
            self._mapped[name] = mapper.canonical(self.connection, self.raw(name))
        return self._mapped[name]

    def kept(self, name: str) -> ibis.Table:
        """The mapped table without erased customers: all that is ever counted, checked or told of.

        Raises:
            ConfigError: If it isn't mapped or its mapping can't be followed.
            DataError: If the table of erasures breaks its schema.
        """
        erasures = self.table(ERASURES) if ERASURES in self.config.tables and name != ERASURES else None
        return without_erased(self.mapped(name), self.customer_column(name), erasures)

    def customer_column(self, name: str) -> str:
        """The column in which a table names customers, empty where it names none; see `governance.unit_ids`."""
        units_are_customers = self.config.governance.unit_ids == "customers"
        return customer_column(self.mapped(name).columns, units_are_customers=units_are_customers)

    def violations(self, rows: ibis.Table, name: str, *, unique: bool = True) -> list[str]:
        """Everything in which rows of a mapped table break its schema, one sentence each; see `validate.violations`."""
        return violations(rows, name, SCHEMAS[name], week_start=self.config.workspace.week_start, unique=unique)

    def table(self, name: str) -> ibis.Table:
        """A validated canonical table without erased customers; its rows stay in the engine.

        Raises:
            ConfigError: If it isn't mapped or its mapping can't be followed.
            DataError: If its rows break the schema.
        """
        if name not in self._tables:
            kept = self.kept(name)
            require_valid(self.violations(kept, name))
            self._tables[name] = without_unread(kept)
        return self._tables[name]

    def experiment(self, experiment_id: str) -> ibis.Table:
        """The rows of one declared experiment, with the columns that its readout uses; valid but for units that repeat.

        Raises:
            ConfigError: If its table isn't mapped or its mapping can't be followed.
            SpecError: If the table holds no rows of it.
            DataError: If its rows break the schema.
        """
        if experiment_id not in self._experiments:
            spec = self.config.experiments[experiment_id]
            rows = self._rows_of(experiment_id, spec)
            # Repeated units are the readout's to find: it counts them, and says in which arms they are.
            found = self.violations(rows, spec.table, unique=spec.table != "units")
            if found:
                self._require_experiment(experiment_id, spec.table)
            require_valid(found)
            self._experiments[experiment_id] = without_unread(rows)
        return self._experiments[experiment_id]

    def panel(self, *, weeks: int = 0, market: str = "") -> Panel:
        """The media-mix panel; see `build_panel`."""
        controls = self.table("controls").execute() if "controls" in self.config.tables else None
        kpi, media = self.table("kpi").execute(), self.table("media").execute()
        return build_panel(kpi, media, controls, self.config, weeks=weeks, market=market)

    def _rows_of(self, experiment_id: str, spec: Experiment) -> ibis.Table:
        rows = self.kept(spec.table)
        used = {*SCHEMAS[spec.table].columns, *spec.columns}
        # Columns that aren't there are the readout's to name: it knows which metric asks for them.
        columns = [name for name in rows.columns if name.removeprefix(UNREAD) in used]
        return rows.filter(rows.experiment_id == experiment_id).select(*columns)

    def _require_experiment(self, experiment_id: str, table: str) -> None:
        ids = self.mapped(table).select("experiment_id").distinct().order_by("experiment_id").execute().experiment_id
        if experiment_id not in set(ids):
            raise unknown_experiment(table, experiment_id, ids)

    def _mapping(self, name: str) -> TableMapping:
        if name not in self.config.tables:
            raise ConfigError(
                f"tables.{name} is not mapped in {self.root / CONFIG_FILE}; add [tables.{name}] with its path, table or sql"
            )
        return self.config.tables[name]

    def _only_market(self) -> str:
        markets = list(self.config.markets)
        return markets[0] if len(markets) == 1 else "all"
