"""The model judged on weeks that it has not seen, beside last year's weeks and beside itself without media."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.config import Channel, MediaMix
from workbench.data.panel import Panel
from workbench.mmm.holdout.forecast import Forecast, forecast
from workbench.mmm.holdout.naive import seasonal_naive
from workbench.mmm.holdout.origins import HORIZON, ORIGINS, Cut, cut_panel, prepare_cut
from workbench.mmm.holdout.scores import crps, inside, interval
from workbench.mmm.sampling import Effort
from workbench.mmm.short_fit import short_fit

LEVELS = (0.5, 0.8, 0.95)
DRAWN_LEVEL = 0.8
# A model whose intervals are right has its coverage outside this range once in a hundred times.
CHANCE = 0.01


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """How many weeks lay inside their intervals.

    Attributes:
        level: Probability of the intervals.
        found: Share of weeks inside.
        least: Lowest share that chance explains if the model is right, errors that last for weeks included.
        most: Highest such share.
    """

    level: float
    found: float
    least: float
    most: float

    @property
    def plausible(self) -> bool:
        return self.least <= self.found <= self.most


@dataclass(frozen=True, kw_only=True)
class Holdout:
    """Forecasts of held-out weeks and their scores; currency.

    Attributes:
        weeks: All markets together, one row a held-out week: `origin` (the first week held out), `week`, `actual`, `predicted`,
            `lower`, `upper` (80% interval), `crps`, `crps_without_media`, `crps_seasonal_naive`.
        markets: One row a market: `market`, the three mean scores, and `coverage_50`, `coverage_80`, `coverage_95`.
        coverage: Of the weeks of all markets together, at each of `LEVELS`; empty where nothing was held out.
        log_density: Log predictive density of each held-out week, one array of shape (horizon, M) for each origin; see `forecast`.
        horizon: Weeks held out after each origin.
        currency: ISO 4217 code.
    """

    weeks: pd.DataFrame
    markets: pd.DataFrame
    coverage: tuple[Coverage, ...]
    log_density: tuple[np.ndarray, ...]
    horizon: int
    currency: str

    @property
    def origins(self) -> int:
        return int(self.weeks["origin"].nunique())

    def score(self, of: str = "crps") -> float:
        """Mean of one of the scores over the held-out weeks."""
        return float(self.weeks[of].mean())


@dataclass(frozen=True, kw_only=True)
class _Judged:
    """Samples of revenue after one origin, shape (D, H, M), from each forecaster, and what happened, with the model's density."""

    cut: Cut
    log_density: np.ndarray
    model: np.ndarray
    without_media: np.ndarray
    naive: np.ndarray
    naive_total: np.ndarray
    actual: np.ndarray


def hold_out(
    panel: Panel,
    config: MediaMix,
    channels: Mapping[str, Channel],
    lift: pd.DataFrame | None = None,
    *,
    seed: int,
    effort: Effort | None = None,
    origins: int = ORIGINS,
    horizon: int = HORIZON,
) -> Holdout:
    """Fit the weeks before each origin and foresee those after it from their actual media, controls and holidays.

    Args:
        panel: Weekly KPI, media and controls.
        config: Choices that hold for all channels.
        channels: Choices and opinions by channel.
        lift: Records of finished tests; an origin knows those that ended before it.
        seed: Random seed.
        effort: How long each of the two fits an origin samples.
        origins: Cuts of the panel; fewer where it is short.
        horizon: Weeks foreseen after each, at most 52; fewer where the panel is short.

    Raises:
        SpecError: If a lift record can't be placed.
        FitError: If the sampler fails.
    """
    cuts = cut_panel(panel, origins, horizon)
    judged = [_judge(cut, config, channels, lift, effort or Effort(), seed) for cut in cuts]
    return Holdout(
        weeks=pd.concat([_week_rows(each) for each in judged], ignore_index=True) if judged else _NO_WEEKS,
        markets=_market_rows(judged, panel.markets) if judged else _NO_MARKETS,
        coverage=tuple(_coverage(judged, level) for level in LEVELS) if judged else (),
        log_density=tuple(each.log_density for each in judged),
        horizon=cuts[0].horizon if cuts else 0,
        currency=panel.currency,
    )


