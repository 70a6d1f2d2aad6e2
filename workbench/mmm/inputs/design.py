"""The panel as the model sees it: KPI and exposure on comparable scales, and the columns of the baseline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from workbench.config import Channel, MediaMix
from workbench.data.panel import Panel
from workbench.mmm.shapes.adstock import with_history
from workbench.mmm.shapes.saturation import SaturationForm

LEVEL_SD = 2.0
TREND_SD_PER_ROOT_YEAR = 0.3
SEASON_SD = 0.3
HOLIDAY_SD = 0.2
CONTROL_SD = 0.5
DAYS_PER_YEAR = 365.25


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """Columns of everything that isn't media, with K columns.

    Attributes:
        columns: Shape (M, T, K).
        prior_sd: Standard deviation of each coefficient before the data, in units of the market's mean KPI, length K.
        component: What each column is part of, length K.
    """

    columns: np.ndarray
    prior_sd: np.ndarray
    component: tuple[str, ...]

    @property
    def components(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.component))


@dataclass(frozen=True, kw_only=True)
class Design:
    """Everything that the likelihood needs, for T weeks, M markets and C channels.

    Attributes:
        panel: Where it came from.
        saturation: Form of each channel's curve, length C.
        carry_over_weeks: Longest lag L.
        kpi_scale: Mean KPI of each market, shape (M,).
        kpi: KPI relative to its market's mean, shape (T, M).
        exposure_scale: Exposure of a typical active week, shape (M, C).
        exposure: Exposure relative to that, history included, shape (L + T, M, C).
        money_scale: Share of the market's KPI that a return of one explains, shape (M, C).
        baseline: What isn't media.
    """

    panel: Panel
    saturation: tuple[SaturationForm, ...]
    carry_over_weeks: int
    kpi_scale: np.ndarray
    kpi: np.ndarray
    exposure_scale: np.ndarray
    exposure: np.ndarray
    money_scale: np.ndarray
    baseline: Baseline

    @property
    def shape(self) -> tuple[int, int, int]:
        """T, M, C."""
        return (len(self.panel.weeks), len(self.panel.markets), len(self.panel.channels))

    @cached_property
    def value_weight(self) -> np.ndarray:
        """Weight of each week's KPI in the market's revenue, shape (T, M), summing to one over weeks."""
        return self.panel.value / self.panel.value.sum(axis=0)


def build_design(panel: Panel, config: MediaMix, channels: Mapping[str, Channel]) -> Design:
    """Scale a panel and lay out its baseline; `channels` may lack entries, which then take the defaults."""
    kpi_scale = panel.kpi.mean(axis=0)
    exposure_scale = typical_exposure(panel)
    history = panel.exposure[: panel.carry_in]
    exposure = with_history(panel.exposure[panel.carry_in :], history, config.carry_over_weeks)
    return Design(
        panel=panel,
        saturation=tuple(channels.get(name, Channel()).saturation for name in panel.channels),
        carry_over_weeks=config.carry_over_weeks,
        kpi_scale=kpi_scale,
        kpi=panel.kpi / kpi_scale,
        exposure_scale=exposure_scale,
        exposure=exposure / exposure_scale,
        money_scale=panel.window_spend.sum(axis=0) / (kpi_scale * panel.value.sum(axis=0))[:, None],
        baseline=build_baseline(panel, config),
    )


def typical_exposure(panel: Panel) -> np.ndarray:
    """Mean exposure of the active weeks, shape (M, C): per head and the same everywhere where population is known."""
    window = panel.exposure[panel.carry_in :]
    if panel.population is not None:
        people = np.broadcast_to(panel.population[:, None], window.shape)
        per_head = window.sum(axis=(0, 1)) / np.where(window > 0, people, 0.0).sum(axis=(0, 1))
        return panel.population[:, None] * per_head
    active_weeks = np.maximum((window > 0).sum(axis=0), 1)
    mean = window.sum(axis=0) / active_weeks
    return np.where(mean > 0, mean, 1.0)


def build_baseline(panel: Panel, config: MediaMix) -> Baseline:
    """Level, trend, season, holidays and controls of each market."""
    years = _years_since_start(panel.weeks)
    ramps, gap_years = trend_ramps(years, config.trend_knots_per_year)
    waves = yearly_waves(panel.weeks, config.yearly_harmonics)
    holidays = panel.holidays if config.holidays else panel.holidays[..., :0]
    blocks = [
        ("level and trend", _everywhere(np.ones((len(years), 1)), panel), LEVEL_SD),
        ("level and trend", _everywhere(ramps, panel), TREND_SD_PER_ROOT_YEAR * np.sqrt(gap_years)),
        ("season", _everywhere(waves, panel), SEASON_SD),
        ("holidays", np.moveaxis(holidays, 0, 1), HOLIDAY_SD),
        *((name, standardised(panel.control[:, :, [k]]), CONTROL_SD) for k, name in enumerate(panel.controls)),
    ]
    return Baseline(
        columns=np.concatenate([columns for _, columns, _ in blocks], axis=2),
        prior_sd=np.concatenate([np.broadcast_to(sd, columns.shape[2]) for _, columns, sd in blocks]),
        component=tuple(name for name, columns, _ in blocks for _ in range(columns.shape[2])),
    )


def trend_ramps(years: np.ndarray, knots_per_year: float) -> tuple[np.ndarray, float]:
    """A path that is straight between knots: each column rises from 0 to 1 between two knots.

    Independent coefficients make the trend a random walk over the knots.

    Returns:
        Columns of shape (T, intervals) and the years between two knots.
    """
    intervals = max(1, round(knots_per_year * float(years[-1])))
    gap = float(years[-1]) / intervals
    starts = gap * np.arange(intervals)
    return np.clip((years[:, None] - starts) / gap, 0.0, 1.0), gap


def yearly_waves(weeks: pd.DatetimeIndex, harmonics: int) -> np.ndarray:
    """Sine and cosine of the yearly season, shape (T, 2 · harmonics), in phase with the calendar."""
    since_epoch = (weeks - pd.Timestamp("2000-01-01")).days.to_numpy() / DAYS_PER_YEAR
    angle = 2 * np.pi * since_epoch[:, None] * np.arange(1, harmonics + 1)
    return np.concatenate([np.sin(angle), np.cos(angle)], axis=1)


def standardised(control: np.ndarray) -> np.ndarray:
    """Controls (T, M, K) centred and scaled within each market, as (M, T, K); a constant becomes zero."""
    centred = control - control.mean(axis=0)
    sd = centred.std(axis=0)
    return np.moveaxis(centred / np.where(sd > 0, sd, 1.0), 0, 1)


def _everywhere(columns: np.ndarray, panel: Panel) -> np.ndarray:
    return np.broadcast_to(columns, (len(panel.markets), *columns.shape))


def _years_since_start(weeks: pd.DatetimeIndex) -> np.ndarray:
    return (weeks - weeks[0]).days.to_numpy() / DAYS_PER_YEAR
