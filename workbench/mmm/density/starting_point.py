"""Where sampling starts, and in which units: a quick regression on everything that is linear."""

from __future__ import annotations

import numpy as np

from workbench.mmm.density.parameters import density_layout
from workbench.mmm.inputs.design import Design

LEAST_NOISE = 1e-3


def starting_point(design: Design) -> tuple[np.ndarray, np.ndarray]:
    """Middle and unit of each of the sampler's coordinates, each of shape (size,).

    Effects of a market's own columns and the noise are so well known from the data that, in units of their priors, warm-up
    would spend most of its time on finding them. A regression of the KPI on baseline and exposure finds them at once.
    """
    layout, baseline = density_layout(design), design.baseline
    noise = np.empty(layout.markets)
    middle, unit = np.zeros((layout.markets, layout.own)), np.ones((layout.markets, layout.own))
    for m in range(layout.markets):
        coefficients, sd, noise[m] = _regression(design, m)
        own = slice(baseline.columns.shape[1], baseline.columns.shape[1] + layout.own)
        middle[m], unit[m] = coefficients[own] / baseline.own_prior_sd, sd[own] / baseline.own_prior_sd
        signed = baseline.own_sign != 0
        size = np.maximum(np.abs(coefficients[own]), sd[own])
        middle[m] = np.where(signed, np.log(size), middle[m])
        unit[m] = np.where(signed, np.minimum(sd[own] / size, 1.0), unit[m])
    centre = dict.fromkeys(layout.shapes, np.zeros(1)) | {"noise": np.log(noise), "own": middle}
    centre |= {"week_spread": np.log(noise.mean() / 2)}
    scale = dict.fromkeys(layout.shapes, np.ones(1)) | {"noise": np.full(layout.markets, 0.1), "own": unit}
    return layout.join(centre), layout.join(scale)


def _regression(design: Design, m: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Coefficients, their standard errors, and the noise of one market's ridge regression on baseline and exposure."""
    weeks, _, channels = design.shape
    columns = np.hstack([design.baseline.of_market(m), design.exposure[design.carry_over_weeks :, m]])
    prior_sd = np.concatenate([design.baseline.prior_sd, design.baseline.own_prior_sd, np.ones(channels)])
    kpi = design.kpi[:, m]
    free = max(weeks - columns.shape[1], 1)
    noise = max(float(np.std(np.diff(kpi))) / 2, LEAST_NOISE)
    for _ in range(2):
        precision = columns.T @ columns / noise**2 + np.diag(prior_sd**-2.0)
        covariance = np.linalg.inv(precision)
        coefficients = covariance @ (columns.T @ kpi) / noise**2
        residual = kpi - columns @ coefficients
        noise = max(float(np.sqrt((residual**2).sum() / free)), LEAST_NOISE)
    return coefficients, np.sqrt(np.diag(covariance)), noise
