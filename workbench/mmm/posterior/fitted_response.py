"""The response model that sampled parameters mean, in KPI units and raw exposure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from workbench.mmm.density.parameters import Draws
from workbench.mmm.inputs.design import Design
from workbench.mmm.posterior.media import media_of_market
from workbench.mmm.response import ResponseModel

VALUE_WEEKS = 52


def response_model(draws: Draws, design: Design) -> ResponseModel:
    """The response in KPI units and raw exposure."""
    shares = _with_coefficient(np.ones_like(draws.roas * design.money_scale), draws, design)
    weights = design.value_weight
    level = np.stack(
        [np.einsum("dtc,t->dc", media_of_market(shares, m), weights[:, m]) for m in range(len(shares.markets))], axis=1
    )
    seen = (level > 0) & (design.money_scale > 0)
    contribution = draws.roas * design.money_scale * design.kpi_scale[:, None]
    return replace(shares, coefficient=np.where(seen, contribution / np.where(seen, level, 1.0), 0.0))


def _with_coefficient(coefficient: np.ndarray, draws: Draws, design: Design) -> ResponseModel:
    panel = design.panel
    curved = np.array([form != "none" for form in design.saturation])
    hill = np.array([form == "hill" for form in design.saturation])
    half = np.broadcast_to(draws.half_saturation, coefficient.shape) * design.exposure_scale
    return ResponseModel(
        markets=panel.markets,
        channels=panel.channels,
        saturation=design.saturation,
        adstock=design.adstock,
        carry_over_weeks=design.carry_over_weeks,
        half_life=draws.half_life,
        carry_over_shape=draws.carry_over_shape,
        half_saturation=np.where(curved, half, np.nan),
        slope=np.where(hill, draws.slope, 1.0),
        coefficient=coefficient,
        effectiveness=_at_least_one_ramp(draws.effectiveness, axis=2),
        effectiveness_ramps=_at_least_one_ramp(design.effectiveness_ramps, axis=0),
        exposure_per_spend=_exposure_per_spend(design),
        value_per_kpi=_planning_value(design),
        spend_history=panel.spend,
        exposure_history=panel.exposure,
    )


def _at_least_one_ramp(values: np.ndarray, axis: int) -> np.ndarray:
    """A constant effectiveness has one ramp of zeros: an empty array could not be saved."""
    if values.shape[axis]:
        return values
    return np.zeros([1 if i == axis else length for i, length in enumerate(values.shape)])


def _exposure_per_spend(design: Design) -> np.ndarray:
    """Over the last year; over all markets where one of them bought nothing."""
    panel = design.panel
    recent = slice(-VALUE_WEEKS, None)
    spend, exposure = panel.spend[recent].sum(axis=0), panel.exposure[recent].sum(axis=0)
    everywhere = panel.exposure.sum(axis=(0, 1)) / panel.spend.sum(axis=(0, 1))
    return np.where(spend > 0, exposure / np.where(spend > 0, spend, 1.0), everywhere)


def _planning_value(design: Design) -> np.ndarray:
    """Currency per KPI unit over the last year, shape (M,)."""
    panel = design.panel
    recent = slice(-VALUE_WEEKS, None)
    kpi, revenue = panel.kpi[recent].sum(axis=0), panel.revenue[recent].sum(axis=0)
    return np.where(kpi > 0, revenue / np.where(kpi > 0, kpi, 1.0), panel.value[recent].mean(axis=0))
