"""One entry for every kind of experiment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import ibis
import pandas as pd

from workbench.config import CreativeExperiment, Experiment, GeoExperiment
from workbench.errors import SpecError
from workbench.experiments.creative import read_out_creative
from workbench.experiments.geo.readout import read_out_geo
from workbench.experiments.result import ExperimentResult
from workbench.experiments.users.readout import read_out_users
from workbench.result import Provenance


def read_out(
    table: ibis.Table | pd.DataFrame,
    experiment_id: str,
    spec: Experiment,
    *,
    provenance: Provenance,
    currency: str,
    today: date | None = None,
    past: pd.DataFrame | None = None,
    others: Mapping[str, Experiment] | None = None,
    seed: int = 1,
) -> ExperimentResult:
    """Read out one experiment, by the kind that `workbench.toml` gives it.

    Args:
        table: The canonical `units` table for a test on users or of creatives, `geo` for one on markets.
        experiment_id: Which experiment of the table.
        spec: The experiment as `workbench.toml` specifies it.
        provenance: Where the data came from.
        currency: ISO 4217 code.
        today: The day of reading, which tells whether the test still runs; None for the present one.
        past: Earlier readouts, `RECORD_COLUMNS`, from which usual effects are learnt; None where there are none.
        others: All declared experiments; those on the same markets at the same time are named.
        seed: Of the draws behind a test of creatives; the others need none.

    Raises:
        SpecError: If the experiment asks for what the table doesn't hold.
        DataError: If the table can't be read truthfully.
    """
    if isinstance(spec, GeoExperiment):
        geo = table if isinstance(table, pd.DataFrame) else _rows_of(table, experiment_id)
        rivals = {name: other for name, other in (others or {}).items() if isinstance(other, GeoExperiment)}
        return read_out_geo(
            geo, experiment_id, spec, provenance=provenance, currency=currency, today=today, others=rivals
        )
    units = ibis.memtable(table) if isinstance(table, pd.DataFrame) else table
    if isinstance(spec, CreativeExperiment):
        return read_out_creative(units, experiment_id, spec, provenance=provenance, currency=currency, seed=seed)
    return read_out_users(units, experiment_id, spec, provenance=provenance, currency=currency, today=today, past=past)


def reading_day(text: str = "") -> date:
    """The day of reading that a parameter gives, empty for the present one.

    Raises:
        SpecError: If it isn't a day.
    """
    if not text:
        return date.today()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SpecError(f"today is {text!r}, which is no day; write it as 2025-11-30 or leave it empty") from None


def _rows_of(geo: ibis.Table, experiment_id: str) -> pd.DataFrame:
    chosen = geo.filter(geo.experiment_id == experiment_id).execute()
    # Without rows, the readout's own error names the experiments that are there.
    return chosen if len(chosen) else geo.execute()
