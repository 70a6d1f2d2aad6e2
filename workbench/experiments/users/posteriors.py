"""What a test says together with all tests before it: the Bayesian reading beside the one that decides."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from workbench.config import UserExperiment
from workbench.experiments.registry.shrinkage import EffectPrior, Posterior, posterior
from workbench.experiments.result import POSTERIOR_COLUMNS, typed_frame
from workbench.experiments.users.comparisons import Comparison, MetricEffect
from workbench.experiments.users.estimators import Difference


@dataclass(frozen=True, kw_only=True)
class Belief:
    """One primary metric of one treatment in the light of past tests.

    Attributes:
        posterior: Of the relative effect.
    """

    variant: str
    effect: MetricEffect
    posterior: Posterior


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
                yield Belief(
                    variant=comparison.variant,
                    effect=effect,
                    posterior=posterior(
                        effect.difference.relative,
                        error,
                        prior,
                        level=spec.confidence,
                        higher_is_better=effect.metric.higher_is_better,
                    ),
                )


def relative_error(found: Difference) -> float:
    """Standard error of the relative effect for a single look, NaN where there is no relative effect.

    The control's mean is taken as the unit: its own error blurs the size of an effect, not whether there is one, so the
    probability of being better rests on the same evidence as the p-value.
    """
    return math.nan if math.isnan(found.relative) else found.se / abs(found.control)
