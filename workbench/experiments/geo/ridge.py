"""Ridge augmentation: a ridge regression corrects what the synthetic control leaves of the time before the test.

The corrected weights still sum to one, but may be negative: the comparison then reaches beyond what its donors have seen.

References:
    Ben-Michael, Feller, Rothstein (2021), The Augmented Synthetic Control Method.
"""

from __future__ import annotations

import numpy as np


def ridge_operator(design: np.ndarray, penalty: float) -> np.ndarray:
    """What turns the residual of a synthetic control into a correction of its donor weights, shape (donor, period).

    Args:
        design: Centred donors, shape (period, donor), or any factor with the same products; residuals share its coordinates.
        penalty: Above zero.
    """
    deviations = design - design.mean(axis=1, keepdims=True)
    return np.linalg.solve(deviations.T @ deviations + penalty * np.eye(design.shape[1]), deviations.T)


def ridge_path(design: np.ndarray, residual: np.ndarray, contrast: np.ndarray, penalties: np.ndarray) -> np.ndarray:
    """What the correction adds to a prediction at each of many penalties, from one decomposition.

    Args:
        design: As in `ridge_operator`.
        residual: What the synthetic control leaves, in the same coordinates.
        contrast: The donors where they predict, shape (donor,).
        penalties: Above zero.
    """
    deviations = design - design.mean(axis=1, keepdims=True)
    left, singular, right = np.linalg.svd(deviations, full_matrices=False)
    shrunk = singular / (singular**2 + penalties[:, None])
    return np.asarray(shrunk * (left.T @ residual) @ (right @ contrast))
