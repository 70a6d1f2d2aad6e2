"""Where sampling starts, and in which units: a quick regression on everything that is linear."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.mmm.density.parameters import LEAST_NOISE, Layout, density_layout
from workbench.mmm.inputs.design import Design
from workbench.mmm.inputs.robust_regression import quick_columns
from workbench.mmm.shapes.surprises import whiten

LEAST_DOUBT = 0.05


@dataclass(frozen=True, kw_only=True)
class StartingPoint:
    """The sampler's coordinates.

    Attributes:
        centre: Middle of each coordinate, shape (size,).
        scale: Unit of each coordinate, shape (size,).
        doubt: Standard error of a market's difference in log swing, shape (C,).
    """

    centre: np.ndarray
    scale: np.ndarray
    doubt: np.ndarray


@dataclass(frozen=True)
class _Regression:
    coefficients: np.ndarray
    standard_error: np.ndarray
    residual: np.ndarray
    noise: float


def starting_point(design: Design) -> StartingPoint:
    """Regress the KPI on baseline and exposure.

    Effects of a market's own columns and the noise are so well known from the data that, in units of their priors, warm-up
    would spend most of its time on finding them.
    """
    layout, baseline = density_layout(design), design.baseline
    fits, shared = _regressions(design, layout)
    common = baseline.columns.shape[1]
    own, media = slice(common, common + layout.own), slice(common + layout.own, None)
    centre = dict.fromkeys(layout.shapes, np.zeros(1)) | {
        "noise": np.log([fit.noise for fit in fits]),
        "week_spread": np.log(max(float(shared.std()), LEAST_NOISE)),
        "own": np.zeros((layout.markets, layout.own)),
    }
    scale = dict.fromkeys(layout.shapes, np.ones(1)) | {"noise": np.full(1, 0.1), "own": np.ones_like(centre["own"])}
    for m, fit in enumerate(fits):
        centre["own"][m], scale["own"][m] = _own(fit.coefficients[own], fit.standard_error[own], design)
    error = np.array([fit.standard_error[media] for fit in fits])
    effect = np.array([np.abs(fit.coefficients[media]) for fit in fits]).mean(axis=0)
    doubt = np.sqrt((error**2).mean(axis=0)) / np.maximum(effect, np.finfo(float).tiny)
    return StartingPoint(centre=layout.join(centre), scale=layout.join(scale), doubt=np.clip(doubt, LEAST_DOUBT, 1.0))


def _own(coefficients: np.ndarray, standard_error: np.ndarray, design: Design) -> tuple[np.ndarray, np.ndarray]:
    """Middle and unit of one market's own effects: standard scores, or logarithms where the sign is known."""
    prior_sd, signed = design.baseline.own_prior_sd, design.baseline.own_sign != 0
    size = np.maximum(np.abs(coefficients), standard_error)
    middle = np.where(signed, np.log(size), coefficients / prior_sd)
    return middle, np.where(signed, np.minimum(standard_error / size, 1.0), standard_error / prior_sd)


def _regressions(design: Design, layout: Layout) -> tuple[list[_Regression], np.ndarray]:
    """Each market's regression, and the weeks' shared effect (T,), which is taken off the KPI where there is one."""
    fits = [_regression(design.kpi[:, m], design, m) for m in range(layout.markets)]
    if not layout.shared_weeks:
        return fits, np.zeros(1)
    shared = np.mean([fit.residual for fit in fits], axis=0)
    return [_regression(design.kpi[:, m] - shared, design, m) for m in range(layout.markets)], shared


def _regression(kpi: np.ndarray, design: Design, m: int) -> _Regression:
    """One market's ridge regression on baseline and exposure, each column with its prior."""
    columns, prior_sd = quick_columns(design, m, design.exposure[design.carry_over_weeks :, m], 1.0)
    free = max(len(columns) - columns.shape[1], 1)
    columns, kpi = whiten(columns.T, design.persistence).T, whiten(kpi, design.persistence)
    noise = max(float(np.std(np.diff(kpi))) / 2, LEAST_NOISE)
    for _ in range(2):
        precision = columns.T @ columns / noise**2 + np.diag(prior_sd**-2.0)
        covariance = np.linalg.inv(precision)
        coefficients = covariance @ (columns.T @ kpi) / noise**2
        residual = kpi - columns @ coefficients
        noise = max(float(np.sqrt((residual**2).sum() / free)), LEAST_NOISE)
    return _Regression(coefficients, np.sqrt(np.diag(covariance)), residual, noise)
