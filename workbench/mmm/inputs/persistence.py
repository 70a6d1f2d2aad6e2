"""How long surprises last, learnt from a quick look at the KPI before sampling.

The persistence is the mode of its likelihood with baseline and media integrated out, each market judged by itself, and the same
for all markets. Unlike the correlation of what a regression leaves, this isn't pulled towards zero by a baseline that follows
the KPI. A fit then takes the persistence as known: with a hundred weeks or more it is, within a tenth.

References:
    Patterson and Thompson (1971), Recovery of Inter-Block Information when Block Sizes are Unequal.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.optimize import minimize_scalar

from workbench.config import MediaMix
from workbench.mmm.inputs.design import Design
from workbench.mmm.inputs.robust_regression import EFFECT_SD, quick_media
from workbench.mmm.shapes.surprises import log_volume, whiten

MOST_PERSISTENT = 0.95
# Beyond these, more markets don't change the third decimal.
LARGEST_MARKETS = 20
PRECISION = 0.005
NOISE_GRID = np.geomspace(1e-3, 2.0, 60)
# Enough shapes of response that what they miss isn't taken for a surprise that lasts.
HALF_LIVES, HALF_SATURATIONS = (0.5, 1.5, 4.0), (0.4, 2.0)


def with_persistence(design: Design, config: MediaMix) -> Design:
    """The design with the persistence of its surprises where `lasting_surprises` asks for it."""
    return replace(design, persistence=estimate_persistence(design)) if config.lasting_surprises else design


def estimate_persistence(design: Design) -> float:
    """Share of a surprise that is left a week later, between 0 and `MOST_PERSISTENT`."""
    largest = np.argsort(-design.panel.revenue.sum(axis=0))[:LARGEST_MARKETS]
    series = [_market(design, m) for m in largest]
    found = minimize_scalar(
        lambda persistence: -sum(profile_log_likelihood(*market, persistence) for market in series),
        bounds=(0.0, MOST_PERSISTENT),
        method="bounded",
        options={"xatol": PRECISION},
    )
    return float(found.x) if found.x > PRECISION else 0.0


def profile_log_likelihood(kpi: np.ndarray, columns: np.ndarray, persistence: float) -> float:
    """Log-density of one market's KPI at its likeliest noise, with standard normal coefficients integrated out.

    Args:
        kpi: Shape (T,).
        columns: Scaled by the coefficients' prior standard deviations, shape (T, K).
        persistence: Of the surprises.
    """
    white, (weeks, _) = whiten(kpi, persistence), columns.shape
    left, singular, _ = np.linalg.svd(whiten(columns.T, persistence).T, full_matrices=False)
    along = left.T @ white
    left_over = max(float(white @ white - along @ along), 0.0)

    def log_likelihood(noise: np.ndarray) -> np.ndarray:
        variance = noise**2
        explained = variance[..., None] + singular**2
        inside = (along**2 / explained + np.log(explained)).sum(axis=-1)
        return np.asarray(-0.5 * (inside + left_over / variance + (weeks - len(singular)) * np.log(variance)))

    best = int(log_likelihood(NOISE_GRID).argmax())
    around = NOISE_GRID[max(best - 1, 0)], NOISE_GRID[min(best + 1, len(NOISE_GRID) - 1)]
    return float(log_likelihood(np.geomspace(*around, len(NOISE_GRID))).max()) + log_volume(weeks, persistence)


def _market(design: Design, m: int) -> tuple[np.ndarray, np.ndarray]:
    """A market's KPI, and its columns scaled by their priors."""
    baseline, media = design.baseline, quick_media(design, m, HALF_LIVES, HALF_SATURATIONS)
    prior_sd = np.concatenate([baseline.prior_sd, baseline.own_prior_sd, np.full(media.shape[1], EFFECT_SD)])
    return design.kpi[:, m], np.hstack([baseline.of_market(m), media]) * prior_sd
