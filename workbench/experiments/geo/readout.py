"""Read out a test that changed a channel's spend in some markets."""

from __future__ import annotations

import pandas as pd

from workbench.config import GeoExperiment
from workbench.experiments.geo.checks import geo_checks
from workbench.experiments.geo.effects import GeoEffect, geo_estimates, measure_effect
from workbench.experiments.geo.findings import geo_findings
from workbench.experiments.geo.panel import GeoPanel, build_geo_panel
from workbench.experiments.geo.verdict import decide_geo
from workbench.experiments.lift_record import geo_lift
from workbench.experiments.result import (
    DECISION_COLUMNS,
    SERIES_COLUMNS,
    WEIGHT_COLUMNS,
    ExperimentResult,
    typed_frame,
)
from workbench.result import Provenance, estimates_frame


def read_out_geo(
    geo: pd.DataFrame, experiment_id: str, spec: GeoExperiment, *, provenance: Provenance, currency: str
) -> ExperimentResult:
    """Read out one geo test with a synthetic control; nothing in it is random, so it takes no seed.

    Args:
        geo: The canonical `geo` table: experiment_id, date, market, kpi.
        experiment_id: Which experiment of the table.
        spec: Which markets were treated, when, and for how much.
        provenance: Where the data came from.
        currency: ISO 4217 code.

    Raises:
        SpecError: If the experiment or a treated market isn't in the data, or no donor is left.
        DataError: If a market-day is missing, repeated or not a number, or the data don't span the test.
    """
    panel = build_geo_panel(geo, experiment_id, spec)
    effect = measure_effect(panel, spec)
    checks = geo_checks(effect, panel)
    decision = decide_geo(effect, panel, spec, checks, currency)
    return ExperimentResult(
        title=f"Experiment readout: {experiment_id}",
        estimates=estimates_frame(geo_estimates(effect, panel, spec, experiment_id, currency)),
        checks=checks,
        findings=geo_findings(decision, effect, panel, spec, currency),
        provenance=provenance,
        experiment_id=experiment_id,
        kind="geo",
        currency=currency,
        verdict=decision.verdict,
        decided_by=decision.decided_by,
        would_change=decision.would_change,
        decisions=typed_frame([vars(decision)], DECISION_COLUMNS),
        series=_series_frame(panel, effect),
        weights=_weights_frame(panel, effect),
        lift=geo_lift(effect, experiment_id, spec),
    )


def _series_frame(panel: GeoPanel, effect: GeoEffect) -> pd.DataFrame:
    treated = panel.mean_treated
    frame = pd.DataFrame(
        {
            "date": panel.dates,
            "treated": treated,
            "synthetic": effect.synthetic,
            "effect": treated - effect.synthetic,
            "tested": panel.tested,
        }
    )
    return frame.astype(SERIES_COLUMNS)


def _weights_frame(panel: GeoPanel, effect: GeoEffect) -> pd.DataFrame:
    frame = pd.DataFrame({"market": panel.donor_names, "weight": effect.control.weights}).astype(WEIGHT_COLUMNS)
    return frame[frame.weight > 0].sort_values("weight", ascending=False, ignore_index=True)
