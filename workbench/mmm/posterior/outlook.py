"""The KPI ahead, from a saved media mix: what would come without media, and how far from it single weeks may lie.

For week h after the last fitted one, market m and draw d

    y = baseline + media(spend) + noise
    baseline = columns ahead · coefficients + ρ^h (surprise of the last week)
    noise_h = ρ noise_(h−1) + √(1 − ρ²) (σ_m ε_hm + τ η_h)        noise_0 = 0.

Level, season, holidays and controls go on as they were fitted. The trend goes on as the random walk that it is, with steps from
knot to knot as large as they have been so far, part of them alike in all markets: of a step's prior standard deviation s and R
steps c_k of a draw, the coming steps have the variance (s² + Σ c_k²) / χ²(1 + R). A straight trend goes on straight. But for
that variance this is what `holdout.forecast` foresees with the posterior of the same weeks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd
import xarray as xr

from workbench.data.calendar import holidays_in_weeks
from workbench.errors import SpecError
from workbench.mmm.inputs.design import (
    CONTROL,
    DAYS_PER_YEAR,
    HOLIDAY,
    LEVEL,
    RAMP,
    WAVE,
    trend_sd,
    yearly_waves,
)
from workbench.mmm.posterior.baseline import BaselineModel
from workbench.mmm.posterior.controls_ahead import ControlsAhead, controls_ahead
from workbench.mmm.posterior.media import media_of_market
from workbench.mmm.response import ResponseModel
from workbench.mmm.shapes.surprises import unwhiten

if TYPE_CHECKING:
    from workbench.mmm.result import MediaMixResult

WEEK = pd.Timedelta(weeks=1)


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What D draws say of H weeks ahead in M markets; KPI units.

    Attributes:
        weeks: First days, length H.
        markets: Length M.
        baseline: Expected without media, with what is left of the last week's surprise, shape (D, H, M).
        carried: What media spent so far still cause if nothing more is spent, shape (D, H, M).
        noise: Standard deviation of a market's own surprises, shape (D, M).
        week_noise: Of those that all markets share, in each market, shape (D, M).
        persistence: Share of a surprise that is left a week later.
        value_per_kpi: Currency per KPI unit, shape (M,).
        currency: ISO 4217 code.
        notes: What was assumed of the weeks ahead, one sentence each.
    """

    weeks: pd.DatetimeIndex
    markets: tuple[str, ...]
    baseline: np.ndarray
    carried: np.ndarray
    noise: np.ndarray
    week_noise: np.ndarray
    persistence: float
    value_per_kpi: np.ndarray
    currency: str
    notes: tuple[str, ...]

    @property
    def draws(self) -> int:
        return len(self.baseline)

    def first(self, weeks: int) -> Self:
        """The same of the first so many weeks."""
        return replace(
            self, weeks=self.weeks[:weeks], baseline=self.baseline[:, :weeks], carried=self.carried[:, :weeks]
        )

    def draw_of_path(self, paths: int) -> np.ndarray:
        """The draw that each of so many noise paths belongs to: they go through all draws again and again."""
        return np.arange(paths) % self.draws

    def noise_paths(self, rng: np.random.Generator, paths: int) -> np.ndarray:
        """What may come on top of what is expected, KPI units, shape (paths, H, M); see `draw_of_path`."""
        of, weeks = self.draw_of_path(paths), len(self.weeks)
        shared = self.week_noise[of][..., None] * rng.standard_normal((paths, 1, weeks))
        own = self.noise[of][..., None] * rng.standard_normal((paths, len(self.markets), weeks))
        before = np.zeros((*own.shape[:-1], 1))
        lasting = unwhiten(np.concatenate([before, shared + own], axis=-1), self.persistence)
        return np.moveaxis(lasting[..., 1:], 1, 2)

    def paths(self, media: np.ndarray, rng: np.random.Generator, paths: int) -> np.ndarray:
        """New observations in KPI units, shape (paths, H, M), where media cause `media`, shape (D, H, M), the carried included."""
        of = self.draw_of_path(paths)
        return (self.baseline + media)[of] + self.noise_paths(rng, paths)


