"""How long surprises last, learnt from a quick look at the KPI before sampling.

The persistence is the mode of its likelihood with baseline and media integrated out, each market judged by itself, and the same
for all markets. Unlike the correlation of what a regression leaves, this isn't pulled towards zero by a baseline that follows
the KPI. A fit then takes the persistence as known: with a hundred weeks or more it is, within a tenth.

References:
    Patterson and Thompson (1971), Recovery of Inter-Block Information when Block Sizes are Unequal.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize_scalar

from workbench.config import MediaMix
from workbench.mmm.inputs.design import Design
from workbench.mmm.inputs.robust_regression import EFFECT_SD, quick_columns, quick_media
from workbench.mmm.shapes.surprises import log_volume

MOST_PERSISTENT = 0.95
# Beyond these, more markets don't change the third decimal.
LARGEST_MARKETS = 20
PRECISION = 0.005
NOISE_GRID, FINER = np.geomspace(1e-3, 2.0, 40), 20
# Enough shapes of response that what they miss isn't taken for a surprise that lasts.
HALF_LIVES, HALF_SATURATIONS = (0.5, 1.5, 4.0), (0.4, 2.0)


def with_persistence(design: Design, config: MediaMix) -> Design:
    """The design with the persistence of its surprises where `lasting_surprises` asks for it."""
    return replace(design, persistence=estimate_persistence(design)) if config.lasting_surprises else design


def estimate_persistence(design: Design) -> float:
    """Share of a surprise that is left a week later, between 0 and `MOST_PERSISTENT`."""
    largest = np.argsort(-design.panel.revenue.sum(axis=0))[:LARGEST_MARKETS]
    products = [week_products(*_market(design, m)) for m in largest]
    found = minimize_scalar(
        lambda persistence: -sum(profile_log_likelihood(market, persistence) for market in products),
        bounds=(0.0, MOST_PERSISTENT),
        method="bounded",
        options={"xatol": PRECISION},
    )
    return float(found.x) if found.x > PRECISION else 0.0


@dataclass(frozen=True, kw_only=True)
class WeekProducts:
    """Sums over weeks of products of a market's K columns, and last its KPI, each of shape (K + 1, K + 1).

    Attributes:
        weeks: T.
        first: Of the first week alone.
        later: Of all weeks but the first.
        earlier: Of all weeks but the last.
        across: Of each week with the one after it, and the other way round.
    """

    weeks: int
    first: np.ndarray
    later: np.ndarray
    earlier: np.ndarray
    across: np.ndarray

    def whitened(self, persistence: float) -> np.ndarray:
        """The same sum of products of the whitened series."""
        later = self.later - persistence * self.across + persistence**2 * self.earlier
        return np.asarray(self.first + later / (1 - persistence**2))


def week_products(kpi: np.ndarray, columns: np.ndarray) -> WeekProducts:
    """Everything that the likelihood needs to know of a KPI, (T,), and its columns, (T, K).

    The columns are scaled by their coefficients' prior standard deviations.
    """
    series = np.column_stack([columns, kpi])
    across = series[:-1].T @ series[1:]
    return WeekProducts(
        weeks=len(series),
        first=np.outer(series[0], series[0]),
        later=series[1:].T @ series[1:],
        earlier=series[:-1].T @ series[:-1],
        across=across + across.T,
    )


def profile_log_likelihood(market: WeekProducts, persistence: float) -> float:
    """Log-density of one market's KPI at its likeliest noise, with standard normal coefficients integrated out; up to a constant."""
    products = market.whitened(persistence)
    squared, directions = np.linalg.eigh(products[:-1, :-1])
    known = squared > np.finfo(float).eps * len(products) * squared[-1]
    squared = squared[known]
    along = (directions[:, known].T @ products[:-1, -1]) ** 2 / squared
    left_over = max(float(products[-1, -1] - along.sum()), 0.0)

    def log_likelihood(noise: np.ndarray) -> np.ndarray:
        variance = noise**2
        explained = variance[:, None] + squared
        inside = (along / explained + np.log(explained)).sum(axis=1)
        return np.asarray(-0.5 * (inside + left_over / variance + (market.weeks - len(squared)) * np.log(variance)))

    best = int(log_likelihood(NOISE_GRID).argmax())
    around = NOISE_GRID[max(best - 1, 0)], NOISE_GRID[min(best + 1, len(NOISE_GRID) - 1)]
    finer = log_likelihood(np.geomspace(*around, FINER))
    return float(finer.max()) + log_volume(market.weeks, persistence)


def _market(design: Design, m: int) -> tuple[np.ndarray, np.ndarray]:
    """A market's KPI, and its columns scaled by their priors."""
    media = quick_media(design, m, HALF_LIVES, HALF_SATURATIONS)
    columns, prior_sd = quick_columns(design, m, media, EFFECT_SD)
    return design.kpi[:, m], columns * prior_sd
