"""From sampled parameters to what is saved and reported: the response in real units, and the KPI taken apart."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from workbench.mmm.density.likelihood import Rotation
from workbench.mmm.density.parameters import Draws
from workbench.mmm.inputs.design import Design
from workbench.mmm.inputs.priors import Priors, prior_roas_draws
from workbench.mmm.posterior.coefficients import component_series, draw_coefficients, draw_shared_weeks
from workbench.mmm.response import ResponseModel

VALUE_WEEKS = 52
SHARED_WEEKS = "weeks all markets share"


@dataclass(frozen=True, kw_only=True)
class Decomposition:
    """The KPI of each draw, taken apart; KPI units, shapes (D, T, M) unless said otherwise.

    Attributes:
        media: By channel, shape (D, T, M, C).
        media_growth: Derivative of `media` for growth of all exposure in proportion.
        baseline: By component name.
        noise: Standard deviation, shape (D, M).
    """

    media: np.ndarray
    media_growth: np.ndarray
    baseline: dict[str, np.ndarray]
    noise: np.ndarray

    @property
    def fitted(self) -> np.ndarray:
        return self.media.sum(axis=-1) + sum(self.baseline.values())


def response_model(draws: Draws, design: Design) -> ResponseModel:
    """The response in KPI units and raw exposure."""
    shares = _with_coefficient(np.ones_like(draws.roas * design.money_scale), draws, design)
    response = shares.kpi_of_exposure(*_window(design)) * shares.path[:, :, None, :]
    level = np.einsum("dtmc,tm->dmc", response, design.value_weight, optimize=True)
    seen = (level > 0) & (design.money_scale > 0)
    contribution = draws.roas * design.money_scale * design.kpi_scale[:, None]
    return replace(shares, coefficient=np.where(seen, contribution / np.where(seen, level, 1.0), 0.0))


def decompose(
    response: ResponseModel, draws: Draws, design: Design, rotation: Rotation, rng: np.random.Generator
) -> Decomposition:
    """Media by channel, and the baseline drawn exactly given the media."""
    path = response.path[:, :, None, :]
    media = response.kpi_of_exposure(*_window(design)) * path
    sampled = np.einsum("mtj,dmj->dtm", design.baseline.own, draws.own, optimize=True)
    residual = design.kpi - media.sum(axis=-1) / design.kpi_scale - sampled
    coefficients = draw_coefficients(residual, draws.noise, design.baseline, rotation, rng)
    series = component_series(coefficients, draws.own, design.baseline)
    if design.shared_weeks:
        weeks = draw_shared_weeks(residual, draws.noise, draws.week_spread, rotation, rng)
        series[SHARED_WEEKS] = np.repeat(weeks[..., None], design.shape[1], axis=-1)
    return Decomposition(
        media=media,
        media_growth=response.kpi_growth_of_exposure(*_window(design)) * path,
        baseline={name: values * design.kpi_scale for name, values in series.items()},
        noise=draws.noise * design.kpi_scale,
    )


def posterior_dataset(
    response: ResponseModel, draws: Draws, design: Design, priors: Priors, rng: np.random.Generator
) -> xr.Dataset:
    """What is saved: the response model's draws and the history that plans continue."""
    panel = design.panel
    spend = panel.window_spend.sum(axis=0)
    roas = (draws.roas * spend).sum(axis=1) / spend.sum(axis=0)
    history = panel.weeks[0] - (panel.weeks[1] - panel.weeks[0]) * panel.carry_in
    by_draw, by_cell = ("draw", "channel"), ("draw", "market", "channel")
    return xr.Dataset(
        {
            "half_life": (by_draw, response.half_life),
            "carry_over_shape": (by_draw, response.carry_over_shape),
            "half_saturation": (by_cell, response.half_saturation),
            "slope": (by_draw, response.slope),
            "coefficient": (by_cell, response.coefficient),
            "effectiveness": (("draw", "channel", "ramp"), response.effectiveness),
            "effectiveness_ramps": (("ramp", "kpi_week"), response.effectiveness_ramps),
            "roas": (by_draw, roas),
            "prior_roas": (by_draw, prior_roas_draws(priors, spend, len(roas), rng)),
            "noise": (("draw", "market"), draws.noise * design.kpi_scale),
            "spend_history": (("week", "market", "channel"), response.spend_history),
            "exposure_history": (("week", "market", "channel"), response.exposure_history),
            "exposure_per_spend": (("market", "channel"), response.exposure_per_spend),
            "value_per_kpi": (("market",), response.value_per_kpi),
            "saturation": (("channel",), np.array(response.saturation)),
            "adstock": (("channel",), np.array(response.adstock)),
        },
        coords={
            "draw": np.arange(len(roas)),
            "market": np.array(panel.markets, dtype=str),
            "channel": np.array(panel.channels, dtype=str),
            "week": history + (panel.weeks[1] - panel.weeks[0]) * np.arange(len(panel.spend)),
        },
        attrs={"carry_over_weeks": response.carry_over_weeks, "currency": panel.currency},
    )


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


def _window(design: Design) -> tuple[np.ndarray, np.ndarray]:
    """Exposure of the KPI's weeks, and of the weeks before."""
    panel = design.panel
    return panel.exposure[panel.carry_in :], panel.exposure[: panel.carry_in]


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
