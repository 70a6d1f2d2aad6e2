"""How good a forecast was: distance to what happened, and how often its intervals held."""

from __future__ import annotations

import numpy as np


def crps(samples: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """Continuous ranked probability score, E|X − y| − ½ E|X − X'|, in the unit of `actual`; less is better.

    It is the absolute error of a forecast without uncertainty. With x₍ᵢ₎ the i-th smallest of D samples the second term is
    Σᵢ (2i − D − 1) x₍ᵢ₎ / (D (D − 1)), which is unbiased for any D.

    Args:
        samples: Shape (D, ...), D above 1.
        actual: Shape (...).

    References:
        Gneiting and Raftery (2007), Strictly Proper Scoring Rules, Prediction, and Estimation.
    """
    count = len(samples)
    rank_weight = (2.0 * np.arange(1, count + 1) - count - 1) / (count * (count - 1))
    return np.abs(samples - actual).mean(axis=0) - np.tensordot(rank_weight, np.sort(samples, axis=0), axes=1)


def interval(samples: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the central interval of this probability, over the first axis."""
    lower, upper = np.quantile(samples, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return lower, upper


def inside(values: np.ndarray, samples: np.ndarray, level: float) -> np.ndarray:
    """Which `values` lie in the samples' central interval; shapes broadcast against samples[0]."""
    lower, upper = interval(samples, level)
    return (values >= lower) & (values <= upper)
