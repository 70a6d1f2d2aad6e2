"""How good probabilities are on cases that they had not seen: ranking, error, calibration, lift, with intervals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.propensity.auc import WeightedAUC

LEVEL = 0.95
Z = 1.959964
DRAWS = 200
BINS = 10
METRICS = ("auc", "log_loss", "brier", "ece", "lift_top_tenth")
TINY = 1e-12


@dataclass(frozen=True, kw_only=True)
class Judged:
    """Probabilities beside what happened.

    Attributes:
        probability: Shape (rows,), in (0, 1).
        outcome: Shape (rows,).
        unit: Whose row it is; rows of one unit are drawn together.
    """

    probability: np.ndarray
    outcome: np.ndarray
    unit: np.ndarray

    @property
    def bins(self) -> np.ndarray:
        """Tenths by probability, 0 for the highest; ties go by position."""
        order = np.argsort(-self.probability, kind="stable")
        tenth = np.empty(len(order), dtype=int)
        tenth[order] = np.arange(len(order)) * BINS // max(1, len(order))
        return tenth

    @property
    def losses(self) -> np.ndarray:
        """Log loss of each row."""
        p = np.clip(self.probability, TINY, 1 - TINY)
        return -np.where(self.outcome, np.log(p), np.log1p(-p))

    def resampled(self, seed: int, draws: int = DRAWS) -> Iterator[np.ndarray]:
        """Weights of the rows in each bootstrap draw of units."""
        rng = np.random.default_rng(seed)
        codes = np.unique(self.unit, return_inverse=True)[1]
        units = int(codes.max()) + 1
        for _ in range(draws):
            yield np.bincount(rng.integers(0, units, units), minlength=units)[codes].astype(float)


def performance(judged: Judged, seed: int) -> pd.DataFrame:
    """The metrics with their intervals: metric, estimate, lower, upper."""
    measure = _Measure(judged)
    estimate = measure(np.ones(len(judged.outcome)))
    draws = np.array([measure(weights) for weights in judged.resampled(seed)])
    spread = Z * np.nanstd(draws, axis=0, ddof=1)
    # Resampling adds chance to a calibration error that is itself a sum of distances, so only its spread is used.
    upper_end = np.array([1, np.inf, 1, 1, np.inf])
    return pd.DataFrame(
        {
            "metric": METRICS,
            "estimate": estimate,
            "lower": np.maximum(estimate - spread, 0),
            "upper": np.minimum(estimate + spread, upper_end),
        }
    )


class _Measure:
    def __init__(self, judged: Judged) -> None:
        self.judged, self.bins, self.losses = judged, judged.bins, judged.losses
        self.auc = WeightedAUC(judged.probability, judged.outcome)
        self.squares = (judged.probability - judged.outcome) ** 2

    def __call__(self, weights: np.ndarray) -> np.ndarray:
        total = weights.sum()
        rows, came, expected = (
            np.bincount(self.bins, weights=weights * column, minlength=BINS)
            for column in (np.ones(len(weights)), self.judged.outcome, self.judged.probability)
        )
        top = came[0] / rows[0] if rows[0] else np.nan
        return np.array(
            [
                self.auc(weights),
                weights @ self.losses / total,
                weights @ self.squares / total,
                np.abs(came - expected).sum() / total,
                top / (came.sum() / total) if came.sum() else np.nan,
            ]
        )


def calibration_error(judged: Judged) -> float:
    """Expected calibration error over tenths: how far rates lie from probabilities, weighted by rows."""
    gap = np.bincount(judged.bins, weights=judged.outcome - judged.probability, minlength=BINS)
    return float(np.abs(gap).sum() / len(judged.outcome))


def calibration_error_by_chance(judged: Judged, seed: int, draws: int = 400) -> float:
    """The error that true probabilities stay below in 95 of 100 samples of this size."""
    rng = np.random.default_rng(seed)
    order = np.argsort(judged.bins, kind="stable")
    p, starts = judged.probability[order], np.searchsorted(judged.bins[order], np.unique(judged.bins))
    errors = [np.abs(np.add.reduceat((rng.random(len(p)) < p) - p, starts)).sum() / len(p) for _ in range(draws)]
    return float(np.quantile(errors, 0.95))


def tenths(judged: Judged, seed: int) -> pd.DataFrame:
    """Tenths by probability, the highest first.

    Returns:
        tenth (1 first), rows, outcomes, expected (mean probability), rate, rate_lower, rate_upper, lift, lift_lower,
        lift_upper, gain (share of all outcomes in this and higher tenths), gain_lower, gain_upper.
    """
    bins = judged.bins
    rows = np.bincount(bins, minlength=BINS)
    estimate = _rates_lifts_gains(bins, judged.outcome, np.ones(len(bins)))
    draws = np.array([_rates_lifts_gains(bins, judged.outcome, weights) for weights in judged.resampled(seed)])
    spread = Z * np.nanstd(draws, axis=0, ddof=1)
    lower, upper = np.maximum(estimate - spread, 0), estimate + spread
    upper[[0, 2]] = np.minimum(upper[[0, 2]], 1)
    table = pd.DataFrame(
        {
            "tenth": np.arange(1, BINS + 1),
            "rows": rows,
            "outcomes": np.bincount(bins, weights=judged.outcome, minlength=BINS).astype(int),
            "expected": np.bincount(bins, weights=judged.probability, minlength=BINS) / np.maximum(rows, 1),
        }
    )
    for i, name in enumerate(("rate", "lift", "gain")):
        table[name], table[f"{name}_lower"], table[f"{name}_upper"] = estimate[i], lower[i], upper[i]
    return table


def _rates_lifts_gains(bins: np.ndarray, outcome: np.ndarray, weights: np.ndarray) -> np.ndarray:
    rows = np.bincount(bins, weights=weights, minlength=BINS)
    came = np.bincount(bins, weights=weights * outcome, minlength=BINS)
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = came / rows
        return np.stack([rate, rate * rows.sum() / came.sum(), np.cumsum(came) / came.sum()])


def loss_difference(first: Judged, second: Judged) -> tuple[float, float, float]:
    """By how much the first's mean log loss exceeds the second's on the same rows, with its interval."""
    difference = first.losses - second.losses
    codes = np.unique(first.unit, return_inverse=True)[1]
    sums = np.bincount(codes, weights=difference - difference.mean())
    error = float(np.sqrt((sums**2).sum())) / len(difference)
    mean = float(difference.mean())
    return mean, mean - Z * error, mean + Z * error
