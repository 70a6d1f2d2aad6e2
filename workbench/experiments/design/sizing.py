"""From measured metrics to a plan: how many units, how long, what it finds and costs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from workbench.config import Metric, UserExperiment
from workbench.errors import SpecError
from workbench.experiments.design.arrivals import Arrivals
from workbench.experiments.design.baselines import MeasuredHistory
from workbench.experiments.design.power import (
    Baseline,
    Split,
    guardrail_power,
    guardrail_units,
    power,
    smallest_effect,
    smallest_margin,
    units_needed,
)
from workbench.experiments.design.result import UserPlan
from workbench.experiments.design.schedule import Schedule, planned_schedule
from workbench.experiments.users.comparisons import added_cost

# Users of a test that no company has.
BEYOND_ALL = 1e12


@dataclass(frozen=True, kw_only=True)
class Goal:
    """What a test is to find, and in which time.

    Attributes:
        effect: Smallest change of the deciding metric worth finding, as a fraction of its level.
        power: Probability of finding it.
        most_weeks: Longest that the test may take, outcomes included.
    """

    effect: float = 0.05
    power: float = 0.8
    most_weeks: float = 13


@dataclass(frozen=True, kw_only=True)
class Arms:
    """Who gets what.

    Attributes:
        shares: Share of all units by variant.
        control: The one that is compared with.
    """

    shares: dict[str, float]
    control: str

    @property
    def split(self) -> Split:
        """The comparison that has fewest units."""
        treated = [share for name, share in self.shares.items() if name != self.control]
        return Split(control=self.shares[self.control], treatment=min(treated))

    @property
    def treated(self) -> float:
        return 1 - self.shares[self.control]

    def cost(self, spec: UserExperiment) -> float:
        """What a unit of the test costs on average more than without it."""
        return sum(share * added_cost(spec, name) for name, share in self.shares.items() if name != self.control)


@dataclass(frozen=True, kw_only=True)
class Sizing:
    """All that sizes follow from.

    Attributes:
        schedule: When the test is read.
        outcome_weeks: Weeks for which each unit's outcome counts.
    """

    measured: MeasuredHistory
    arrivals: Arrivals
    arms: Arms
    schedule: Schedule
    goal: Goal
    outcome_weeks: int

    @property
    def leading(self) -> Metric:
        """The first primary metric."""
        return next(metric for metric in self.measured.spec.metrics if metric.role == "primary")

    def baseline(self, metric: Metric) -> Baseline:
        return self.measured.baselines[metric.name]

    def needed(self, metric: Metric, effect: float) -> float:
        """Units that find an effect, or show that a guardrail keeps its margin."""
        ask = (self.arms.split, self.schedule, self.goal.power)
        if metric.role == "guardrail":
            return guardrail_units(self.baseline(metric), metric.margin, *ask)
        return units_needed(self.baseline(metric), effect, *ask)

    def smallest(self, metric: Metric, units: float) -> float:
        """Smallest effect that so many units find; of a guardrail, the narrowest margin that they show is kept."""
        find = smallest_margin if metric.role == "guardrail" else smallest_effect
        return find(self.baseline(metric), units, self.arms.split, self.schedule, self.goal.power)

    def power(self, metric: Metric, units: float) -> float:
        """Probability of finding the goal's effect, or of showing that a guardrail keeps its margin."""
        if metric.role == "guardrail":
            return guardrail_power(self.baseline(metric), metric.margin, units, self.arms.split, self.schedule)
        return power(self.baseline(metric), self.goal.effect, units, self.arms.split, self.schedule)

    def deciding(self, effect: float) -> tuple[float, str]:
        """Units that find an effect and clear all guardrails, and the metric that needs most of them."""
        guardrails = [metric for metric in self.measured.spec.metrics if metric.role == "guardrail"]
        needs = [(self.needed(metric, effect), metric.name) for metric in (self.leading, *guardrails)]
        return max(needs, key=lambda need: math.inf if math.isnan(need[0]) else need[0])

    def weeks(self, units: float) -> float:
        """From the first entry to the last outcome."""
        return self.arrivals.weeks_for(units) + self.outcome_weeks

    def cost(self, units: float) -> float:
        return units * self.arms.cost(self.measured.spec)

    def gain(self, units: float, effect: float) -> float:
        """What a true effect on the deciding metric earns with the treated units of a test, NaN where it has no value."""
        metric = self.leading
        value = math.nan if metric.value is None else metric.value
        return units * self.arms.treated * value * effect * abs(self.baseline(metric).level)


def arms_of(spec: UserExperiment, found: Sequence[str]) -> Arms:
    """The arms as declared, else as an earlier test had them, else two; equal shares where none are declared."""
    names = tuple(spec.ratio or spec.variants or found or (spec.control, "treated"))
    weights = spec.ratio or dict.fromkeys(names, 1.0)
    total = sum(weights.values())
    return Arms(shares={name: weights[name] / total for name in names}, control=spec.control)


def comparison_level(spec: UserExperiment, arms: Arms) -> float:
    """Level of each comparison where treatments and primary metrics share one error.

    Bonferroni's, which is what the first step of Holm's correction asks: plans don't count on later steps.
    """
    family = (len(arms.shares) - 1) * sum(metric.role == "primary" for metric in spec.metrics)
    return 1 - (1 - spec.confidence) / family


def make_plan(sizing: Sizing) -> UserPlan:
    """The smallest test that reaches its goal, or the largest that there is time for.

    Raises:
        SpecError: If a metric that decides is nothing on average in the history.
    """
    goal, metric = sizing.goal, sizing.leading
    needed, decided_by = sizing.deciding(goal.effect)
    if needed > BEYOND_ALL:
        raise SpecError(
            f"metric {decided_by} is 0 on average in the history, or next to it, so that no share of it can be planned for; take another "
            "metric, or a history in which it occurs"
        )
    available = sizing.arrivals.within(max(goal.most_weeks - sizing.outcome_weeks, 0.0))
    units = min(needed, available)
    half, _ = sizing.deciding(goal.effect / 2)
    once = replace(sizing, schedule=_read_once(sizing))
    drift = sizing.schedule.drift_for(goal.power)
    return UserPlan(
        metric=metric.name,
        effect=goal.effect,
        power=goal.power,
        needed=needed,
        decided_by=decided_by,
        available=available,
        units=units,
        treated=units * sizing.arms.treated,
        smallest=sizing.smallest(metric, units),
        enrolment_weeks=sizing.arrivals.weeks_for(units),
        outcome_weeks=sizing.outcome_weeks,
        cost=sizing.cost(units),
        gain=sizing.gain(units, goal.effect),
        break_even=_break_even(sizing),
        inflation=sizing.needed(metric, goal.effect) / once.needed(metric, goal.effect),
        expected_share=sizing.schedule.expected_share(drift),
        half_units=half,
        half_weeks=sizing.weeks(half),
        half_cost=sizing.cost(half),
    )


def _read_once(sizing: Sizing) -> Schedule:
    spec = sizing.measured.spec.model_copy(update={"reading": "fixed", "looks": ()})
    return planned_schedule(spec, 1 - sizing.schedule.alpha)


def _break_even(sizing: Sizing) -> float:
    cost, gain = sizing.cost(1.0), sizing.gain(1.0, 1.0)
    return cost / gain if cost > 0 and gain > 0 else math.nan
