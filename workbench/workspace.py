"""A workspace: a folder with `workbench.toml`, its source and its canonical tables."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from subprocess import DEVNULL, run

import ibis
import pandas as pd
from pydantic import TypeAdapter

from workbench.config import Experiment, TableMapping, WorkspaceConfig, find_config, load_config
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
from workbench.result import Provenance, Result

WORKSPACE_VARIABLE = "WORKBENCH_WORKSPACE"
_VERSIONED = (
    "marketing-workbench",
    "numpy",
    "pandas",
    "scipy",
    "pymc",
    "nutpie",
    "tea-tasting",
    "ibis-framework",
    "duckdb",
)


@dataclass(frozen=True)
class Workspace:
    """One company's workspace.

    Attributes:
        root: Folder of `workbench.toml`.
        config: Its content.
    """

    root: Path
    config: WorkspaceConfig
    _tables: dict[str, ibis.Table] = field(default_factory=dict, repr=False, compare=False)

    @property
    def reports(self) -> Path:
        """Folder of runs and reports."""
        return self.root / self.config.workspace.reports

    @property
    def currency(self) -> str:
        return self.config.workspace.currency

    @cached_property
    def connection(self) -> ibis.BaseBackend:
        """The engine behind `[source] url`."""
        return connect(self.config.source.url, self.root)

    def has(self, name: str) -> bool:
        """Whether `workbench.toml` maps the canonical table."""
        return name in self.config.tables

    def mapped(self, name: str) -> ibis.Table:
        """A table with canonical columns, not yet validated, unreadable text kept beside.

        Raises:
            ConfigError: If it isn't mapped or its mapping can't be followed.
        """
        mapping = self._mapping(name)
        schema = SCHEMAS[name]
        texts = [column for column in schema.columns if kind(schema.columns[column]) == "text"]
        origins = {column: mapping.column(column) for column in texts}
        kept_as_text = {(origin.source or "") if (origin := origins[column]) else column for column in texts}
        raw = read_raw(self.connection, name, mapping, self.root, kept_as_text)
        return Mapper(name, mapping, schema, self._only_market()).canonical(self.connection, raw)

    def table(self, name: str) -> ibis.Table:
        """A validated canonical table; its rows stay in the engine.

        Raises:
            ConfigError: If it isn't mapped or its mapping can't be followed.
            DataError: If its rows break the schema.
        """
        if name not in self._tables:
            mapped = self.mapped(name)
            require_valid(violations(mapped, name, SCHEMAS[name], week_start=self.config.workspace.week_start))
            self._tables[name] = without_unread(mapped)
        return self._tables[name]

    def optional_table(self, name: str) -> ibis.Table | None:
        """A validated canonical table, None where `workbench.toml` doesn't map it."""
        return self.table(name) if self.has(name) else None

    def frame(self, name: str) -> pd.DataFrame:
        """A validated canonical table that fits into memory, in the order of its rows' keys."""
        return self.table(name).execute()

    def panel(self, *, weeks: int = 0) -> Panel:
        """The media-mix panel; see `build_panel`."""
        controls = self.frame("controls") if self.has("controls") else None
        return build_panel(self.frame("kpi"), self.frame("media"), controls, self.config, weeks=weeks)

    def experiment(self, experiment_id: str = "") -> tuple[str, Experiment]:
        """A declared experiment with its id.

        Args:
            experiment_id: Its id in `workbench.toml`; empty for the only one there.

        Raises:
            ConfigError: If there is none of that id, or several and none was named.
        """
        declared = self.config.experiments
        if not experiment_id and len(declared) == 1:
            experiment_id = next(iter(declared))
        if experiment_id not in declared:
            known = ", ".join(declared) or "none"
            told = f"experiment {experiment_id!r} is not declared" if experiment_id else "no experiment was named"
            raise ConfigError(f"{told}; name one of those in workbench.toml ({known}) or add [experiments.<id>] there")
        return experiment_id, declared[experiment_id]

    def experiment_table(self, spec: Experiment) -> ibis.Table:
        """The validated table that an experiment of this kind is read from."""
        return self.table(spec.table)

    def provenance(
        self,
        *tables: str,
        parameters: Mapping[str, str | int | float | bool | None] | None = None,
        seed: int | None = None,
    ) -> Provenance:
        """Where a result comes from that is made from these tables, as far as the workspace has them."""
        used = {name: self.table(name) for name in tables if self.has(name)}
        inputs = {name: fingerprint(table) for name, table in used.items()}
        return _provenance(inputs, _window(used), parameters or {}, seed)

    def provenance_of(
        self,
        results: Mapping[str, Result],
        parameters: Mapping[str, str | int | float | bool | None] | None = None,
        seed: int | None = None,
    ) -> Provenance:
        """Where a result comes from that is made from these earlier results; it inherits their data window."""
        windows = [result.provenance.window for result in results.values() if result.provenance.window]
        window = (min(first for first, _ in windows), max(last for _, last in windows)) if windows else None
        inputs = {name: _fingerprint_of(result) for name, result in results.items()}
        return _provenance(inputs, window, parameters or {}, seed)

    def _mapping(self, name: str) -> TableMapping:
        if not self.has(name):
            raise ConfigError(
                f"tables.{name} is not mapped in {self.root / 'workbench.toml'}; add [tables.{name}] with its path, table or sql"
            )
        return self.config.tables[name]  # type: ignore[index]

    def _only_market(self) -> str:
        markets = list(self.config.markets)
        return markets[0] if len(markets) == 1 else "all"


def open_workspace(folder: str | Path = "") -> Workspace:
    """Open the workspace in `folder`.

    Args:
        folder: Folder that holds `workbench.toml`; empty for the one that the environment variable WORKBENCH_WORKSPACE
            names, else the nearest one from the current folder upwards.

    Raises:
        ConfigError: If there is none, or it can't be read.
    """
    named = str(folder) or os.environ.get(WORKSPACE_VARIABLE, "")
    if named and not (Path(named) / "workbench.toml").is_file():
        raise ConfigError(f"{named} holds no workbench.toml; name the workspace's folder or create the file there")
    path = Path(named).resolve() / "workbench.toml" if named else find_config(Path.cwd())
    return Workspace(root=path.parent, config=load_config(path))


def _provenance(
    inputs: dict[str, str],
    window: tuple[date, date] | None,
    parameters: Mapping[str, str | int | float | bool | None],
    seed: int | None,
) -> Provenance:
    return Provenance(
        inputs=inputs,
        window=window,
        parameters=dict(parameters),
        seed=seed,
        commit=_commit(),
        versions={name: version(name) for name in _VERSIONED},
        created_at=datetime.now(UTC).replace(microsecond=0),
    )


def _fingerprint_of(result: Result) -> str:
    made = TypeAdapter(Provenance).dump_json(result.provenance)
    return hashlib.sha256(made + result.estimates.to_json().encode()).hexdigest()[:16]


def _window(tables: Mapping[str, ibis.Table]) -> tuple[date, date] | None:
    ends = [first_and_last(table[TIME_COLUMN[name]]) for name, table in tables.items() if name in TIME_COLUMN]
    known = [pair for pair in ends if pair is not None]
    return (min(first for first, _ in known).date(), max(last for _, last in known).date()) if known else None


def _commit() -> str:
    package = Path(__file__).parent
    found = run(
        ["git", "-C", str(package), "rev-parse", "HEAD"], capture_output=True, text=True, stdin=DEVNULL, check=False
    )
    return found.stdout.strip()
