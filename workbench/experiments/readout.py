"""One entry for every kind of experiment."""

from __future__ import annotations

import ibis
import pandas as pd

from workbench.config import GeoExperiment, UserExperiment
from workbench.experiments.geo.readout import read_out_geo
from workbench.experiments.result import ExperimentResult
from workbench.experiments.users.readout import read_out_users
from workbench.result import Provenance


def read_out(
    table: ibis.Table | pd.DataFrame,
    experiment_id: str,
    spec: UserExperiment | GeoExperiment,
    *,
    provenance: Provenance,
    currency: str,
) -> ExperimentResult:
    """Read out one experiment, by the kind that `workbench.toml` gives it.

    Args:
        table: The canonical `units` table for a test on users, `geo` for one on markets.
        experiment_id: Which experiment of the table.
        spec: The experiment as `workbench.toml` specifies it.
        provenance: Where the data came from.
        currency: ISO 4217 code.

    Raises:
        SpecError: If the experiment asks for what the table doesn't hold.
        DataError: If the table can't be read truthfully.
    """
    if isinstance(spec, GeoExperiment):
        geo = table if isinstance(table, pd.DataFrame) else _rows_of(table, experiment_id)
        return read_out_geo(geo, experiment_id, spec, provenance=provenance, currency=currency)
    units = ibis.memtable(table) if isinstance(table, pd.DataFrame) else table
    return read_out_users(units, experiment_id, spec, provenance=provenance, currency=currency)


def _rows_of(geo: ibis.Table, experiment_id: str) -> pd.DataFrame:
    chosen = geo.filter(geo.experiment_id == experiment_id).execute()
    # Without rows, the readout's own error names the experiments that are there.
    return chosen if len(chosen) else geo.execute()
