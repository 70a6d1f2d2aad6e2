"""How many units find an effect, and which effect a number of units finds, for a metric of any kind.

All kinds reduce to a level and a variance per unit; a proportion's variance follows its level.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import stats

from workbench.experiments.design.schedule import Schedule

ROUNDS = 60
CLOSE = 1e-12
FEWEST_UNITS = 4


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """A metric before the test.

    Attributes:
        level: Its mean, proportion, ratio or quantile.
        variance: Variance per unit of the plain metric: that of an arm's level, times its units.
        adjusted: The same after the covariates took their part; `variance` without any.
        proportion: Whether the level settles the variance.
        direction: 1 where more is better, -1 where less is.
    """

    level: float
    variance: float
    adjusted: float
    proportion: bool = False
    direction: int = 1

    def variance_at(self, effect: float) -> float:
        """Adjusted variance per unit once the level has changed for the better by a fraction `effect`."""
        if not self.proportion:
            return self.adjusted
        level = self.level_at(effect)
        return level * (1 - level) * self.adjusted / self.variance

    def level_at(self, effect: float) -> float:
        return self.level + self.direction * effect * abs(self.level)


@dataclass(frozen=True, kw_only=True)
class Split:
    """How all units of a test are shared out.

    Attributes:
        control: The control's share of them.
        treatment: The share of the treatment that is compared, the smallest where there are several.
    """

    control: float
    treatment: float

    def welch_df(self, units: float, control: float, treatment: float) -> float:
        """Degrees of freedom of arms with these variances per unit."""
        a, b = control / (self.control * units), treatment / (self.treatment * units)
        return (a + b) ** 2 / (a**2 / (self.control * units - 1) + b**2 / (self.treatment * units - 1))


def power(baseline: Baseline, effect: float, units: float, split: Split, schedule: Schedule) -> float:
    """Probability that a test claims a difference.

    Args:
        baseline: The metric.
        effect: True change for the better, as a fraction of the level.
        units: Units of all arms together.
        split: How they are shared out.
        schedule: When the test is read.
    """
    control, treatment = baseline.adjusted, baseline.variance_at(effect)
    drift = abs(effect * baseline.level) / _standard_error(units, split, control, treatment)
    return schedule.power(drift, split.welch_df(units, control, treatment))


def units_needed(baseline: Baseline, effect: float, split: Split, schedule: Schedule, wanted: float) -> float:
    """Units of all arms together that find `effect` with the power `wanted`; infinite for a metric whose level is 0.

    A level that the change would push out of its range, such as a proportion above 1, takes NaN units.
    """
    if baseline.proportion and not 0 < baseline.level_at(effect) < 1:
        return math.nan
    size = abs(effect * baseline.level)
    if size == 0:
        return math.inf
    control, treatment = baseline.adjusted, baseline.variance_at(effect)
    per_unit = _standard_error(1.0, split, control, treatment)
    fewest = FEWEST_UNITS / min(split.control, split.treatment)
    units = max((schedule.drift_for(wanted) * per_unit / size) ** 2, fewest)
    for _ in range(ROUNDS):
        # Small tests have heavier tails, whose weight depends on the size that is sought.
        drift = schedule.drift_for(wanted, split.welch_df(units, control, treatment))
        following = max((drift * per_unit / size) ** 2, fewest / 2)
        if abs(following / units - 1) < CLOSE:
            break
        units = following
    return units


def smallest_effect(baseline: Baseline, units: float, split: Split, schedule: Schedule, wanted: float) -> float:
    """The smallest change for the better, as a fraction of the level, that is found with the power `wanted` (MDE).

    NaN where there is none, as for a proportion that would have to exceed 1.
    """
    if baseline.level == 0:
        return math.nan
    effect = 0.0
    for _ in range(ROUNDS):
        treatment = baseline.variance_at(effect)
        drift = schedule.drift_for(wanted, split.welch_df(units, baseline.adjusted, treatment))
        following = drift * _standard_error(units, split, baseline.adjusted, treatment) / abs(baseline.level)
        if baseline.proportion and not 0 < baseline.level_at(following) < 1:
            return math.nan
        if abs(following - effect) < CLOSE * following:
            break
        effect = following
    return following


def guardrail_power(baseline: Baseline, margin: float, units: float, split: Split, schedule: Schedule) -> float:
    """Probability that a harmless treatment is shown, at the last reading, to be worse by less than a fraction `margin`.

    The treatment is compared with the control's level at the margin: where the relative interval ends, by Fieller.
    """
    drift = margin * abs(baseline.level) / _margin_error(baseline, margin, units, split)
    return float(stats.norm.sf(schedule.last_bound - drift))


def guardrail_units(baseline: Baseline, margin: float, split: Split, schedule: Schedule, wanted: float) -> float:
    """Units of all arms together that show this with the power `wanted`; infinite for a metric whose level is 0."""
    if baseline.level == 0:
        return math.inf
    drift = schedule.last_bound + stats.norm.ppf(wanted)
    return float((drift * _margin_error(baseline, margin, 1.0, split) / (margin * baseline.level)) ** 2)


def smallest_margin(baseline: Baseline, units: float, split: Split, schedule: Schedule, wanted: float) -> float:
    """The narrowest margin that a harmless treatment is shown to keep with the power `wanted`; NaN at 100% or more."""
    if baseline.level == 0:
        return math.nan
    drift = float(schedule.last_bound + stats.norm.ppf(wanted))
    # Squared, `margin * level = drift * error(margin)` is a quadratic in the control's factor 1 - direction * margin.
    sign = -baseline.direction if baseline.level > 0 else baseline.direction
    noise = drift**2 * baseline.adjusted / (units * baseline.level**2)
    control, treatment = noise / split.control, noise / split.treatment
    if control >= 1:
        return math.nan
    margin = (sign * control + math.sqrt(control**2 + (1 - control) * (control + treatment))) / (1 - control)
    return margin if margin < 1 else math.nan


def _standard_error(units: float, split: Split, control: float, treatment: float) -> float:
    return math.sqrt((control / split.control + treatment / split.treatment) / units)


def _margin_error(baseline: Baseline, margin: float, units: float, split: Split) -> float:
    factor = baseline.level_at(-margin) / baseline.level
    return _standard_error(units, split, factor**2 * baseline.adjusted, baseline.adjusted)
