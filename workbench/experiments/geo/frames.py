"""What a geo readout found as tables, one block of rows for each cell."""

from __future__ import annotations

import math
from collections.abc import Iterable

import pandas as pd

from workbench.config import GeoExperiment
from workbench.experiments.decision import Decision
from workbench.experiments.geo.effects import Bounded, GeoEffect
from workbench.experiments.geo.panel import GeoPanel
from workbench.experiments.result import CELL_COLUMNS, SERIES_COLUMNS, WEIGHT_COLUMNS, typed_frame

UNKNOWN = Bounded(estimate=math.nan, lower=math.nan, upper=math.nan)


def series_frame(cell: str, panel: GeoPanel, effect: GeoEffect) -> pd.DataFrame:
    """KPI per treated market beside its synthetic control: `SERIES_COLUMNS`."""
    treated = panel.mean_treated
    frame = pd.DataFrame(
        {
            "cell": cell,
            "date": panel.dates,
            "treated": treated,
            "synthetic": effect.synthetic,
            "effect": treated - effect.synthetic,
            "tested": panel.tested,
        }
    )
    return frame.astype(SERIES_COLUMNS)


def weights_frame(cell: str, panel: GeoPanel, effect: GeoEffect) -> pd.DataFrame:
    """Donors with a weight, largest first: `WEIGHT_COLUMNS`."""
    frame = pd.DataFrame({"cell": cell, "market": panel.donor_names, "weight": effect.control.weights})
    used = frame[frame.weight != 0].astype(WEIGHT_COLUMNS)
    return used.sort_values("weight", ascending=False, ignore_index=True)


def cells_frame(cells: Iterable[tuple[str, GeoExperiment, GeoEffect, Decision]]) -> pd.DataFrame:
    """One row a cell: `CELL_COLUMNS`."""
    return typed_frame([_cell_row(*cell) for cell in cells], CELL_COLUMNS)


def _cell_row(name: str, spec: GeoExperiment, effect: GeoEffect, decision: Decision) -> dict[str, object]:
    return {
        "cell": name,
        "markets": ", ".join(spec.treated),
        "verdict": decision.verdict,
        "p_value": effect.p_value,
        "spend_change": math.nan if spec.spend_change is None else spec.spend_change,
        **_bounds("lift", effect.lift),
        **_bounds("value", effect.value),
        **_bounds("iroas", effect.iroas or UNKNOWN),
    }


def _bounds(name: str, bounded: Bounded) -> dict[str, object]:
    return {name: bounded.estimate, f"{name}_lower": bounded.lower, f"{name}_upper": bounded.upper}
