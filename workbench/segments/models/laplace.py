"""Is a likelihood as quadratic as Laplace's approximation takes it to be, and draws from it where it is not.

References:
    Cappé et al. (2004), Population Monte Carlo; Vehtari et al. (2024), Pareto Smoothed Importance Sampling, JMLR 25;
    Bardenet, Doucet, Holmes (2017), On Markov chain Monte Carlo methods for tall data, JMLR 18 (control variates).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2, norm, qmc

from workbench.segments.models.importance import smoothed_weights

type ValueAndGradient = Callable[[np.ndarray], tuple[float, np.ndarray]]

LARGEST_DEPARTURE = 0.2
LARGEST_PARETO_K = 0.7
PROPOSAL_DEGREES = 5.0
LEARNT_ON = 256
PROPOSALS = 1024
ROUNDS = 6
DRAWS = 1000
FARTHEST = 8.0


def is_quadratic(log_likelihood: Callable[[np.ndarray], float], summit: np.ndarray, covariance: np.ndarray) -> bool:
    """Whether two standard errors along each principal direction cost what they should, to a tenth of their length.

    Args:
        log_likelihood: Of the parameters' logarithms.
        covariance: Of the parameters' logarithms; directions without variance are not looked along.
    """
    height = log_likelihood(summit)
    with np.errstate(all="ignore"):
        steps = [sign * 2 * step for step in _principal_steps(covariance).T for sign in (-1, 1)]
        falls = np.array([height - log_likelihood(summit + step) for step in steps])
        return bool(np.all(np.abs(np.sqrt(2 * falls) - 2) <= LARGEST_DEPARTURE))


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Draws from a likelihood, taken as a density of the parameters' logarithms.

    Attributes:
        shifts: Logarithms of parameters, less those at the summit, shape (S, P).
        pareto_k: How heavy the tail of the importance weights is.
    """

    shifts: np.ndarray
    pareto_k: float


def sample_likelihood(
    loss: ValueAndGradient, curvature: np.ndarray, observations: float, summit: np.ndarray, covariance: np.ndarray
) -> Sample:
    """Importance sampling by a t distribution that learns the likelihood's mean and covariance from round to round.

    A part of the data is enough: it only has to say how the likelihood departs from its quadratic, which is known of all data.

    Args:
        loss: Negative log likelihood per customer, of the parameters' logarithms, of all data or a part of them.
        curvature: Its Hessian at the summit.
        observations: Customers in all data.
        covariance: Laplace's, of all data; draws stay in the directions with variance.
    """
    steps = _principal_steps(covariance)
    density = _density(loss, curvature, observations, summit, steps)
    mean, spread = np.zeros(steps.shape[1]), 1.5 * np.eye(steps.shape[1])
    for seed in range(ROUNDS):
        points = _proposals(mean, spread, LEARNT_ON, seed)
        weights, pareto_k = _weights(density, points, mean, spread)
        mean = weights @ points
        spread = (points - mean).T @ (weights[:, None] * (points - mean)) + 1e-6 * np.eye(len(mean))
        if pareto_k < LARGEST_PARETO_K:
            break
    points = _proposals(mean, spread, PROPOSALS, ROUNDS)
    weights, pareto_k = _weights(density, points, mean, spread)
    return Sample(shifts=_resample(points, weights) @ steps.T, pareto_k=pareto_k)


def _principal_steps(covariance: np.ndarray) -> np.ndarray:
    """One standard error along each direction that has one, shape (P, D)."""
    variance, directions = np.linalg.eigh(covariance)
    determined = variance > 1e-12 * max(variance.max(), 1e-300)
    return directions[:, determined] * np.sqrt(variance[determined])


def _density(
    loss: ValueAndGradient, curvature: np.ndarray, observations: float, summit: np.ndarray, steps: np.ndarray
) -> Callable[[np.ndarray], float]:
    """Log density in units of `steps`: all data's quadratic, plus how far the given data depart from theirs."""
    height, slope = loss(summit)

    def log_density(position: np.ndarray) -> float:
        shift = steps @ position
        departure = loss(summit + shift)[0] - height - slope @ shift - shift @ curvature @ shift / 2
        value = -position @ position / 2 - observations * departure
        return float(value) if np.isfinite(value) and np.abs(position).max() < FARTHEST else -np.inf

    return log_density


def _proposals(mean: np.ndarray, spread: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Multivariate t, evenly filled; shape (count, D)."""
    uniform = qmc.Sobol(len(mean) + 1, rng=np.random.default_rng(seed)).random(count)
    scale = np.sqrt(PROPOSAL_DEGREES / chi2.ppf(uniform[:, :1], PROPOSAL_DEGREES))
    return mean + scale * norm.ppf(uniform[:, 1:]) @ np.linalg.cholesky(spread).T


def _weights(
    density: Callable[[np.ndarray], float], points: np.ndarray, mean: np.ndarray, spread: np.ndarray
) -> tuple[np.ndarray, float]:
    """Smoothed importance weights, summing to one, and their tail's shape."""
    distance = np.linalg.solve(np.linalg.cholesky(spread), (points - mean).T)
    proposed = -(PROPOSAL_DEGREES + len(mean)) / 2 * np.log1p((distance**2).sum(axis=0) / PROPOSAL_DEGREES)
    with np.errstate(all="ignore"):
        log_weights = np.array([density(point) for point in points]) - proposed
    finite = np.isfinite(log_weights)
    weights = np.zeros(len(points))
    weights[finite], pareto_k = smoothed_weights(log_weights[finite])
    return weights / weights.sum(), pareto_k


def _resample(points: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Systematic resampling, shape (DRAWS, D)."""
    at = np.searchsorted(np.cumsum(weights), (np.arange(DRAWS) + 0.5) / DRAWS)
    return points[np.minimum(at, len(points) - 1)]
