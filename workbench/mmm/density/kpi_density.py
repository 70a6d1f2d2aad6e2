"""Log-density of the KPI with baseline and shared weeks integrated out, and its derivatives; `likelihood` has the formula."""

from __future__ import annotations

import math

import numpy as np

from workbench.mmm.density.compiled import compiled
from workbench.mmm.density.responses import add_scaled, dot


@compiled
def kpi_density(
    residual: np.ndarray,
    log_noise: np.ndarray,
    left: np.ndarray,
    singular: np.ndarray,
    by_media: np.ndarray,
    by_log_noise: np.ndarray,
) -> float:
    """Every market by itself.

    Args:
        residual: What media and sampled effects leave of the KPI, shape (M, T).
        log_noise: Shape (M,).
        left: Left singular vectors of the baseline, shape (K, T).
        singular: Its singular values, shape (K,).
        by_media: Receives the derivatives by what was taken off the KPI, shape (M, T).
        by_log_noise: Receives those by log noise, shape (M,).
    """
    total = 0.0
    for m in range(len(residual)):
        weeks, columns = residual.shape[1], len(singular)
        variance = math.exp(2.0 * log_noise[m])
        for t in range(weeks):
            by_media[m, t] = residual[m, t] / variance
        left_over = dot(residual[m], residual[m])
        log_determinant = (weeks - columns) * math.log(variance)
        explained_part, by_variance = 0.0, 0.0
        for k in range(columns):
            rotated = dot(left[k], residual[m])
            explained = singular[k] ** 2 + variance
            left_over -= rotated * rotated
            log_determinant += math.log(explained)
            explained_part += rotated * rotated / explained
            by_variance += (rotated * rotated / explained - 1.0) / explained
            add_scaled(by_media[m], rotated * (1.0 / explained - 1.0 / variance), left[k])
        by_variance += (left_over / variance - (weeks - columns)) / variance
        by_log_noise[m] = variance * by_variance
        total -= 0.5 * (explained_part + left_over / variance + log_determinant)
    return total


@compiled
def shared_weeks_density(
    residual: np.ndarray,
    log_noise: np.ndarray,
    log_spread: float,
    left: np.ndarray,
    by_media: np.ndarray,
    by_log_noise: np.ndarray,
) -> tuple[float, float]:
    """What the weeks' shared effect adds: its log-density and derivative by log spread; the others are added to the arguments."""
    markets, weeks = residual.shape
    free = weeks - len(left)
    precision, outside = 0.0, np.zeros(weeks)
    for m in range(markets):
        weight = math.exp(-2.0 * log_noise[m])
        precision += weight
        add_scaled(outside, weight, residual[m])
    for k in range(len(left)):
        add_scaled(outside, -dot(left[k], outside), left[k])
    variance = math.exp(2.0 * log_spread)
    damping = 1.0 / (1.0 + variance * precision)
    gain, squared = variance * damping, dot(outside, outside)
    for m in range(markets):
        weight = math.exp(-2.0 * log_noise[m])
        by_log_noise[m] += weight * (gain * gain * squared + free * gain - 2.0 * gain * dot(outside, residual[m]))
        add_scaled(by_media[m], -gain * weight, outside)
    by_log_spread = gain * damping * squared - free * gain * precision
    return 0.5 * (gain * squared - free * math.log1p(variance * precision)), by_log_spread
