"""Diminishing returns: the share of a channel's largest effect that an exposure reaches.

Hill and logistic curves share one parameter, the exposure at which half of the largest effect is reached, so that they
can be compared and pooled alike. `none` is a straight line: its effect is proportional to exposure.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

type SaturationForm = Literal["hill", "logistic", "michaelis_menten", "none"]

LOG_3 = float(np.log(3.0))


def saturate(exposure: np.ndarray, half_saturation: np.ndarray, slope: np.ndarray, form: SaturationForm) -> np.ndarray:
    """Response to an exposure; all arguments broadcast.

    Args:
        exposure: Exposure as it acts (after carry-over), at least 0.
        half_saturation: Exposure that reaches one half, above 0; ignored by `none`.
        slope: Steepness of the Hill curve, above 1 for an S shape; ignored by the others.
        form: Which curve.

    Returns:
        A share in [0, 1); for `none` the exposure itself.
    """
    match form:
        case "hill":
            return hill(exposure, half_saturation, slope)
        case "logistic":
            return logistic(exposure, half_saturation)
        case "michaelis_menten":
            return hill(exposure, half_saturation, np.ones(()))
        case "none":
            return np.asarray(exposure, dtype=float)


def hill(exposure: np.ndarray, half_saturation: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """x^s / (x^s + h^s)."""
    power = (np.asarray(exposure, dtype=float) / half_saturation) ** slope
    return power / (1.0 + power)


def logistic(exposure: np.ndarray, half_saturation: np.ndarray) -> np.ndarray:
    """(1 − e^(−λx)) / (1 + e^(−λx)) with λ = ln 3 / h, so that it passes one half at h."""
    return np.tanh(LOG_3 / 2.0 * np.asarray(exposure, dtype=float) / half_saturation)


def saturation_growth(
    exposure: np.ndarray, half_saturation: np.ndarray, slope: np.ndarray, form: SaturationForm
) -> np.ndarray:
    """x · f'(x): growth of the response when exposure grows in proportion; arguments as in `saturate`."""
    match form:
        case "hill":
            share = hill(exposure, half_saturation, slope)
            return slope * share * (1.0 - share)
        case "michaelis_menten":
            return saturation_growth(exposure, half_saturation, np.ones(()), "hill")
        case "logistic":
            scaled = LOG_3 / 2.0 * np.asarray(exposure, dtype=float) / half_saturation
            return scaled / np.cosh(scaled) ** 2
        case "none":
            return np.asarray(exposure, dtype=float)
