"""A small company with a fitted media mix that saw a lift test, and four readouts: for apps to show."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import ibis
import numpy as np
import pandas as pd

from tests.experiments.conftest import geo_world
from tests.mmm.worlds import simulate
from workbench.config import CreativeExperiment, Experiment, GeoExperiment, MediaMix, UserExperiment
from workbench.experiments import ExperimentResult, read_out, record_of
from workbench.mmm.fit import fit_media_mix
from workbench.mmm.prepare import prepare
from workbench.mmm.result import MediaMixResult
from workbench.result import Provenance
from workbench.runs.save import save_run
from workbench.workspace import Workspace, open_workspace

WORLD = simulate(seed=12, markets=2)
TODAY = date(2025, 4, 20)
TOML = """
[workspace]
name = "Small company"

[channels."channel 0"]
label = "Television"

[experiments.never_read]
control = "none"
metrics = [{ name = "spend" }]
"""
MAIL: dict[str, object] = {
    "control": "none",
    "metrics": [
        {"name": "spend", "covariate": "past_spend", "value": 0.5, "role": "primary", "unit": "EUR"},
        {"name": "bought", "kind": "proportion"},
    ],
    "cost_per_unit": 0.2,
    "start": date(2025, 3, 1),
    "end": date(2025, 3, 31),
    "hypothesis": "An offer raises spend.",
    "audience": "newcomers",
}
# So few users that nothing is settled yet.
FEW_YET = ("second_offer", "late_offer")
SPECS: dict[str, tuple[Experiment, date]] = {
    "spring_offer": (UserExperiment.model_validate(MAIL), TODAY),
    "second_offer": (UserExperiment.model_validate({**MAIL, "end": date(2025, 4, 30), "audience": "all"}), TODAY),
    "late_offer": (UserExperiment.model_validate(MAIL), date(2025, 3, 20)),
    "more_television": (
        GeoExperiment(
            kind="geo",
            treated=("treated0",),
            start=date(2024, 3, 17),
            end=date(2024, 3, 30),
            channel="channel 0",
            spend_change=10.0,
        ),
        TODAY,
    ),
    "banners": (
        CreativeExperiment.model_validate(
            {"kind": "creative", "factors": ["headline", "image"], "metric": {"name": "bought", "kind": "proportion"}}
        ),
        TODAY,
    ),
}


@cache
def fitted_mix() -> MediaMixResult:
    """Two markets, two channels, and a true test of the first channel: 12 weeks in which all of its spend was on top."""
    panel, weeks = WORLD.panel, slice(40, 52)
    spent, brought = panel.window_spend[weeks, :, 0].sum(), WORLD.media[weeks, :, 0].sum()
    test = pd.DataFrame(
        {
            "experiment_id": ["tv_pause"],
            "channel": "channel 0",
            "markets": ";".join(panel.markets),
            "start": panel.weeks[40],
            "end": panel.weeks[52] - pd.Timedelta(days=1),
            "spend_change": spent,
            "lift": 0.9 * brought,
            "lift_se": 0.2 * brought,
        }
    )
    prepared = prepare(panel, MediaMix(), {}, test)
    window = panel.weeks[0].date(), panel.weeks[-1].date()
    return fit_media_mix(prepared, provenance=Provenance(window=window), seed=1, draws=400, tune=400, chains=2)


def offer_units(units: int) -> pd.DataFrame:
    """Twelve days of arrivals; the offer adds to spend."""
    rng = np.random.default_rng(11)
    treated, past = rng.random(units) < 0.5, rng.gamma(2.0, 10.0, size=units)
    spend = 0.8 * past + rng.gamma(1.0, 8.0, size=units) + 3 * treated
    return pd.DataFrame(
        {
            "unit_id": np.arange(units),
            "variant": np.where(treated, "offer", "none"),
            "assigned_at": pd.Timestamp("2025-03-01") + pd.to_timedelta(rng.integers(0, 12, units), unit="D"),
            "spend": spend,
            "past_spend": past,
            "bought": (rng.random(units) < 0.2 + 0.05 * treated).astype(int),
            "headline": rng.choice(["new", "old"], units),
            "image": rng.choice(["people", "product"], units),
        }
    )


@cache
def readout(name: str) -> ExperimentResult:
    spec, today = SPECS[name]
    kpi = geo_world(seed=1, effect=4.0) if spec.kind == "geo" else offer_units(400 if name in FEW_YET else 2400)
    table = kpi.assign(experiment_id=name)
    if spec.kind == "creative":
        table["variant"] = table.headline + " / " + table.image
    source = table if spec.kind == "geo" else ibis.memtable(table)
    return read_out(
        source,
        name,
        spec,
        provenance=Provenance(window=(date(2025, 3, 1), date(2025, 3, 12)), parameters={"experiment": name}),
        currency="EUR",
        today=today,
    )


def company_workspace(root: Path) -> Workspace:
    """All of it as finished runs; the caller sees to it that no supervised run is in progress."""
    (root / "workbench.toml").write_text(TOML, encoding="utf-8")
    opened = open_workspace(root)
    save_company(opened)
    return opened


def save_company(workspace: Workspace) -> None:
    save_run(fitted_mix(), workspace=workspace)
    for name, (spec, _) in SPECS.items():
        result = readout(name)
        save_run(result, learning=record_of(result, spec), workspace=workspace)
