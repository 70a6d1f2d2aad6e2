"""Whether a ratio's denominator stands far enough from zero for the ratio to have an interval."""

from __future__ import annotations

import math
from collections.abc import Iterator

from workbench.config import UserExperiment
from workbench.experiments.users.measure import MeasuredTest
from workbench.experiments.users.winsorizing import measured_columns
from workbench.result import Check
from workbench.wording import percent

MOST_NOISE = 0.1


def denominator_checks(measured: MeasuredTest, spec: UserExperiment) -> Iterator[Check]:
    """One check per ratio: the standard error of the denominator's mean, as a share of that mean, where it is largest.

    A ratio of means is biased by at most this share of its own standard error; beyond a tenth, the delta method's interval
    is no longer where it says.

    References:
        Cochran (1977), Sampling Techniques, 3rd edition, section 6.8.
    """
    for metric in spec.metrics:
        if metric.kind == "ratio":
            noise = {arm: _noise(measured, arm, measured_columns(metric)[1]) for arm in measured.arms}
            arm = max(noise, key=lambda name: noise[name])
            passed = noise[arm] <= MOST_NOISE
            state = "stands clear of zero" if passed else "is too near to zero"
            mend = (
                ""
                if passed
                else ", so its interval can't be trusted; wait for more users, or read numerator and denominator"
            )
            yield Check(
                name=f"denominator {metric.name}",
                passed=passed,
                value=noise[arm],
                threshold=MOST_NOISE,
                detail=f"{metric.denominator}, which {metric.name} is divided by, {state}: its mean is known to "
                f"{percent(noise[arm])} in {arm}{mend}.",
            )


def _noise(measured: MeasuredTest, arm: str, column: str) -> float:
    moments = measured.arms[arm]
    return math.sqrt(moments.covariance[column, column] / moments.units) / moments.mean[column]
