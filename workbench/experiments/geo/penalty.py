"""How strongly the ridge augmentation is held back: by forecasts of periods that were left out, before the test only."""

from __future__ import annotations

import numpy as np

from workbench.experiments.geo.blocks import LeftOutBlock, leave_blocks_out
from workbench.experiments.geo.ridge import ridge_path
from workbench.experiments.geo.synthetic_control import simplex_least_squares

PENALTIES = 21
SMALLEST_SHARE = 1e-8


def choose_penalty(treated: np.ndarray, donors: np.ndarray) -> float:
    """The largest penalty whose forecasts are within one standard error of the best.

    Args:
        treated: KPI of the treated before the test, shape (period,).
        donors: KPI of each donor market before the test, shape (period, donor).
    """
    penalties = _candidates(donors)
    blocks = leave_blocks_out(np.column_stack([treated, donors]), length=1)
    errors = np.array([_forecast_errors(block, penalties) for block in blocks]) ** 2
    mean = errors.mean(axis=0)
    best = int(mean.argmin())
    standard_error = errors[:, best].std(ddof=1) / np.sqrt(len(errors))
    return float(penalties[mean <= mean[best] + standard_error].max())


def _candidates(donors: np.ndarray) -> np.ndarray:
    """From the largest squared singular value of the donors' deviations down, evenly spaced in logs."""
    centred = donors - donors.mean(axis=0)
    largest = float(np.linalg.norm(centred - centred.mean(axis=1, keepdims=True), ord=2)) ** 2
    return (largest or 1.0) * np.geomspace(1, SMALLEST_SHARE, PENALTIES)


def _forecast_errors(block: LeftOutBlock, penalties: np.ndarray) -> np.ndarray:
    """Error of the one period left out at each penalty; the treated are the first series."""
    target, design, contrast = block.factor[:, 0], block.factor[:, 1:], block.contrast[1:]
    weights = simplex_least_squares(design, target)
    path = ridge_path(design, target - design @ weights, contrast, penalties)
    return np.asarray(block.contrast[0] - contrast @ weights - path)
