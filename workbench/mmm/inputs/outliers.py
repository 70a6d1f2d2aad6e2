"""Extreme weeks: found by a robust regression, and taken out of the evidence where that is wished."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from workbench.config import MediaMix
from workbench.mmm.inputs.design import Baseline, Design
from workbench.mmm.inputs.robust_regression import RobustFit

EXTREME = 5.0
MOST_OUTLIERS = 0.05
OUTLIER_SD = 2.0
OUTLIERS = "outliers"


def treat_outliers(design: Design, fits: Sequence[RobustFit], config: MediaMix) -> Design:
    """Mark the extreme weeks, and give them effects of their own where `outliers = "own_effect"`."""
    extreme = extreme_weeks(fits)
    own = config.outliers == "own_effect" and extreme.any()
    baseline = with_own_effects(design.baseline, extreme) if own else design.baseline
    return replace(design, extreme_weeks=extreme, baseline=baseline)


def extreme_weeks(fits: Sequence[RobustFit]) -> np.ndarray:
    """Distance of each KPI from what baseline and media explain, in standard deviations, where that is extreme; else 0.

    A market with more than `MOST_OUTLIERS` of such weeks has none: there they are usual, as in a KPI that is mostly 0.

    Returns:
        Shape (T, M).
    """
    distance = np.stack([fit.residual / fit.error for fit in fits], axis=1)
    extreme = np.abs(distance) > EXTREME
    return np.where(extreme & (extreme.mean(axis=0) <= MOST_OUTLIERS), distance, 0.0)


def with_own_effects(baseline: Baseline, extreme: np.ndarray) -> Baseline:
    """Give each extreme week an effect of its own; `extreme` is (T, M), 0 for usual weeks.

    A week that is extreme everywhere becomes a column that all markets share, and so is integrated out. The others are the
    markets' own: the first extreme week of each market stands in the first of these columns, the second in the next.
    """
    weeks, markets = extreme.shape
    everywhere = np.flatnonzero((extreme != 0).all(axis=1))
    single = [np.setdiff1d(np.flatnonzero(extreme[:, m]), everywhere) for m in range(markets)]
    own = np.zeros((markets, weeks, max(len(found) for found in single)))
    for m, found in enumerate(single):
        own[m, found, np.arange(len(found))] = 1.0
    common, special = np.eye(weeks)[:, everywhere], own.shape[2]
    return replace(
        baseline,
        columns=np.hstack([baseline.columns, common]),
        prior_sd=np.append(baseline.prior_sd, np.full(len(everywhere), OUTLIER_SD)),
        component=(*baseline.component, *[OUTLIERS] * len(everywhere)),
        label=(*baseline.label, *[OUTLIERS] * len(everywhere)),
        own=np.concatenate([baseline.own, own], axis=2),
        own_prior_sd=np.append(baseline.own_prior_sd, np.full(special, OUTLIER_SD)),
        own_component=(*baseline.own_component, *[OUTLIERS] * special),
        own_label=(*baseline.own_label, *[OUTLIERS] * special),
        own_sign=np.append(baseline.own_sign, np.zeros(special, dtype=int)),
    )
