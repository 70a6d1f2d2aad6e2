"""How far the parameters leave open what is made of them, at the cost of a few evaluations instead of hundreds of draws.

Where the likelihood is quadratic, a quantity's logarithm is taken to be linear within one standard error of the parameters: it is
evaluated one step forth and back along each principal direction. Elsewhere parameters are drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from workbench.segments.models.likelihood import Fit

LEVEL = 0.95
DRAWS = 100
DETERMINED = 1e-12


@dataclass(frozen=True, kw_only=True)
class Points:
    """Parameters at which a positive quantity is evaluated, to learn how uncertain it is.

    Attributes:
        parameters: The estimates first, then pairs of steps, or draws: shape (S, P), of several fits side by side.
        drawn: Whether what follows the estimates are draws.
    """

    parameters: np.ndarray
    drawn: bool

    def __len__(self) -> int:
        return len(self.parameters)

    def interval(self, values: np.ndarray, level: float, log_error: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
        """Interval of quantities, given their values at the points, shape (S, ...).

        Args:
            log_error: Standard error of the logarithm of a factor on all of them that the parameters know nothing of.
        """
        half = norm.ppf((1 + level) / 2)
        if self.drawn and not log_error:
            lower, upper = np.quantile(values[1:], [(1 - level) / 2, (1 + level) / 2], axis=0)
            return np.minimum(lower, values[0]), np.maximum(upper, values[0])
        half = half * np.hypot(self.log_error(values), log_error)
        return values[0] * np.exp(-half), values[0] * np.exp(half)

    def log_error(self, values: Iterable[np.ndarray]) -> np.ndarray:
        """Standard error of quantities' logarithms; values may be a stream of which only two are held."""
        logarithms = (np.log(np.maximum(each, 1e-300)) for each in values)
        return np.sqrt(_variance(logarithms) if self.drawn else _squared_steps(logarithms))


def points_of(fits: Sequence[Fit], rng: np.random.Generator) -> Points:
    """Points of fits that know nothing of each other, their parameters side by side.

    Steps of the last fit come first, so that what only the fits before it determine need not be evaluated again for each of them.
    """
    drawn = not all(fit.quadratic for fit in fits)
    centre = np.concatenate([fit.parameters for fit in fits])
    others = np.concatenate([fit.draws(DRAWS, rng) for fit in fits], axis=1) if drawn else _steps(fits)
    return Points(parameters=np.vstack([centre, others]), drawn=drawn)


def log_covariance(fit: Fit) -> np.ndarray:
    """Covariance of the parameters' logarithms, shape (P, P): that of the sample where there is one."""
    return fit.log_covariance if fit.sample is None else np.cov(np.log(fit.sample), rowvar=False)


def _steps(fits: Sequence[Fit]) -> np.ndarray:
    rows = []
    for position in reversed(range(len(fits))):
        for step in _principal_steps(fits[position].log_covariance).T:
            for sign in (1, -1):
                shifted = [
                    fit.parameters * np.exp(sign * step) if at == position else fit.parameters
                    for at, fit in enumerate(fits)
                ]
                rows.append(np.concatenate(shifted))
    return np.array(rows).reshape(-1, sum(len(fit.parameters) for fit in fits))


def _principal_steps(covariance: np.ndarray) -> np.ndarray:
    """One standard error along each direction that has one, shape (P, D)."""
    variance, directions = np.linalg.eigh(covariance)
    determined = variance > DETERMINED * max(float(variance.max()), 1e-300)
    return directions[:, determined] * np.sqrt(variance[determined])


def _squared_steps(logarithms: Iterable[np.ndarray]) -> np.ndarray:
    stream = iter(logarithms)
    total = np.zeros_like(next(stream))
    for forth, back in zip(stream, stream, strict=True):
        total += ((forth - back) / 2) ** 2
    return total


def _variance(logarithms: Iterable[np.ndarray]) -> np.ndarray:
    """Welford (1962)."""
    stream = iter(logarithms)
    mean = np.zeros_like(next(stream))
    squares, seen = np.zeros_like(mean), 0
    for seen, value in enumerate(stream, start=1):
        change = value - mean
        mean = mean + change / seen
        squares = squares + change * (value - mean)
    return squares / max(seen - 1, 1)
