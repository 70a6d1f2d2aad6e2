"""Log-density of the KPI with the baseline integrated out, and its derivatives; `likelihood` has formula and letters."""

from __future__ import annotations

import math

import numpy as np

from workbench.mmm.density.compiled import compiled
from workbench.mmm.density.responses import add_scaled, dot


@compiled
def kpi_density(
    residual: np.ndarray,
    variance: np.ndarray,
    left: np.ndarray,
    singular: np.ndarray,
    rotated: np.ndarray,
    by_media: np.ndarray,
    by_log_noise: np.ndarray,
) -> float:
    """Every market by itself.

    Args:
        residual: What media and sampled effects leave of the KPI, shape (M, T).
        variance: Of each market's own surprises, shape (M,).
        left: Left singular vectors of the baseline, shape (K, T).
        singular: Its singular values, shape (K,).
        rotated: Receives the residual in the baseline's directions, shape (M, K).
        by_media: Receives the derivatives by what was taken off the KPI, shape (M, T).
        by_log_noise: Receives those by log noise, shape (M,).
    """
    total = 0.0
    for m in range(len(residual)):
        weeks, columns = residual.shape[1], len(singular)
        own = variance[m]
        for t in range(weeks):
            by_media[m, t] = residual[m, t] / own
        left_over = dot(residual[m], residual[m])
        log_determinant = (weeks - columns) * math.log(own)
        explained_part, by_variance = 0.0, 0.0
        for k in range(columns):
            along = dot(left[k], residual[m])
            explained = singular[k] ** 2 + own
            left_over -= along * along
            log_determinant += math.log(explained)
            explained_part += along * along / explained
            by_variance += (along * along / explained - 1.0) / explained
            add_scaled(by_media[m], along * (1.0 / explained - 1.0 / own), left[k])
            rotated[m, k] = along
        by_variance += (left_over / own - (weeks - columns)) / own
        by_log_noise[m] = own * by_variance
        total -= 0.5 * (explained_part + left_over / own + log_determinant)
    return total


@compiled
def shared_density(
    residual: np.ndarray,
    rotated: np.ndarray,
    variance: np.ndarray,
    log_spread: float,
    left: np.ndarray,
    singular: np.ndarray,
    by_media: np.ndarray,
    by_log_noise: np.ndarray,
) -> tuple[float, float]:
    """What markets share adds: its log-density and derivative by log spread; the others are added to the arguments."""
    total, by_log_spread = 0.0, 0.0
    spread = math.exp(2.0 * log_spread)
    for k in range(len(singular)):
        precision, pulled, shared = 0.0, 0.0, spread + singular[k] ** 2
        for m in range(len(residual)):
            own = variance[m] + singular[k] ** 2
            precision += 1.0 / own
            pulled += rotated[m, k] / own
        damping = 1.0 / (1.0 + shared * precision)
        gain = shared * damping
        total += 0.5 * (gain * pulled * pulled + math.log(damping))
        by_log_spread += spread * damping * (damping * pulled * pulled - precision)
        for m in range(len(residual)):
            own = variance[m] + singular[k] ** 2
            shift = gain * pulled
            by_log_noise[m] += variance[m] / own**2 * (shift * shift + gain - 2.0 * shift * rotated[m, k])
            add_scaled(by_media[m], -shift / own, left[k])
    outside, by_outside = _shared_outside(residual, variance, spread, left, by_media, by_log_noise)
    return total + outside, by_log_spread + by_outside


@compiled
def _shared_outside(
    residual: np.ndarray,
    variance: np.ndarray,
    spread: float,
    left: np.ndarray,
    by_media: np.ndarray,
    by_log_noise: np.ndarray,
) -> tuple[float, float]:
    """The same for all directions outside of the baseline's space together."""
    markets, weeks = residual.shape
    free = weeks - len(left)
    precision, pulled = 0.0, np.zeros(weeks)
    for m in range(markets):
        weight = 1.0 / variance[m]
        precision += weight
        add_scaled(pulled, weight, residual[m])
    for k in range(len(left)):
        add_scaled(pulled, -dot(left[k], pulled), left[k])
    damping = 1.0 / (1.0 + spread * precision)
    gain, squared = spread * damping, dot(pulled, pulled)
    for m in range(markets):
        weight = 1.0 / variance[m]
        by_log_noise[m] += weight * (gain * gain * squared + free * gain - 2.0 * gain * dot(pulled, residual[m]))
        add_scaled(by_media[m], -gain * weight, pulled)
    by_log_spread = spread * damping * (damping * squared - free * precision)
    return 0.5 * (gain * squared + free * math.log(damping)), by_log_spread
