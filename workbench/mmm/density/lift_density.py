"""Log-density of the lift tests' results, forward and backward.

A test's expected lift is the sum over its markets and weeks of (contribution / mean response) · (S with − S without its change
of spend), times the channel's effectiveness in that week.
"""

from __future__ import annotations

import numpy as np

from workbench.mmm.density.compiled import compiled
from workbench.mmm.density.packing import DensityData
from workbench.mmm.density.responses import HILL, LINEAR, respond_once

CAUSED, BY_HALF, BY_SLOPE = 0, 1, 2


@compiled
def lift_density(
    coefficient: np.ndarray,
    log_half: np.ndarray,
    slope: np.ndarray,
    weights: np.ndarray,
    path: np.ndarray,
    data: DensityData,
) -> tuple[float, np.ndarray, np.ndarray]:
    """Log-density; by cell, weighted with the derivative by the cell's lift, the effect and its derivatives, (S, 3), and
    the derivatives by the acting exposure with and without the change, (S, 2)."""
    cells, lags = data.cell_lags.shape[1:]
    parts, by_acting, expected = np.zeros((cells, 3)), np.zeros((cells, 2)), np.zeros(len(data.lift))
    for s in range(cells):
        m, c, form = data.cell_market[s], data.cell_channel[s], data.form[data.cell_channel[s]]
        scale = data.cell_scale[s] * coefficient[m, c] * path[c, data.cell_week[s]]
        for side in range(2):
            acting = 0.0
            for lag in range(lags):
                acting += weights[c, 0, lag] * data.cell_lags[side, s, lag]
            share, growth, steps, reaction = respond_once(acting, log_half[m, c], slope[c], form)
            factor = (1.0 - 2.0 * side) * scale
            parts[s, CAUSED] += factor * share
            parts[s, BY_HALF] -= factor * growth if form != LINEAR else 0.0
            parts[s, BY_SLOPE] += factor * growth * steps if form == HILL else 0.0
            by_acting[s, side] = factor * reaction
        expected[data.cell_test[s]] += parts[s, CAUSED]
    total = 0.0
    for test in range(len(data.lift)):
        total -= 0.5 * ((data.lift[test] - expected[test]) / data.lift_se[test]) ** 2
    for s in range(cells):
        test = data.cell_test[s]
        pull = (data.lift[test] - expected[test]) / data.lift_se[test] ** 2
        for i in range(3):
            parts[s, i] *= pull
        for side in range(2):
            by_acting[s, side] *= pull
    return total, parts, by_acting
