"""A quick regression of the KPI on baseline and media that a few wild weeks can't pull away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workbench.mmm.inputs.design import Design
from workbench.mmm.shapes.adstock import adstock, lag_weights
from workbench.mmm.shapes.saturation import hill

# A median absolute deviation times this is a normal distribution's standard deviation.
MAD_TO_SD = 1.482602218505602
HUBER = 1.345
TUKEY = 4.685
STEPS = 15
HALF_LIVES = (0.7, 3.0)
EFFECT_SD = 0.3
LEAST_SCALE = 1e-6


@dataclass(frozen=True, kw_only=True)
class RobustFit:
    """One market's KPI taken apart, relative to its mean.

    Attributes:
        coefficients: Of `quick_columns`, shape (K + J + 2 · C,).
        baseline: What the baseline explains, shape (T,).
        residual: What nothing explains, shape (T,).
        scale: Standard deviation of the residual's bulk.
        error: Standard deviation of each week's residual had the week not been fitted, shape (T,).
    """

    coefficients: np.ndarray
    baseline: np.ndarray
    residual: np.ndarray
    scale: float
    error: np.ndarray


def robust_fit(design: Design, market: int) -> RobustFit:
    """Ridge regression with the baseline's priors, its weeks weighed by Huber's rule and then by Tukey's."""
    media, kpi = quick_media(design, market), design.kpi[:, market]
    columns, prior_sd = quick_columns(design, market, media, EFFECT_SD)
    coefficients, covariance, scale = robust_ridge(columns, kpi, prior_sd)
    rest = columns.shape[1] - media.shape[1]
    return RobustFit(
        coefficients=coefficients,
        baseline=columns[:, :rest] @ coefficients[:rest],
        residual=kpi - columns @ coefficients,
        scale=scale,
        error=np.sqrt(scale**2 + ((columns @ covariance) * columns).sum(axis=1)),
    )


def quick_columns(design: Design, market: int, media: np.ndarray, effect_sd: float) -> tuple[np.ndarray, np.ndarray]:
    """One market's baseline beside a guess at its media, (T, columns), and their prior standard deviations, (columns,)."""
    baseline = design.baseline
    effects = np.full(media.shape[1], effect_sd)
    prior_sd = np.concatenate([baseline.prior_sd, baseline.own_prior_sd, effects])
    return np.hstack([baseline.of_market(market), media]), prior_sd


def quick_media(
    design: Design, market: int, half_lives: Sequence[float] = HALF_LIVES, half_saturations: Sequence[float] = (1.0,)
) -> np.ndarray:
    """Each channel's exposure after several carry-overs and on several curves, shape (T, columns): a first guess at its response."""
    weights = lag_weights(np.array(half_lives), np.ones(len(half_lives)), "geometric", design.carry_over_weeks)
    acting = adstock(design.exposure[:, market], weights)
    curves = [hill(acting, np.full((), half), np.ones(())) for half in half_saturations]
    return np.hstack([column for curve in curves for column in curve])


def robust_ridge(columns: np.ndarray, target: np.ndarray, prior_sd: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Coefficients, their covariance, and the standard deviation of the residual's bulk.

    Args:
        columns: Shape (T, K).
        target: Shape (T,).
        prior_sd: Of the coefficients around zero, shape (K,), in the target's units.

    References:
        Huber (1981), Robust Statistics; Beaton & Tukey (1974), The Fitting of Power Series.
    """
    weight = np.ones(len(target))
    scale = max(float(np.std(np.diff(target))), LEAST_SCALE)
    for step in range(2 * STEPS):
        weighted = columns.T * weight
        covariance = np.linalg.inv(weighted @ columns / scale**2 + np.diag(prior_sd**-2.0))
        coefficients = covariance @ (weighted @ target) / scale**2
        residual = target - columns @ coefficients
        # Columns that follow the data shrink residuals: the trace counts how many of them the data use.
        used = float((covariance * (weighted @ columns)).sum() / scale**2)
        scale = max(_bulk_sd(residual) * np.sqrt(len(target) / max(len(target) - used, 1.0)), LEAST_SCALE)
        size = np.abs(residual) / scale
        weight = HUBER / np.maximum(size, HUBER) if step < STEPS else np.maximum(1 - (size / TUKEY) ** 2, 0.0) ** 2
    return coefficients, covariance, float(scale)


def _bulk_sd(residual: np.ndarray) -> float:
    return float(MAD_TO_SD * np.median(np.abs(residual - np.median(residual))))
