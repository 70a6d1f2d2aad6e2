"""What the change of spend brought in the treated markets."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from workbench.config import GeoExperiment
from workbench.experiments.geo.conformal import ConformalInference, infer_effect, suppose_effects
from workbench.experiments.geo.panel import GeoPanel
from workbench.experiments.geo.penalty import choose_penalty
from workbench.experiments.geo.synthetic_control import SyntheticControl, fit_synthetic_control, imbalance
from workbench.result import Estimate


@dataclass(frozen=True, kw_only=True)
class Bounded:
    """A number with its interval, which may be NaN."""

    estimate: float
    lower: float
    upper: float

    def times(self, factor: float) -> Bounded:
        ends = sorted((self.lower * factor, self.upper * factor))
        return Bounded(estimate=self.estimate * factor, lower=ends[0], upper=ends[1])

    def narrowed(self, factor: float) -> Bounded:
        """The interval that is `factor` times narrower around the estimate."""
        lower, upper = (self.estimate + (end - self.estimate) / factor for end in (self.lower, self.upper))
        return Bounded(estimate=self.estimate, lower=lower, upper=upper)

    def plus(self, amount: float) -> Bounded:
        return Bounded(estimate=self.estimate + amount, lower=self.lower + amount, upper=self.upper + amount)


@dataclass(frozen=True, kw_only=True)
class GeoEffect:
    """The effect of one geo test.

    Attributes:
        control: The synthetic control, fitted before the test.
        synthetic: Its KPI per treated market, shape (period,).
        att: Effect per treated market and period, in KPI units.
        p_value: Of no effect; it belongs to the interval.
        widening: How many times as wide every interval is as one that takes other times as the measure.
        by_other_times: P-value and interval of `att` with other times as the measure, the published form of the method.
        incremental: Effect in total over treated markets and periods, in KPI units.
        lift: Effect as a fraction of what the treated would have had.
        value: The total in currency.
        profit: `value` less the change of spend, None where that is unknown.
        iroas: `value` per unit of changed spend, None where that is unknown or zero.
        l2_imbalance: Root of the summed squared gaps before the test.
        scaled_l2: The same as a share of what equal donor weights leave.
        followed: Share of the treated's variance before the test that the synthetic control follows, at most 1.
        augmented_by: What the ridge augmentation added to `att`, None without it.
        penalty: Of the ridge augmentation, None without it.
    """

    control: SyntheticControl
    synthetic: np.ndarray
    att: Bounded
    p_value: float
    widening: float
    by_other_times: ConformalInference
    incremental: Bounded
    lift: Bounded
    value: Bounded
    profit: Bounded | None
    iroas: Bounded | None
    l2_imbalance: float
    scaled_l2: float
    followed: float
    augmented_by: float | None
    penalty: float | None


def ridge_penalty(panel: GeoPanel, spec: GeoExperiment) -> float | None:
    """The penalty of the ridge augmentation, None where the test asks for none."""
    before = ~panel.tested
    return choose_penalty(panel.mean_treated[before], panel.donors[before]) if spec.augment else None


def measure_effect(panel: GeoPanel, spec: GeoExperiment, penalty: float | None, widening: float) -> GeoEffect:
    """Fit the synthetic control before the test, and compare during it.

    Args:
        panel: The markets.
        spec: The test.
        penalty: Of its ridge augmentation, None for none.
        widening: Of its interval, 1 where untreated markets didn't stray unusually far during the test.
    """
    treated, before = panel.mean_treated, ~panel.tested
    control = fit_synthetic_control(treated[before], panel.donors[before], penalty)
    synthetic = control.predict(panel.donors)
    estimate = float((treated - synthetic)[panel.tested].mean())
    supposed = suppose_effects(treated, panel.donors, panel.tested, penalty)
    by_other_times = infer_effect(supposed, estimate, spec.confidence)
    inference = infer_effect(supposed, estimate, spec.confidence, widening) if widening > 1 else by_other_times
    att = Bounded(estimate=estimate, lower=inference.lower, upper=inference.upper)
    incremental = att.times(panel.treated.shape[1] * panel.periods_tested)
    value = incremental.times(spec.value_per_kpi)
    l2_imbalance, scaled_l2 = imbalance(treated[before], panel.donors[before], control)
    return GeoEffect(
        control=control,
        synthetic=synthetic,
        att=att,
        p_value=inference.p_value,
        widening=widening,
        by_other_times=by_other_times,
        incremental=incremental,
        lift=_lift(att, float(synthetic[panel.tested].mean())),
        value=value,
        profit=None if spec.spend_change is None else value.plus(-spec.spend_change),
        iroas=value.times(1 / spec.spend_change) if spec.spend_change else None,
        l2_imbalance=l2_imbalance,
        scaled_l2=scaled_l2,
        followed=_followed(treated[before], l2_imbalance),
        augmented_by=None if penalty is None else estimate - _plain_estimate(panel),
        penalty=penalty,
    )


def corrected(effect: GeoEffect, cells: int) -> GeoEffect:
    """The effect of one of several cells: its p-values belong to intervals that hold for all of them at once (Bonferroni)."""
    plain = effect.by_other_times
    return replace(
        effect,
        p_value=min(effect.p_value * cells, 1.0),
        by_other_times=replace(plain, p_value=min(plain.p_value * cells, 1.0)),
    )


def break_even(panel: GeoPanel, spec: GeoExperiment) -> float:
    """Effect per treated market and period that pays for the change of spend; 0 where that is unknown."""
    return (spec.spend_change or 0.0) / spec.value_per_kpi / panel.treated[panel.tested].size


def geo_estimates(
    effect: GeoEffect, panel: GeoPanel, spec: GeoExperiment, entity: str, currency: str
) -> Iterator[Estimate]:
    """The tidy rows, money first; `att` is per treated market and period."""
    bounded = [
        ("incremental_value", effect.value, currency),
        ("profit", effect.profit, currency),
        ("iroas", effect.iroas, ""),
        ("incremental", effect.incremental, ""),
        ("lift", effect.lift, "%"),
        ("att", effect.att, ""),
    ]
    for quantity, number, unit in bounded:
        if number is not None:
            yield Estimate(quantity=quantity, entity=entity, unit=unit, level=spec.confidence, **vars(number))
    yield Estimate(quantity="p_value", entity=entity, estimate=effect.p_value)
    if effect.widening > 1:
        yield from _by_other_times(effect, panel, spec, entity)
    yield Estimate(quantity="l2_imbalance", entity=entity, estimate=effect.l2_imbalance)
    yield Estimate(quantity="scaled_l2", entity=entity, estimate=effect.scaled_l2)
    yield Estimate(quantity="treated_markets", entity=entity, estimate=panel.treated.shape[1])


def _by_other_times(effect: GeoEffect, panel: GeoPanel, spec: GeoExperiment, entity: str) -> Iterator[Estimate]:
    """The method's published numbers, where untreated markets were too restless for other times to be the measure."""
    plain = effect.by_other_times
    att = Bounded(estimate=effect.att.estimate, lower=plain.lower, upper=plain.upper)
    bounded = [
        ("incremental_by_other_times", att.times(panel.treated[panel.tested].size), ""),
        ("lift_by_other_times", _lift(att, float(effect.synthetic[panel.tested].mean())), "%"),
        ("att_by_other_times", att, ""),
    ]
    for quantity, number, unit in bounded:
        yield Estimate(quantity=quantity, entity=entity, unit=unit, level=spec.confidence, **vars(number))
    yield Estimate(quantity="p_value_by_other_times", entity=entity, estimate=plain.p_value)
    yield Estimate(quantity="widening", entity=entity, estimate=effect.widening)


def _lift(att: Bounded, counterfactual: float) -> Bounded:
    """The effect relative to what would have been; undefined where that isn't positive."""
    if counterfactual <= 0:
        return Bounded(estimate=math.nan, lower=math.nan, upper=math.nan)
    return att.times(1 / counterfactual)


def _followed(treated: np.ndarray, l2_imbalance: float) -> float:
    movement = float(((treated - treated.mean()) ** 2).sum())
    return 1 - l2_imbalance**2 / movement if movement > 0 else math.nan


def _plain_estimate(panel: GeoPanel) -> float:
    plain = fit_synthetic_control(panel.mean_treated[~panel.tested], panel.donors[~panel.tested])
    return float((panel.mean_treated - plain.predict(panel.donors))[panel.tested].mean())
