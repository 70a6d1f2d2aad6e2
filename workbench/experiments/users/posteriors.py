"""What a test says together with all tests before it: the Bayesian reading beside the one that decides."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd
from scipy import stats

from workbench.config import UserExperiment
from workbench.experiments.registry.shrinkage import EffectPrior, Posterior, posterior
from workbench.experiments.result import POSTERIOR_COLUMNS, typed_frame
from workbench.experiments.users.comparisons import Comparison, MetricEffect, added_cost
from workbench.experiments.users.estimators import Difference


@dataclass(frozen=True, kw_only=True)
class Worth:
    """What treating a unit earns after its cost, in the light of past tests.

    Attributes:
        gain: Expected, in currency a unit.
        probability: That it is above zero.
        expected_loss: Mean of what is lost where it is below zero, counting the other cases as nothing.
    """

    gain: float
    probability: float
    expected_loss: float


@dataclass(frozen=True, kw_only=True)
class Belief:
    """One primary metric of one treatment in the light of past tests.

    Attributes:
        posterior: Of the relative effect.
        worth: The same in money, None unless this metric is all that earns.
    """

    variant: str
    effect: MetricEffect
    posterior: Posterior
    worth: Worth | None


def beliefs(comparisons: Sequence[Comparison], spec: UserExperiment, prior: EffectPrior) -> tuple[Belief, ...]:
    """The posterior of every primary metric and treatment whose relative effect exists."""
    return tuple(_beliefs(comparisons, spec, prior))


def posterior_frame(found: Sequence[Belief], prior: EffectPrior) -> pd.DataFrame:
    """`POSTERIOR_COLUMNS`, a row each."""
    rows = [
        {
            "variant": belief.variant,
            "metric": belief.effect.metric.name,
            "measured": belief.effect.difference.relative,
            "relative": belief.posterior.mean,
            "relative_lower": belief.posterior.lower,
            "relative_upper": belief.posterior.upper,
            "probability_better": belief.posterior.probability_better,
            "expected_loss": belief.posterior.expected_loss,
            "gain_per_unit": belief.worth.gain if belief.worth else math.nan,
            "probability_pays": belief.worth.probability if belief.worth else math.nan,
            "expected_loss_per_unit": belief.worth.expected_loss if belief.worth else math.nan,
            "prior_mean": prior.mean,
            "prior_sd": prior.sd,
            "past_tests": prior.tests,
        }
        for belief in found
    ]
    return typed_frame(rows, POSTERIOR_COLUMNS)


def _beliefs(comparisons: Sequence[Comparison], spec: UserExperiment, prior: EffectPrior) -> Iterator[Belief]:
    for comparison in comparisons:
        for effect in comparison.of_role("primary"):
            error = relative_error(effect.difference)
            if error > 0:
                yield _belief(comparison, effect, error, spec, prior)


def _belief(
    comparison: Comparison, effect: MetricEffect, error: float, spec: UserExperiment, prior: EffectPrior
) -> Belief:
    found = posterior(
        effect.difference.relative,
        error,
        prior,
        level=spec.confidence,
        higher_is_better=effect.metric.higher_is_better,
    )
    sole = [metric.name for metric in spec.metrics if metric.value is not None] == [effect.metric.name]
    worth = (
        _worth(found, math.sqrt(found.weight) * error, effect, added_cost(spec, comparison.variant)) if sole else None
    )
    return Belief(variant=comparison.variant, effect=effect, posterior=found, worth=worth)


def _worth(found: Posterior, sd: float, effect: MetricEffect, cost: float) -> Worth:
    per_relative = (effect.metric.value or 0.0) * abs(effect.difference.control)
    gain, spread = per_relative * found.mean - cost, abs(per_relative) * sd
    safety = gain / spread if spread > 0 else math.copysign(math.inf, gain)
    return Worth(
        gain=gain,
        probability=float(stats.norm.cdf(safety)),
        expected_loss=float(spread * stats.norm.pdf(safety) - gain * stats.norm.cdf(-safety)),
    )


def relative_error(found: Difference) -> float:
    """Standard error of the relative effect for a single look, NaN where there is no relative effect.

    The control's mean is taken as the unit: its own error blurs the size of an effect, not whether there is one, so the
    probability of being better rests on the same evidence as the p-value.
    """
    return math.nan if math.isnan(found.relative) else found.se / abs(found.control)
