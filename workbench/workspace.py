"""A workspace: a folder with `workbench.toml`, and what its analyses are made from."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from subprocess import DEVNULL, run
from typing import TYPE_CHECKING

from workbench.config import CONFIG_FILE, Channel, Experiment, WorkspaceConfig, find_config, load_config
from workbench.errors import ConfigError

if TYPE_CHECKING:
    import ibis
    import pandas as pd

    from workbench.data.catalog import Catalog
    from workbench.data.panel import Panel
    from workbench.result import Provenance, Result

WORKSPACE_VARIABLE = "WORKBENCH_WORKSPACE"
_VERSIONED = (
    "marketing-workbench",
    "numpy",
    "pandas",
    "scipy",
    "scikit-learn",
    "pymc",
    "nutpie",
    "ibis-framework",
    "duckdb",
)


@dataclass(frozen=True)
class Workspace:
    """One company's workspace; opening it reads `workbench.toml` and the experiments' own files, and nothing else.

    Attributes:
        root: Folder of `workbench.toml`.
        config: Its content, and that of `experiments/*.toml` beside it.
    """

    root: Path
    config: WorkspaceConfig

    @property
    def reports(self) -> Path:
        """Folder of runs and reports."""
        return self.root / self.config.workspace.reports

    @property
    def currency(self) -> str:
        return self.config.workspace.currency

    @cached_property
    def catalog(self) -> Catalog:
        """The canonical tables."""
        # Commands that only list runs need no engine: it is loaded when a table is asked for.
        from workbench.data.catalog import Catalog

        return Catalog(self.root, self.config)

    def has(self, name: str) -> bool:
        """Whether `workbench.toml` maps the canonical table."""
        return name in self.config.tables

    def table(self, name: str) -> ibis.Table:
        """A validated canonical table; its rows stay in the engine.

        Raises:
            ConfigError: If it isn't mapped or its mapping can't be followed.
            DataError: If its rows break the schema.
        """
        return self.catalog.table(name)

    def optional_table(self, name: str) -> ibis.Table | None:
        """A validated canonical table, None where `workbench.toml` doesn't map it."""
        return self.table(name) if self.has(name) else None

    def labelled_table(self, name: str) -> ibis.Table | None:
        """The same, with channels and markets called as reports call them."""
        from workbench.data.labelled import labelled

        table = self.optional_table(name)
        return None if table is None else labelled(table, self.config)

    def frame(self, name: str) -> pd.DataFrame:
        """A validated canonical table that fits into memory."""
        return self.table(name).execute()

    def panel(self, *, weeks: int = 0, market: str = "") -> Panel:
        """The media-mix panel of the last `weeks` weeks, 0 for all, and of one market, empty for all."""
        return self.catalog.panel(weeks=weeks, market=market)

    def channels_in(self, panel: Panel) -> dict[str, Channel]:
        """What `[channels]` says of a panel's channels: money may never have been spent on one in some market."""
        return {name: channel for name, channel in self.config.channels.items() if name in panel.channels}

    def experiment(self, experiment_id: str = "") -> tuple[str, Experiment]:
        """A declared experiment with its id.

        Args:
            experiment_id: Its id; empty for the only one declared.

        Raises:
            ConfigError: If there is none of that id, or several and none was named.
        """
        declared = self.config.experiments
        if not experiment_id and len(declared) == 1:
            experiment_id = next(iter(declared))
        if experiment_id not in declared:
            known = ", ".join(declared) or "none"
            told = f"experiment {experiment_id!r} is not declared" if experiment_id else "no experiment was named"
            raise ConfigError(
                f"{told}; name one of those declared ({known}), or declare it in {self.root / CONFIG_FILE} or experiments/<id>.toml"
            )
        return experiment_id, declared[experiment_id]

    def experiment_table(self, experiment_id: str) -> ibis.Table:
        """The rows of one declared experiment, with the columns that its readout uses; see `Catalog.experiment`."""
        return self.catalog.experiment(experiment_id)

    def history_for(self, experiment_id: str = "") -> dict[str, ibis.Table]:
        """What a test is planned on: the declared one's own rows where it ran before, else customers' orders.

        Raises:
            ConfigError: If a table's mapping can't be followed.
            DataError: If rows break their schema.
        """
        if experiment_id:
            name = self.config.experiments[experiment_id].table
            if self.has(name) and self._holds(name, experiment_id):
                return {name: self.experiment_table(experiment_id)}
        return {name: self.table(name) for name in ("transactions", "customers") if self.has(name)}

    def _holds(self, name: str, experiment_id: str) -> bool:
        rows = self.catalog.mapped(name)
        return bool(rows.filter(rows.experiment_id == experiment_id).limit(1).count().execute())

    def provenance(
        self,
        *tables: str,
        parameters: Mapping[str, str | int | float | bool | None] | None = None,
        seed: int | None = None,
    ) -> Provenance:
        """Where a result comes from that is made from these tables, as far as the workspace has them."""
        used = {name: self.table(name) for name in tables if self.has(name)}
        return _provenance_of_tables(used, parameters or {}, seed)

    def table_provenance(
        self,
        tables: Mapping[str, ibis.Table],
        parameters: Mapping[str, str | int | float | bool | None] | None = None,
        seed: int | None = None,
    ) -> Provenance:
        """Where a result comes from that is made from exactly these rows of tables, by the tables' canonical names."""
        return _provenance_of_tables(tables, parameters or {}, seed)

    def experiment_provenance(
        self,
        experiment_id: str,
        *,
        parameters: Mapping[str, str | int | float | bool | None] | None = None,
        seed: int | None = None,
    ) -> Provenance:
        """Where the readout of one declared experiment comes from: the rows and columns that it uses."""
        used: dict[str, ibis.Table] = {
            self.config.experiments[experiment_id].table: self.experiment_table(experiment_id)
        }
        return _provenance_of_tables(used, {"experiment": experiment_id, **(parameters or {})}, seed)

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


