"""From log odds to probabilities that hold: a map learnt on rows that the model had not seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

LEAST_FOR_ISOTONIC = 1000


@dataclass(frozen=True, kw_only=True)
class Platt:
    """Log odds stretched and shifted.

    References:
        Platt (1999), Probabilistic Outputs for Support Vector Machines.
    """

    slope: float
    shift: float
    name: str = "Platt"

    def probability(self, log_odds: np.ndarray) -> np.ndarray:
        return expit(self.shift + self.slope * log_odds)


@dataclass(frozen=True, kw_only=True)
class Isotonic:
    """The rising steps that fit best, joined by straight lines."""

    at: np.ndarray
    rate: np.ndarray
    name: str = "isotonic"

    def probability(self, log_odds: np.ndarray) -> np.ndarray:
        return np.interp(log_odds, self.at, self.rate)


type Calibrator = Platt | Isotonic


def fit_calibrator(log_odds: np.ndarray, outcome: np.ndarray) -> Calibrator:
    """Isotonic where both outcomes are plentiful, else Platt's two numbers.

    Args:
        log_odds: Of rows that the model had not seen, shape (rows,).
        outcome: Shape (rows,).
    """
    came = int(outcome.sum())
    if min(came, len(outcome) - came) < LEAST_FOR_ISOTONIC:
        return fit_platt(log_odds, outcome)
    from sklearn.isotonic import IsotonicRegression

    # No probability of exactly 0 or 1: one case to come could prove it infinitely wrong.
    least = 1 / (len(outcome) + 2)
    steps = IsotonicRegression(y_min=least, y_max=1 - least, out_of_bounds="clip").fit(log_odds, outcome.astype(float))
    return Isotonic(at=steps.X_thresholds_, rate=steps.y_thresholds_)


def fit_platt(log_odds: np.ndarray, outcome: np.ndarray) -> Platt:
    """Two parameters by penalised maximum likelihood, with Platt's targets; the slope is never negative."""
    came = float(outcome.sum())
    high, low = (came + 1) / (came + 2), 1 / (len(outcome) - came + 2)
    target = np.where(outcome, high, low)
    centre, scale = float(log_odds.mean()), float(log_odds.std()) or 1.0
    z = (log_odds - centre) / scale

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        eta = theta[0] + theta[1] * z
        error = expit(eta) - target
        value = float(np.sum(np.logaddexp(0, eta) - target * eta))
        return value, np.array([error.sum(), error @ z])

    start = np.array([np.log(target.mean() / (1 - target.mean())), scale])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(None, None), (0.0, None)]).x
    slope = float(found[1] / scale)
    return Platt(slope=slope, shift=float(found[0] - slope * centre))