def outlook(
    result: MediaMixResult, weeks: pd.DatetimeIndex, controls: pd.DataFrame | None = None, *, seed: int
) -> Outlook:
    """Continue a saved media mix.

    Args:
        result: A media mix, fitted or loaded.
        weeks: The weeks after the fitted ones, without a gap.
        controls: Canonical rows of controls that are known ahead; the others are taken from last year's same weeks.
        seed: Of what is drawn: the trend's further course, and how far controls are from last year's.

    Raises:
        SpecError: If the weeks don't follow the fitted ones.
    """
    posterior, fitted = result.posterior, result.weeks
    _refuse_gap(fitted, weeks)
    rng = np.random.default_rng(seed)
    baseline, response = BaselineModel.from_dataset(posterior), result.response
    known = controls_ahead(posterior, weeks, controls, response.draws, rng)
    trend = _trend_ahead(posterior, fitted, weeks, rng)
    persistence, scale = float(posterior.attrs["persistence"]), baseline.kpi_scale
    left = persistence ** np.arange(1, len(weeks) + 1)
    columns = _columns_ahead(posterior, fitted, weeks)
    control_effects = control_effect(posterior)
    expected, carried = [], []
    for m in range(len(response.markets)):
        course = baseline.coefficient[:, m].astype(float) @ columns[m].T + trend[:, :, m] * scale[m]
        course += _controls_of_market(posterior, known, control_effects, m)
        expected.append(course + _last_surprise(posterior, baseline, response, m)[:, None] * left)
        carried.append(_carried(response, m, len(weeks)))
    spread = posterior["week_spread"].to_numpy()
    return Outlook(
        weeks=weeks,
        markets=response.markets,
        baseline=np.stack(expected, axis=-1),
        carried=np.stack(carried, axis=-1),
        noise=posterior["noise"].to_numpy(),
        week_noise=spread[:, None] * scale,
        persistence=persistence,
        value_per_kpi=response.value_per_kpi,
        currency=result.currency,
        notes=known.notes,
    )


def weeks_after(result: MediaMixResult, count: int) -> pd.DatetimeIndex:
    """The first so many weeks after the fitted ones."""
    return pd.date_range(result.weeks[-1] + WEEK, periods=count, freq=WEEK)


def control_effect(posterior: xr.Dataset) -> dict[str, np.ndarray]:
    """KPI units a week that one more unit of each control brings, by draw and market, shape (D, M)."""
    if "control_history" not in posterior:
        return {}
    history, labels = posterior["control_history"].to_numpy(), _labels(posterior)
    names = [str(name) for name in posterior["control"].to_numpy()]
    coefficient, effects = posterior["baseline_coefficient"].to_numpy(), {}
    for k, name in enumerate(names):
        sd = history[..., k].std(axis=0)
        column = labels.index(f"{CONTROL}: {name}")
        effects[name] = np.where(sd > 0, coefficient[..., column] / np.where(sd > 0, sd, 1.0), 0.0)
    return effects


def _refuse_gap(fitted: pd.DatetimeIndex, weeks: pd.DatetimeIndex) -> None:
    if not len(weeks):
        raise SpecError("no week ahead was named; an outlook needs at least 1 week")
    wanted = pd.date_range(fitted[-1] + WEEK, periods=len(weeks), freq=WEEK)
    if not (weeks == wanted).all():
        raise SpecError(
            f"the weeks ahead start with {weeks[0]:%Y-%m-%d}; they must follow {fitted[-1]:%Y-%m-%d}, the media mix's last week, "
            "without a gap: fit the media mix up to the week before them"
        )


def _labels(posterior: xr.Dataset) -> list[str]:
    return [str(label) for label in posterior["baseline_label"].to_numpy()]