def foresee(
    cut: Cut,
    config: MediaMix,
    channels: Mapping[str, Channel],
    lift: pd.DataFrame | None,
    effort: Effort,
    seed: int,
    *,
    media: bool = True,
) -> Forecast:
    """Fit the weeks before the origin and foresee those after it."""
    ahead = prepare_cut(cut, config, channels, lift, media=media)
    return forecast(short_fit(ahead.prepared, effort, seed=seed), ahead, np.random.default_rng(seed))


def _judge(
    cut: Cut,
    config: MediaMix,
    channels: Mapping[str, Channel],
    lift: pd.DataFrame | None,
    effort: Effort,
    seed: int,
) -> _Judged:
    value, revenue = cut.panel.value[cut.history :], cut.panel.revenue
    with_media, without = (foresee(cut, config, channels, lift, effort, seed, media=media) for media in (True, False))
    return _Judged(
        cut=cut,
        log_density=with_media.log_density,
        model=with_media.paths * value,
        without_media=without.paths * value,
        naive=seasonal_naive(revenue[: cut.history], cut.horizon),
        naive_total=seasonal_naive(revenue[: cut.history].sum(axis=1), cut.horizon),
        actual=revenue[cut.history :],
    )


def _week_rows(judged: _Judged) -> pd.DataFrame:
    total, actual = judged.model.sum(axis=-1), judged.actual.sum(axis=-1)
    weeks = judged.cut.panel.weeks[judged.cut.history :]
    lower, upper = interval(total, DRAWN_LEVEL)
    return pd.DataFrame(
        {
            "origin": weeks[0],
            "week": weeks,
            "actual": actual,
            "predicted": total.mean(axis=0),
            "lower": lower,
            "upper": upper,
            "crps": crps(total, actual),
            "crps_without_media": crps(judged.without_media.sum(axis=-1), actual),
            "crps_seasonal_naive": crps(judged.naive_total, actual),
        }
    )


def _market_rows(judged: Sequence[_Judged], markets: tuple[str, ...]) -> pd.DataFrame:
    scores = {
        "crps": _mean_by_market(crps(each.model, each.actual) for each in judged),
        "crps_without_media": _mean_by_market(crps(each.without_media, each.actual) for each in judged),
        "crps_seasonal_naive": _mean_by_market(crps(each.naive, each.actual) for each in judged),
    }
    covered = {
        f"coverage_{100 * level:.0f}": _mean_by_market(inside(each.actual, each.model, level) for each in judged)
        for level in LEVELS
    }
    return pd.DataFrame({"market": np.array(markets, dtype=object), **scores, **covered})


def _mean_by_market(by_week: Iterable[np.ndarray]) -> np.ndarray:
    return np.concatenate(list(by_week)).mean(axis=0)


def _coverage(judged: Sequence[_Judged], level: float) -> Coverage:
    """Each of the model's own paths is covered more or less often, too; that is the range of chance."""
    totals = [each.model.sum(axis=-1) for each in judged]
    actual = [each.actual.sum(axis=-1) for each in judged]
    found = np.concatenate([inside(a, t, level) for a, t in zip(actual, totals, strict=True)]).mean()
    draws = min(len(total) for total in totals)
    by_path = np.concatenate([inside(total, total, level)[:draws] for total in totals], axis=1).mean(axis=1)
    least, most = np.quantile(by_path, [CHANCE / 2, 1 - CHANCE / 2])
    return Coverage(level=level, found=float(found), least=float(least), most=float(most))


_NO_WEEKS = pd.DataFrame(
    columns=[
        "origin",
        "week",
        "actual",
        "predicted",
        "lower",
        "upper",
        "crps",
        "crps_without_media",
        "crps_seasonal_naive",
    ]
)
_NO_MARKETS = pd.DataFrame(columns=["market", "crps", "crps_without_media", "crps_seasonal_naive"])
