"""Maximum likelihood for positive parameters: several starts, and Laplace's approximation at the best."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.stats import norm
from threadpoolctl import threadpool_limits

from workbench.errors import FitError

type ValueAndGradient = Callable[[np.ndarray], tuple[float, np.ndarray]]

BOUNDS = (-12.0, 14.0)
FLAT_STANDARD_ERROR = 3.0
GRADIENT_TOLERANCE = 1e-5
SETTLED = 1e-13
ROUNDING = 1e-12


@dataclass(frozen=True)
class Likelihood:
    """A log likelihood of positive parameters.

    Attributes:
        evaluate: Its value and gradient.
        observations: Number of customers, which sets the scale of tolerances.
    """

    evaluate: ValueAndGradient
    observations: float

    def loss(self, log_parameters: np.ndarray) -> tuple[float, np.ndarray]:
        """Negative mean per customer and its gradient, in logarithms of the parameters."""
        parameters = np.exp(log_parameters)
        value, gradient = self.evaluate(parameters)
        return -value / self.observations, -gradient * parameters / self.observations


@dataclass(frozen=True, kw_only=True)
class Fit:
    """Parameters at the maximum and how sharply the data know them.

    Attributes:
        names: Parameter names, length P.
        parameters: Maximum-likelihood estimates, length P, positive.
        log_likelihood: Its value there.
        log_covariance: Covariance of the parameters' logarithms, shape (P, P), without the directions in which the
            likelihood is flat.
        known: Whether the data determine each parameter, length P.
    """

    names: tuple[str, ...]
    parameters: np.ndarray
    log_likelihood: float
    log_covariance: np.ndarray
    known: np.ndarray

    @property
    def identified(self) -> bool:
        return bool(self.known.all())

    def interval(self, level: float) -> tuple[np.ndarray, np.ndarray]:
        """Laplace interval of each parameter, symmetric in its logarithm; NaN where the data don't determine it."""
        half = norm.ppf((1 + level) / 2) * np.sqrt(np.diag(self.log_covariance))
        half = np.where(self.known, half, np.nan)
        return self.parameters * np.exp(-half), self.parameters * np.exp(half)

    def draws(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Parameters from Laplace's approximation, shape (count, P)."""
        shifts = rng.multivariate_normal(np.zeros(len(self.names)), self.log_covariance, size=count, method="eigh")
        return self.parameters * np.exp(shifts)


# Dot products of this size run several times slower when BLAS splits them over threads.
@threadpool_limits.wrap(limits=1, user_api="blas")
def maximise(
    likelihood: Likelihood,
    starts: Sequence[Sequence[float]],
    names: tuple[str, ...],
    *,
    scout: Likelihood | None = None,
) -> Fit:
    """Climb from each start, keep the highest summit, and polish it by Newton's method.

    Args:
        starts: Positive starting points.
        scout: The likelihood of a sample, on which the starts compete where all data are many.

    Raises:
        FitError: If no start ends at a maximum.
    """
    summits = [_climb((scout or likelihood).loss, np.log(np.asarray(start, dtype=float))) for start in starts]
    summit = min((each for each in summits if np.isfinite(each[0])), key=lambda each: each[0], default=None)
    if summit is None:
        raise FitError(
            f"the likelihood of {', '.join(names)} is not finite from any start; check the customer summaries"
        )
    found = summit[1] if scout is None else _climb(likelihood.loss, summit[1])[1]
    found, hessian = _polish(likelihood.loss, found)
    _refuse_unfinished(likelihood.loss, found, names)
    covariance, known = _laplace(likelihood.observations * hessian)
    return Fit(
        names=names,
        parameters=np.exp(found),
        log_likelihood=-likelihood.observations * likelihood.loss(found)[0],
        log_covariance=covariance,
        known=known,
    )


def _climb(objective: ValueAndGradient, start: np.ndarray) -> tuple[float, np.ndarray]:
    options = {"maxiter": 1000, "maxfun": 2000, "ftol": 1e-13, "gtol": 1e-8}
    found = minimize(objective, start, jac=True, method="L-BFGS-B", bounds=[BOUNDS] * len(start), options=options)
    return float(found.fun), found.x


def _polish(objective: ValueAndGradient, point: np.ndarray, steps: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Newton steps while they flatten the slope, and the Hessian: L-BFGS-B stops a little before the printed digits settle.

    Near the summit heights differ by less than they are rounded, so the slope says which point is nearer.
    """
    (value, gradient), hessian = objective(point), _hessian(objective, point)
    for _ in range(steps):
        if np.linalg.eigvalsh(hessian)[0] <= 1e-10 or np.abs(gradient).max() < SETTLED:
            break
        candidate = np.clip(point - np.linalg.solve(hessian, gradient), *BOUNDS)
        height, slope = objective(candidate)
        if not (height <= value + ROUNDING * abs(value) and np.abs(slope).max() < np.abs(gradient).max()):
            break
        point, value, gradient, hessian = candidate, height, slope, _hessian(objective, candidate)
    return point, hessian


def _hessian(objective: ValueAndGradient, point: np.ndarray, step: float = 1e-4) -> np.ndarray:
    shifts = step * np.eye(len(point))
    rows = [(objective(point + shift)[1] - objective(point - shift)[1]) / (2 * step) for shift in shifts]
    hessian = np.array(rows)
    return (hessian + hessian.T) / 2


def _laplace(information: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Covariance over the directions the data determine, and which parameters have no part in the others."""
    curvature, directions = np.linalg.eigh(information)
    flat = curvature < FLAT_STANDARD_ERROR**-2
    variance = np.where(flat, 0.0, 1 / np.where(flat, 1.0, curvature))
    known = np.abs(directions[:, flat]).max(axis=1, initial=0.0) < 0.1
    return (directions * variance) @ directions.T, known


def _refuse_unfinished(objective: ValueAndGradient, point: np.ndarray, names: tuple[str, ...]) -> None:
    gradient = objective(point)[1]
    pushed_outward = ((point <= BOUNDS[0]) & (gradient > 0)) | ((point >= BOUNDS[1]) & (gradient < 0))
    steepest = float(np.abs(np.where(pushed_outward, 0.0, gradient)).max())
    if not steepest < GRADIENT_TOLERANCE:
        raise FitError(
            f"the likelihood of {', '.join(names)} has no maximum that the optimiser can reach (gradient {steepest:.1e} per "
            f"customer, at most {GRADIENT_TOLERANCE:.0e}); check the customer summaries for extreme values"
        )
