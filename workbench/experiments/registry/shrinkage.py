"""What past tests teach about the next one: how large true effects usually are, and what that leaves of one that looks large.

Measured effects are normal around true ones, and true ones are normal around a mean: both are learnt from the past tests
together, and a new effect is drawn towards that mean by as much as its own noise asks for. Effects are relative, as fractions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd

from workbench.errors import SpecError
from workbench.wording import interval

WEAK_SD = 0.25
FEWEST_TESTS = 10
SETTLED = ("ship", "stop", "inconclusive")
_STANDARD = NormalDist()
_SPREADS = np.geomspace(1e-5, 2.0, 600)


@dataclass(frozen=True, kw_only=True)
class EffectPrior:
    """Where the true effect of a test lies before its data, as a normal distribution.

    Attributes:
        mean: Mean of true relative effects, positive for better.
        sd: Their standard deviation, with what the past leaves open about it.
        tests: Past tests that were there to learn from.
        learnt: Whether they were enough; else this is the weak prior.
    """

    mean: float
    sd: float
    tests: int
    learnt: bool

    @property
    def told(self) -> str:
        """Where the prior comes from, in one sentence."""
        usual = interval(self.mean - 2 * self.sd, self.mean + 2 * self.sd, "%")
        if self.learnt:
            return f"In {self.tests} past tests of this kind, true effects lay mostly within {usual}."
        there = f"there {'is' if self.tests == 1 else 'are'} {self.tests or 'none'}"
        return (
            f"It takes {FEWEST_TESTS} past tests of a kind to learn how large their true effects are, and {there}; until then "
            f"anything within {usual} is taken to be possible."
        )


@dataclass(frozen=True, kw_only=True)
class Posterior:
    """What a test and the past say together; effects as measured, so a fall of a metric that should fall is negative.

    Attributes:
        mean: Relative effect, free of the winner's curse as far as the prior is true.
        lower: Lower end of its credible interval.
        upper: Upper end.
        probability_better: Probability that the treatment improves the metric.
        expected_loss: What shipping would lose on average, relative, counting the cases in which it is worse.
        weight: Share of the mean that comes from the test itself.
    """

    mean: float
    lower: float
    upper: float
    probability_better: float
    expected_loss: float
    weight: float


WEAK_PRIOR = EffectPrior(mean=0.0, sd=WEAK_SD, tests=0, learnt=False)


def learn_prior(past: pd.DataFrame | None, *, without: str = "", kind: str = "users") -> EffectPrior:
    """Learn how large true effects are from past tests of one kind; too few leave the weak prior.

    Args:
        past: The registry's newest records, `RECORD_COLUMNS`; None where there are none.
        without: The experiment that is to be judged: it must not be its own witness.
        kind: Which kind of test.
    """
    if past is None or past.empty:
        return WEAK_PRIOR
    effects, errors = improvements(past[(past.experiment_id != without) & (past.kind == kind)])
    if len(effects) < FEWEST_TESTS:
        return EffectPrior(mean=WEAK_PRIOR.mean, sd=WEAK_PRIOR.sd, tests=len(effects), learnt=False)
    mean, sd = predictive_moments(effects, errors)
    return EffectPrior(mean=mean, sd=sd, tests=len(effects), learnt=True)


def improvements(past: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Relative effects of settled tests, positive for better, with their standard errors; both of shape (test,)."""
    settled = past[past.verdict.isin(SETTLED) & np.isfinite(past.relative) & (past.relative_se > 0)]
    return improvement(settled).to_numpy(), settled.relative_se.to_numpy()


def improvement(records: pd.DataFrame) -> pd.Series:
    """Relative effect of each record, positive for better."""
    return records.relative.where(records.higher_is_better, -records.relative)


def predictive_moments(effects: np.ndarray, errors: np.ndarray) -> tuple[float, float]:
    """Mean and standard deviation of the next test's true effect.

    Both the mean and the spread of true effects are integrated out, under a normal and a half-normal of the weak prior's
    width: a spread of zero is never believed outright, however well a few tests agree.

    Args:
        effects: Measured effects, shape (test,).
        errors: Their standard errors, shape (test,), above zero.
    """
    variance = _SPREADS[:, None] ** 2 + errors**2
    precision = (1 / variance).sum(1) + WEAK_SD**-2
    weighted = (effects / variance).sum(1)
    mean = weighted / precision
    log_density = -0.5 * (np.log(variance).sum(1) + np.log(precision) + (effects**2 / variance).sum(1))
    log_density += 0.5 * weighted * mean - 0.5 * (_SPREADS / WEAK_SD) ** 2
    mass = np.exp(log_density - log_density.max()) * np.gradient(_SPREADS)
    mass /= mass.sum()
    overall = mass @ mean
    return float(overall), math.sqrt(mass @ (_SPREADS**2 + 1 / precision + (mean - overall) ** 2))


def posterior(
    effect: float, se: float, prior: EffectPrior, *, level: float = 0.95, higher_is_better: bool = True
) -> Posterior:
    """What remains of a measured effect in the light of past tests.

    Args:
        effect: Relative effect as measured.
        se: Its fixed-horizon standard error, however often it was looked at.
        prior: Where true effects lie.
        level: Probability of the interval.
        higher_is_better: Direction of improvement of the metric.

    Raises:
        SpecError: If the standard error is negative.
    """
    if se < 0:
        raise SpecError(f"the standard error of an effect is {se}; it can't be negative, hand over its absolute value")
    sign = 1.0 if higher_is_better else -1.0
    weight = prior.sd**2 / (prior.sd**2 + se**2)
    mean = weight * sign * effect + (1 - weight) * prior.mean
    sd = math.sqrt(weight) * se
    half_width = _STANDARD.inv_cdf((1 + level) / 2) * sd
    return Posterior(
        mean=sign * mean,
        lower=sign * mean - half_width,
        upper=sign * mean + half_width,
        probability_better=_probability_above_zero(mean, sd),
        expected_loss=_expected_loss(mean, sd),
        weight=weight,
    )


def _probability_above_zero(mean: float, sd: float) -> float:
    return _STANDARD.cdf(mean / sd) if sd != 0 else float(mean > 0)


def _expected_loss(mean: float, sd: float) -> float:
    """The mean of max(−effect, 0) for a normal effect."""
    if sd == 0:
        return max(-mean, 0.0)
    return sd * _STANDARD.pdf(mean / sd) - mean * _STANDARD.cdf(-mean / sd)
