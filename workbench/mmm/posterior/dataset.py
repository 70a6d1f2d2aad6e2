"""What is saved of a fit."""

from __future__ import annotations

import numpy as np
import xarray as xr

from workbench.mmm.density.parameters import Draws, density_layout
from workbench.mmm.density.starting_point import StartingPoint
from workbench.mmm.inputs.design import Design
from workbench.mmm.inputs.priors import Priors, prior_roas_draws
from workbench.mmm.posterior.baseline import BaselineModel
from workbench.mmm.response import ResponseModel


def posterior_dataset(
    response: ResponseModel,
    baseline: BaselineModel,
    draws: Draws,
    design: Design,
    priors: Priors,
    start: StartingPoint,
    rng: np.random.Generator,
) -> xr.Dataset:
    """The draws of response and baseline, the history that plans continue, and where the next fit may start."""
    panel = design.panel
    spend = panel.window_spend.sum(axis=0)
    roas = (draws.roas * spend).sum(axis=1) / spend.sum(axis=0)
    history = panel.weeks[0] - (panel.weeks[1] - panel.weeks[0]) * panel.carry_in
    dataset = xr.Dataset(
        {
            **_response_variables(response),
            **_baseline_variables(baseline),
            **_ahead_variables(design, draws),
            "roas": (("draw", "channel"), roas),
            "prior_roas": (("draw", "channel"), prior_roas_draws(priors, spend, len(roas), rng)),
            "noise": (("draw", "market"), draws.noise * design.kpi_scale),
            "kpi": (("kpi_week", "market"), panel.kpi),
            "value": (("kpi_week", "market"), panel.value),
            "sampler_centre": (("place",), start.centre),
            "sampler_scale": (("place",), start.scale),
            "sampler_doubt": (("channel",), start.doubt),
        },
        coords={
            "draw": np.arange(len(roas)),
            "market": np.array(panel.markets, dtype=str),
            "channel": np.array(panel.channels, dtype=str),
            "week": history + (panel.weeks[1] - panel.weeks[0]) * np.arange(len(panel.spend)),
            "kpi_week": panel.weeks,
            **({"control": np.array(panel.controls, dtype=str)} if panel.controls else {}),
        },
        attrs={
            "carry_over_weeks": response.carry_over_weeks,
            "currency": panel.currency,
            "layout": density_layout(design).signature,
            "persistence": design.persistence,
        },
    )
    # The same columns stand there once a market; other arrays hold draws, which don't compress.
    dataset["baseline_columns"].encoding = {"zlib": True, "complevel": 4}
    return dataset


type Variables = dict[str, tuple[tuple[str, ...], np.ndarray]]


def _response_variables(response: ResponseModel) -> Variables:
    by_draw, by_cell, by_week = ("draw", "channel"), ("draw", "market", "channel"), ("week", "market", "channel")
    return {
        "half_life": (by_draw, response.half_life),
        "carry_over_shape": (by_draw, response.carry_over_shape),
        "half_saturation": (by_cell, response.half_saturation),
        "slope": (by_draw, response.slope),
        "coefficient": (by_cell, response.coefficient),
        "effectiveness": (("draw", "channel", "ramp"), response.effectiveness),
        "effectiveness_ramps": (("ramp", "kpi_week"), response.effectiveness_ramps),
        "spend_history": (by_week, response.spend_history),
        "exposure_history": (by_week, response.exposure_history),
        "exposure_per_spend": (("market", "channel"), response.exposure_per_spend),
        "value_per_kpi": (("market",), response.value_per_kpi),
        "saturation": (("channel",), np.array(response.saturation)),
        "adstock": (("channel",), np.array(response.adstock)),
    }


def _ahead_variables(design: Design, draws: Draws) -> Variables:
    """What continues the baseline after the last week; without controls no array of them, as an empty one can't be saved."""
    panel, known = design.panel, design.baseline
    controls: Variables = (
        {"control_history": (("kpi_week", "market", "control"), panel.control)} if panel.controls else {}
    )
    return {
        "baseline_label": (("column",), np.array([*known.label, *known.own_label])),
        "week_spread": (("draw",), draws.week_spread),
        "country": (("market",), np.array([panel.countries.get(name, "") for name in panel.markets], dtype=str)),
        **controls,
    }


def _baseline_variables(baseline: BaselineModel) -> Variables:
    shared: Variables = (
        {} if baseline.week_effect is None else {"week_effect": (("draw", "kpi_week"), baseline.week_effect)}
    )
    return {
        "baseline_columns": (("market", "kpi_week", "column"), baseline.columns),
        "baseline_coefficient": (("draw", "market", "column"), baseline.coefficient),
        "baseline_component": (("column",), np.array(baseline.components)),
        "kpi_scale": (("market",), baseline.kpi_scale),
        **shared,
    }