def open_workspace(folder: str | Path = "") -> Workspace:
    """Open the workspace in `folder`.

    Args:
        folder: Folder that holds `workbench.toml`; empty for the one that the environment variable WORKBENCH_WORKSPACE
            names, else the nearest one from the current folder upwards.

    Raises:
        ConfigError: If there is none, or it can't be read.
    """
    named = str(folder) or os.environ.get(WORKSPACE_VARIABLE, "")
    if named and not (Path(named) / CONFIG_FILE).is_file():
        raise ConfigError(f"{named} holds no {CONFIG_FILE}; name the workspace's folder or create the file there")
    path = Path(named).resolve() / CONFIG_FILE if named else find_config(Path.cwd())
    return Workspace(root=path.parent, config=load_config(path))


def _provenance_of_tables(
    tables: Mapping[str, ibis.Table], parameters: Mapping[str, str | int | float | bool | None], seed: int | None
) -> Provenance:
    from workbench.data.calendar import window
    from workbench.data.fingerprint import fingerprint
    from workbench.data.schemas import TIME_COLUMN

    timed = [table[TIME_COLUMN[name]] for name, table in tables.items() if TIME_COLUMN.get(name, "") in table.columns]
    inputs = {name: fingerprint(table) for name, table in tables.items()}
    return _provenance(inputs, window(timed), parameters, seed)


def _provenance(
    inputs: dict[str, str],
    window: tuple[date, date] | None,
    parameters: Mapping[str, str | int | float | bool | None],
    seed: int | None,
) -> Provenance:
    from workbench.result import Provenance

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
    from pydantic import TypeAdapter

    made = TypeAdapter(type(result.provenance)).dump_json(result.provenance)
    return hashlib.sha256(made + result.estimates.to_json().encode()).hexdigest()[:16]


def _commit() -> str:
    package = Path(__file__).parent
    found = run(
        ["git", "-C", str(package), "rev-parse", "HEAD"], capture_output=True, text=True, stdin=DEVNULL, check=False
    )
    return found.stdout.strip()
