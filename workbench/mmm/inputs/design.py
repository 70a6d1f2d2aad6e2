"""The panel as the model sees it: KPI and exposure on comparable scales, and the columns of the baseline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from workbench.config import Channel, MediaMix
from workbench.data.panel import Panel
from workbench.mmm.shapes.adstock import AdstockForm, with_history
from workbench.mmm.shapes.saturation import SaturationForm

LEVEL_SD = 2.0
TREND_SD_PER_ROOT_YEAR = 0.3
SEASON_SD = 0.3
HOLIDAY_SD = 0.2
CONTROL_SD = 0.5
DAYS_PER_YEAR = 365.25
SIGNS = {None: 0, "positive": 1, "negative": -1}
LEVEL, RAMP, WAVE, HOLIDAY, CONTROL = "level", "ramp", "wave", "holiday", "control"


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """Columns of everything that isn't media, with a coefficient for each market: K that are the same in all markets, whose
    coefficients are integrated out, and J of each market's own or of known sign, whose coefficients are sampled.

    Attributes:
        columns: Shape (T, K).
        prior_sd: Standard deviation of each coefficient before the data, in units of the market's mean KPI, shape (K,).
        component: What each column is part of, length K.
        label: What it is itself, so that it can be continued: see `_Block`; length K.
        own: Shape (M, T, J).
        own_prior_sd: Shape (J,).
        own_component: Length J.
        own_label: Length J.
        own_sign: +1 or −1 where the sign of the effect is known, else 0, shape (J,).
    """

    columns: np.ndarray
    prior_sd: np.ndarray
    component: tuple[str, ...]
    label: tuple[str, ...]
    own: np.ndarray
    own_prior_sd: np.ndarray
    own_component: tuple[str, ...]
    own_label: tuple[str, ...]
    own_sign: np.ndarray

    @property
    def components(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.component, *self.own_component)))

    def of_market(self, m: int) -> np.ndarray:
        """All columns of one market, shape (T, K + J)."""
        return np.hstack([self.columns, self.own[m]])


@dataclass(frozen=True, kw_only=True)
class Design:
    """Everything that the likelihood needs, for T weeks, M markets and C channels.

    Attributes:
        panel: Where it came from.
        saturation: Form of each channel's curve, length C.
        adstock: Form of each channel's carry-over, length C.
        carry_over_weeks: Longest lag L.
        kpi_scale: Mean KPI of each market, shape (M,).
        kpi: KPI relative to its market's mean, shape (T, M).
        exposure_scale: Exposure of a typical active week, shape (M, C).
        exposure: Exposure relative to that, history included, shape (L + T, M, C).
        money_scale: Share of the market's KPI that a return of one explains, shape (M, C).
        baseline: What isn't media.
        shared_weeks: Whether markets share an effect of the week.
        effectiveness_ramps: Columns of the channels' slow change of effectiveness, shape (knots, T).
        extreme_weeks: Distance of extreme weeks from what baseline and media explain, in standard deviations, 0 for usual
            ones, shape (T, M); None where nobody looked.
        persistence: Share of a week's surprise that is left a week later.
    """

    panel: Panel
    saturation: tuple[SaturationForm, ...]
    adstock: tuple[AdstockForm, ...]
    carry_over_weeks: int
    kpi_scale: np.ndarray
    kpi: np.ndarray
    exposure_scale: np.ndarray
    exposure: np.ndarray
    money_scale: np.ndarray
    baseline: Baseline
    shared_weeks: bool
    effectiveness_ramps: np.ndarray
    extreme_weeks: np.ndarray | None = None
    persistence: float = 0.0

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
        adstock=tuple(channels.get(name, Channel()).adstock for name in panel.channels),
        carry_over_weeks=config.carry_over_weeks,
        kpi_scale=kpi_scale,
        kpi=panel.kpi / kpi_scale,
        exposure_scale=exposure_scale,
        exposure=exposure / exposure_scale,
        money_scale=panel.window_spend.sum(axis=0) / (kpi_scale * panel.value.sum(axis=0))[:, None],
        baseline=build_baseline(panel, config),
        shared_weeks=config.shared_weeks and len(panel.markets) > 1,
        effectiveness_ramps=effectiveness_ramps(panel.weeks, config.effectiveness_knots_per_year),
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


@dataclass(frozen=True)
class _Block:
    """Columns of shape (M, T, n) that belong together, with what each of them is: `level`, `ramp`, `wave 0` and on,
    `holiday: <name>` or `control: <name>`."""

    component: str
    columns: np.ndarray
    prior_sd: float
    labels: tuple[str, ...]
    sign: int = 0


def build_baseline(panel: Panel, config: MediaMix) -> Baseline:
    """Level, trend, season, holidays and controls of each market."""
    blocks = [
        replace(whole, columns=whole.columns[..., [k]], labels=whole.labels[k : k + 1])
        for whole in _blocks(panel, config)
        for k in range(whole.columns.shape[2])
    ]
    common = [block for block in blocks if block.sign == 0 and (block.columns == block.columns[0]).all()]
    own = [block for block in blocks if not any(block is other for other in common)]
    return Baseline(
        columns=np.hstack([block.columns[0] for block in common]),
        prior_sd=np.array([block.prior_sd for block in common]),
        component=tuple(block.component for block in common),
        label=tuple(block.labels[0] for block in common),
        own=np.concatenate([np.zeros((len(panel.markets), len(panel.weeks), 0)), *(b.columns for b in own)], axis=2),
        own_prior_sd=np.array([block.prior_sd for block in own], dtype=float),
        own_component=tuple(block.component for block in own),
        own_label=tuple(block.labels[0] for block in own),
        own_sign=np.array([block.sign for block in own], dtype=int),
    )


def _blocks(panel: Panel, config: MediaMix) -> list[_Block]:
    years = _years_since_start(panel.weeks)
    ramps, gap_years = trend_ramps(years, config.trend_knots_per_year)
    waves = yearly_waves(panel.weeks, config.yearly_harmonics)
    holidays = panel.holidays if config.holidays else panel.holidays[..., :0]
    return [
        _Block("level and trend", _everywhere(np.ones((len(years), 1)), panel), LEVEL_SD, (LEVEL,)),
        _Block("level and trend", _everywhere(ramps, panel), trend_sd(gap_years), (RAMP,) * ramps.shape[1]),
        _Block("season", _everywhere(waves, panel), SEASON_SD, tuple(f"{WAVE} {k}" for k in range(waves.shape[1]))),
        _Block("holidays", np.moveaxis(holidays, 0, 1), HOLIDAY_SD, _labels(HOLIDAY, panel.holiday_names)),
        *(
            _Block(
                name,
                standardised(panel.control[:, :, [k]]),
                CONTROL_SD,
                _labels(CONTROL, (name,)),
                SIGNS[config.signs.get(name)],
            )
            for k, name in enumerate(panel.controls)
        ),
    ]


def trend_sd(gap_years: float) -> float:
    """Standard deviation of the trend's change between two knots, in units of the market's mean KPI."""
    return TREND_SD_PER_ROOT_YEAR * float(np.sqrt(gap_years))


def effectiveness_ramps(weeks: pd.DatetimeIndex, knots_per_year: float) -> np.ndarray:
    """Columns of a slow change that starts at zero, each of unit standard deviation a root year, shape (knots, T)."""
    if knots_per_year == 0:
        return np.zeros((0, len(weeks)))
    ramps, gap_years = trend_ramps(_years_since_start(weeks), knots_per_year)
    return np.ascontiguousarray(ramps.T) * np.sqrt(gap_years)


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


def _labels(kind: str, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{kind}: {name}" for name in names)


def _everywhere(columns: np.ndarray, panel: Panel) -> np.ndarray:
    return np.broadcast_to(columns, (len(panel.markets), *columns.shape))


def _years_since_start(weeks: pd.DatetimeIndex) -> np.ndarray:
    return (weeks - weeks[0]).days.to_numpy() / DAYS_PER_YEAR
