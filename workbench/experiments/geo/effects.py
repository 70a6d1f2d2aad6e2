"""What the change of spend brought in the treated markets."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from workbench.config import GeoExperiment
from workbench.experiments.geo.conformal import infer_effect, suppose_effects
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

    def plus(self, amount: float) -> Bounded:
        return Bounded(estimate=self.estimate + amount, lower=self.lower + amount, upper=self.upper + amount)


@dataclass(frozen=True, kw_only=True)
class GeoEffect:
    """The effect of one geo test.

    Attributes:
        control: The synthetic control, fitted before the test.
        synthetic: Its KPI per treated market, shape (period,).
        att: Effect per treated market and period, in KPI units.
        p_value: Of no effect.
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


def measure_effect(panel: GeoPanel, spec: GeoExperiment) -> GeoEffect:
    """Fit the synthetic control before the test, and compare during it."""
    treated, before = panel.mean_treated, ~panel.tested
    penalty = choose_penalty(treated[before], panel.donors[before]) if spec.augment else None
    control = fit_synthetic_control(treated[before], panel.donors[before], penalty)
    synthetic = control.predict(panel.donors)
    estimate = float((treated - synthetic)[panel.tested].mean())
    supposed = suppose_effects(treated, panel.donors, panel.tested, penalty)
    inference = infer_effect(supposed, estimate, spec.confidence)
    att = Bounded(estimate=estimate, lower=inference.lower, upper=inference.upper)
    incremental = att.times(panel.treated.shape[1] * panel.periods_tested)
    value = incremental.times(spec.value_per_kpi)
    l2_imbalance, scaled_l2 = imbalance(treated[before], panel.donors[before], control)
    return GeoEffect(
        control=control,
        synthetic=synthetic,
        att=att,
        p_value=inference.p_value,
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
    yield Estimate(quantity="l2_imbalance", entity=entity, estimate=effect.l2_imbalance)
    yield Estimate(quantity="scaled_l2", entity=entity, estimate=effect.scaled_l2)
    yield Estimate(quantity="treated_markets", entity=entity, estimate=panel.treated.shape[1])


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