def _columns_ahead(posterior: xr.Dataset, fitted: pd.DatetimeIndex, weeks: pd.DatetimeIndex) -> np.ndarray:
    """Level, trend so far, season and holidays as columns, shape (M, H, K); zeros where a column concerns the past or controls."""
    labels = _labels(posterior)
    columns = np.zeros((posterior.sizes["market"], len(weeks), len(labels)))
    waves = yearly_waves(weeks, sum(label.startswith(WAVE) for label in labels) // 2)
    holidays = _holidays(posterior, fitted, weeks)
    straight = labels.count(RAMP) == 1
    for k, label in enumerate(labels):
        if label == LEVEL:
            columns[..., k] = 1.0
        elif label == RAMP:
            columns[..., k] = _years(fitted, weeks) / _years(fitted, fitted)[-1] if straight else 1.0
        elif label.startswith(WAVE):
            columns[..., k] = waves[:, int(label.removeprefix(f"{WAVE} "))]
        elif label.startswith(HOLIDAY):
            columns[..., k] = holidays.get(label.removeprefix(f"{HOLIDAY}: "), 0.0)
    return columns


def _holidays(posterior: xr.Dataset, fitted: pd.DatetimeIndex, weeks: pd.DatetimeIndex) -> dict[str, np.ndarray]:
    """Days of each holiday in the weeks ahead, by its name, shape (M, H)."""
    markets = [str(name) for name in posterior["market"].to_numpy()]
    countries = {m: str(code) or None for m, code in zip(markets, posterior["country"].to_numpy(), strict=True)}
    # Counted over the past too, because a holiday is only known by its name where it comes more than once.
    days, names = holidays_in_weeks(pd.DatetimeIndex([*fitted, *weeks]), countries, markets)
    return {name: days[len(fitted) :, :, k].T for k, name in enumerate(names)}


def _trend_ahead(
    posterior: xr.Dataset, fitted: pd.DatetimeIndex, weeks: pd.DatetimeIndex, rng: np.random.Generator
) -> np.ndarray:
    """How the trend goes on after its last knot, relative to the mean KPI, shape (D, H, M)."""
    draws, markets, knots = posterior.sizes["draw"], posterior.sizes["market"], _labels(posterior).count(RAMP)
    if knots == 1:
        return np.zeros((draws, len(weeks), markets))
    gap = float(_years(fitted, fitted)[-1]) / knots
    since = _years(fitted, weeks) - _years(fitted, fitted)[-1]
    ramps = np.clip(since[:, None] / gap - np.arange(np.ceil(since[-1] / gap)), 0.0, 1.0)
    common, own = trend_spread(posterior, gap, rng)
    away = rng.standard_normal((draws, ramps.shape[1], markets))
    steps = own[:, None, None] * (away - away.mean(axis=-1, keepdims=True))
    return ramps @ (steps + common[:, None, None] * rng.standard_normal((draws, ramps.shape[1], 1)))


def trend_spread(posterior: xr.Dataset, gap_years: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """How far the trend may go to its next knot: on average over markets, and each market away from that, shape (D,) each.

    The prior counts as much as one step of the past.
    """
    ramps = np.array([label == RAMP for label in _labels(posterior)])
    scale = posterior["kpi_scale"].to_numpy()[:, None]
    steps = posterior["baseline_coefficient"].to_numpy()[:, :, ramps].astype(float) / scale
    draws, markets, knots = steps.shape
    prior, shares = trend_sd(gap_years) ** 2, posterior["week_spread"].to_numpy() > 0
    mean = steps.mean(axis=1)
    seen_common = (mean**2).sum(axis=1) + prior * (shares + 1 / markets)
    common = np.sqrt(seen_common / rng.chisquare(1 + knots, draws))
    if markets == 1:
        return common, np.zeros(draws)
    seen_own = ((steps - mean[:, None]) ** 2).sum(axis=(1, 2)) + prior * (markets - 1)
    return common, np.sqrt(seen_own / rng.chisquare((1 + knots) * (markets - 1), draws))


def _years(fitted: pd.DatetimeIndex, weeks: pd.DatetimeIndex) -> np.ndarray:
    return (weeks - fitted[0]).days.to_numpy() / DAYS_PER_YEAR


def _controls_of_market(
    posterior: xr.Dataset, known: ControlsAhead, effects: dict[str, np.ndarray], m: int
) -> np.ndarray | float:
    """KPI units by draw and week, shape (D, H), of controls around the mean of the fitted weeks."""
    if not known.names:
        return 0.0
    centre = posterior["control_history"].to_numpy()[:, m].mean(axis=0)
    away = known.paths[:, :, m] - centre
    return np.einsum("dhk,dk->dh", away, np.stack([effects[name][:, m] for name in known.names], axis=-1))


def _last_surprise(posterior: xr.Dataset, baseline: BaselineModel, response: ResponseModel, m: int) -> np.ndarray:
    """KPI units that nobody expected of a market in the last fitted week, shape (D,)."""
    last = slice(response.fitted_weeks - 1, response.fitted_weeks)
    media = media_of_market(response, m, last)[:, 0].sum(axis=-1)
    explained = baseline.coefficient[:, m].astype(float) @ baseline.columns[m, -1]
    return np.asarray(posterior["kpi"].to_numpy()[-1, m] - media - explained)


def _carried(response: ResponseModel, m: int, weeks: int) -> np.ndarray:
    """KPI units of past exposure in one market, shape (D, H)."""
    one = response.of_market(m)
    return one.kpi_of_exposure(np.zeros((weeks, 1, len(response.channels))))[:, :, 0].sum(axis=-1)
