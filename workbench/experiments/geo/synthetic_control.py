"""A synthetic control with fixed effects: donors weighted so that together they move as the treated markets do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from workbench.experiments.geo.ridge import ridge_operator


@dataclass(frozen=True, kw_only=True)
class SyntheticControl:
    """Donor weights and level, fitted on some periods.

    Attributes:
        weights: Shape (donor,), summing to 1; none negative unless a ridge augments them.
        level: What the treated lie above the weighted donors, on average.
    """

    weights: np.ndarray
    level: float

    def predict(self, donors: np.ndarray) -> np.ndarray:
        """The treated markets' KPI without the treatment, shape (period,)."""
        return donors @ self.weights + self.level


def fit_synthetic_control(treated: np.ndarray, donors: np.ndarray, penalty: float | None = None) -> SyntheticControl:
    """Fit donor weights by least squares after each series gave up its own mean.

    Args:
        treated: KPI of the treated, shape (period,).
        donors: KPI of each donor market, shape (period, donor).
        penalty: Of a ridge regression that augments the weights, None for none.

    References:
        Abadie, Diamond, Hainmueller (2010), Synthetic Control Methods for Comparative Case Studies; Ferman, Pinto (2021),
        Synthetic Controls with Imperfect Pretreatment Fit, for the fixed effect.
    """
    design, target = donors - donors.mean(axis=0), treated - treated.mean()
    weights = simplex_least_squares(design, target)
    if penalty is not None:
        weights = weights + ridge_operator(design, penalty) @ (target - design @ weights)
    return SyntheticControl(weights=weights, level=float(treated.mean() - donors.mean(axis=0) @ weights))


def imbalance(treated: np.ndarray, donors: np.ndarray, control: SyntheticControl) -> tuple[float, float]:
    """Root of the summed squared gaps, and the same as a share of what equal donor weights leave.

    Args:
        treated: KPI of the treated while fitted, shape (period,).
        donors: KPI of each donor market then, shape (period, donor).
        control: What was fitted.
    """
    gap, equal = treated - control.predict(donors), treated - donors.mean(axis=1)
    left, unweighted = float(np.linalg.norm(gap)), float(np.linalg.norm(equal - equal.mean()))
    return left, left / unweighted if unweighted > 0 else float("nan")


def simplex_least_squares(design: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The w that minimises |design w - target| with w >= 0 and sum w = 1, exactly.

    On the simplex, `design w - target = C w` with C = design - target. Non-negative least squares of `C v = 0, s 1'v = s`
    has the solution v = t w with the wanted w: its least value over t, s^2 |Cw|^2 / (s^2 + |Cw|^2), grows with |Cw|.
    """
    misfit = design - target[:, None]
    scale = float(np.sqrt((misfit**2).sum(axis=0).min())) or 1.0
    system = np.vstack([misfit / scale, np.ones(design.shape[1])])
    solution, _ = nnls(system, np.append(np.zeros(len(target)), 1.0), maxiter=50 * design.shape[1])
    return solution / solution.sum()
