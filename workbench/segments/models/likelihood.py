"""Maximum likelihood for positive parameters: several starts, and Laplace's approximation at the best."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.optimize import minimize
from scipy.stats import norm
from threadpoolctl import threadpool_limits

from workbench.errors import FitError
from workbench.segments.models.laplace import Sample, is_quadratic, sample_likelihood

type ValueAndGradient = Callable[[np.ndarray], tuple[float, np.ndarray]]
type Bounds = tuple[float, float]

BOUNDS = (-12.0, 14.0)
FLAT_STANDARD_ERROR = 3.0
GRADIENT_TOLERANCE = 1e-5
# Of all observations together: few of them may rise towards a limit forever, by less than the data could ever tell.
NEGLIGIBLE_SLOPE = 0.01
SETTLED = 1e-13
ROUNDING = 1e-10
SHORT_STEP = 1e-3
FLATTEST = 1e-10
PART_STEPS = 8
COMPETED_ON = 2_000
SCOUTED = 20_000
SAMPLED = 2_000


@dataclass(frozen=True)
class Likelihood:
    """A log likelihood of positive parameters.

    Attributes:
        evaluate: Its value and gradient.
        observations: Number of customers, which sets the scale of tolerances.
        size: Number of terms that one evaluation adds up, 0 where it isn't worth asking.
        part: The likelihood of about so many of the terms, evenly chosen.
    """

    evaluate: ValueAndGradient
    observations: float
    size: int = 0
    part: Callable[[int], Likelihood] | None = None

    def at_most(self, terms: int) -> Likelihood:
        """This likelihood, or that of a part of its terms where they are more."""
        return self if self.part is None or self.size <= terms else self.part(terms)

    def loss(self, log_parameters: np.ndarray) -> tuple[float, np.ndarray]:
        """Negative mean per customer and its gradient, in logarithms of the parameters."""
        parameters = np.exp(log_parameters)
        value, gradient = self.evaluate(parameters)
        return -value / self.observations, -gradient * parameters / self.observations

    def log_likelihood(self, log_parameters: np.ndarray) -> float:
        return self.evaluate(np.exp(log_parameters))[0]


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
        information: Curvature of the log likelihood in the parameters' logarithms, shape (P, P): the inverse of
            `log_covariance`, but for directions in which it is flat.
        sampler: Draws from the likelihood itself, made when first asked for; None where the likelihood falls as Laplace's
            approximation says within two standard errors.
    """

    names: tuple[str, ...]
    parameters: np.ndarray
    log_likelihood: float
    log_covariance: np.ndarray
    known: np.ndarray
    information: np.ndarray
    sampler: Callable[[], Sample] | None = None

    @property
    def identified(self) -> bool:
        return bool(self.known.all())

    @property
    def quadratic(self) -> bool:
        return self.sampler is None

    @property
    def sample(self) -> np.ndarray | None:
        """Parameters drawn from a likelihood that isn't quadratic, shape (S, P)."""
        return None if self._drawn is None else self.parameters * np.exp(self._drawn.shifts)

    @property
    def pareto_k(self) -> float:
        """How heavy the sample's importance weights are: above 0.7 it is not to be trusted; NaN without a sample."""
        return np.nan if self._drawn is None else self._drawn.pareto_k

    @cached_property
    def _drawn(self) -> Sample | None:
        return None if self.sampler is None else self.sampler()

    def interval(self, level: float) -> tuple[np.ndarray, np.ndarray]:
        """Interval of each parameter, NaN where the data don't determine it: from the sample, else by Laplace's approximation, symmetric
        in its logarithm.
        """
        sample = self.sample
        if sample is not None:
            lower, upper = np.quantile(sample, [(1 - level) / 2, (1 + level) / 2], axis=0)
            return np.where(self.known, lower, np.nan), np.where(self.known, upper, np.nan)
        half = norm.ppf((1 + level) / 2) * np.sqrt(np.diag(self.log_covariance))
        half = np.where(self.known, half, np.nan)
        return self.parameters * np.exp(-half), self.parameters * np.exp(half)

    def draws(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Parameters from the sample, else from Laplace's approximation, shape (count, P)."""
        sample = self.sample
        if sample is not None:
            return sample[rng.choice(len(sample), size=count, replace=count > len(sample))]
        shifts = rng.multivariate_normal(np.zeros(len(self.names)), self.log_covariance, size=count, method="eigh")
        return self.parameters * np.exp(shifts)


# Dot products of this size run several times slower when BLAS splits them over threads.
@threadpool_limits.wrap(limits=1, user_api="blas")
def maximise(
    likelihood: Likelihood, starts: Sequence[Sequence[float]], names: tuple[str, ...], bounds: Bounds = BOUNDS
) -> Fit:
    """Climb from each start, keep the highest summit, and polish it by Newton's method.

    Where data are many, the starts compete on a small part of them, and the curvature of a larger part leads to the summit of all.

    Args:
        starts: Positive starting points.
        bounds: Least and largest logarithm of a parameter.

    Raises:
        FitError: If no start ends at a maximum.
    """
    few, many = likelihood.at_most(COMPETED_ON), likelihood.at_most(SCOUTED)
    summits = [_climb(few.loss, np.log(np.asarray(start, dtype=float)), bounds) for start in starts]
    summit = min((each for each in summits if np.isfinite(each[0])), key=lambda each: each[0], default=None)
    if summit is None:
        raise FitError(
            f"the likelihood of {', '.join(names)} is not finite from any start; check the customer summaries"
        )
    found = summit[1] if few is many else _climb(many.loss, summit[1], bounds)[1]
    found = found if many is likelihood else _from_part(likelihood.loss, many.loss, found, bounds)
    found, hessian = _polish(likelihood.loss, found, bounds)
    gradient = likelihood.loss(found)[1]
    free = ~_pushed_outward(found, gradient, bounds)
    _refuse_unfinished(gradient[free], likelihood.observations, names)
    information = likelihood.observations * hessian
    covariance, known = _laplace(information, free)
    return Fit(
        names=names,
        parameters=np.exp(found),
        log_likelihood=likelihood.log_likelihood(found),
        log_covariance=covariance,
        known=known,
        information=information,
        sampler=_sampler(likelihood, found, covariance),
    )


def with_logarithms(fit: Fit, matrix: np.ndarray) -> Fit:
    """The same fit in other parameters, whose logarithms are linear in those of the fitted ones.

    Args:
        matrix: What makes the others of the fitted ones, shape (P, P).
    """
    back = np.linalg.inv(matrix)
    information = back.T @ fit.information @ back
    sampler = fit.sampler
    return replace(
        fit,
        parameters=np.exp(matrix @ np.log(fit.parameters)),
        log_covariance=matrix @ fit.log_covariance @ matrix.T,
        known=_curved(information)[1] & ~((matrix != 0) @ ~fit.known),
        information=information,
        sampler=None if sampler is None else lambda: _turned(sampler(), matrix),
    )


def _turned(sample: Sample, matrix: np.ndarray) -> Sample:
    return replace(sample, shifts=sample.shifts @ matrix.T)


def _sampler(likelihood: Likelihood, summit: np.ndarray, covariance: np.ndarray) -> Callable[[], Sample] | None:
    if is_quadratic(likelihood.log_likelihood, summit, covariance):
        return None
    part = likelihood.at_most(SAMPLED).loss
    return lambda: sample_likelihood(part, _hessian(part, summit), likelihood.observations, summit, covariance)


def _from_part(objective: ValueAndGradient, part: ValueAndGradient, start: np.ndarray, bounds: Bounds) -> np.ndarray:
    """Newton steps with the part's curvature, which is nearly that of all data; L-BFGS-B where they don't shrink the slope."""
    point, curvature = start, _hessian(part, start)
    slope = objective(point)[1]
    for _ in range(PART_STEPS):
        if np.abs(slope).max() < GRADIENT_TOLERANCE:
            return point
        candidate = np.clip(point - _newton_step(curvature, slope), *bounds)
        new = objective(candidate)[1]
        if not np.abs(new).max() < np.abs(slope).max() / 2:
            break
        point, slope = candidate, new
    return _climb(objective, point, bounds)[1]


def _climb(objective: ValueAndGradient, start: np.ndarray, bounds: Bounds) -> tuple[float, np.ndarray]:
    options = {"maxiter": 1000, "maxfun": 2000, "ftol": 1e-13, "gtol": 1e-8}
    found = minimize(objective, start, jac=True, method="L-BFGS-B", bounds=[bounds] * len(start), options=options)
    return float(found.fun), found.x


def _polish(
    objective: ValueAndGradient, point: np.ndarray, bounds: Bounds, steps: int = 4
) -> tuple[np.ndarray, np.ndarray]:
    """Newton steps while they flatten the slope, and the Hessian: L-BFGS-B stops a little before the printed digits settle.

    Near the summit heights differ by less than they are rounded, so the slope says which point is nearer. The Hessian is measured
    anew only after a step that may have changed it.
    """
    (value, gradient), hessian = objective(point), _hessian(objective, point)
    for _ in range(steps):
        free = ~_pushed_outward(point, gradient, bounds)
        if np.abs(gradient[free]).max(initial=0.0) < SETTLED:
            break
        candidate = point.copy()
        candidate[free] -= _newton_step(hessian[np.ix_(free, free)], gradient[free])
        candidate = np.clip(candidate, *bounds)
        height, slope = objective(candidate)
        flatter = np.abs(slope[free]).max() < np.abs(gradient[free]).max()
        if not (height <= value + ROUNDING * abs(value) and flatter):
            break
        far = np.abs(candidate - point).max() > SHORT_STEP
        point, value, gradient = candidate, height, slope
        hessian = _hessian(objective, point) if far else hessian
    return point, hessian


def _pushed_outward(point: np.ndarray, gradient: np.ndarray, bounds: Bounds) -> np.ndarray:
    """Which parameters would leave their bounds, if they could."""
    return ((point <= bounds[0]) & (gradient > 0)) | ((point >= bounds[1]) & (gradient < 0))


def _newton_step(hessian: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    """To the bottom of the quadratic, along the directions that have one."""
    curvature, directions = np.linalg.eigh(hessian)
    curved = curvature > FLATTEST
    return directions[:, curved] @ ((gradient @ directions[:, curved]) / curvature[curved])


def _hessian(objective: ValueAndGradient, point: np.ndarray, step: float = 1e-4) -> np.ndarray:
    shifts = step * np.eye(len(point))
    rows = [(objective(point + shift)[1] - objective(point - shift)[1]) / (2 * step) for shift in shifts]
    hessian = np.array(rows)
    return (hessian + hessian.T) / 2


def _laplace(information: np.ndarray, free: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """See `_curved`; what isn't free, since it would leave its bounds, is held fixed and not known."""
    covariance, inside = np.zeros_like(information), np.ix_(free, free)
    covariance[inside] = _curved(information[inside])[0]
    return covariance, free & _curved(information)[1]


def _curved(information: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Covariance over the directions the data determine, and which parameters have no part in the others."""
    curvature, directions = np.linalg.eigh(information)
    flat = curvature < FLAT_STANDARD_ERROR**-2
    variance = np.where(flat, 0.0, 1 / np.where(flat, 1.0, curvature))
    known = np.abs(directions[:, flat]).max(axis=1, initial=0.0) < 0.1
    return (directions * variance) @ directions.T, known


def _refuse_unfinished(gradient: np.ndarray, observations: float, names: tuple[str, ...]) -> None:
    steepest = float(np.abs(gradient).max(initial=0.0))
    tolerance = max(GRADIENT_TOLERANCE, NEGLIGIBLE_SLOPE / observations)
    if not steepest < tolerance:
        raise FitError(
            f"the likelihood of {', '.join(names)} has no maximum that the optimiser can reach (gradient {steepest:.1e} per "
            f"customer, at most {tolerance:.0e}); check the customer summaries for extreme values"
        )
