"""Sizes and power against statsmodels, R's printed numbers, published constants, and simulation of the readings themselves."""

import json
import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import TTestIndPower

from workbench.config import Metric, UserExperiment
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
from workbench.experiments.design.schedule import Schedule, planned_schedule, schedule_of
from workbench.experiments.users.estimators import ArmMean, difference

UNIT = Baseline(level=1.0, variance=1.0, adjusted=1.0)
HALVES = Split(control=0.5, treatment=0.5)
ONCE = schedule_of("fixed", 0.95)


@pytest.fixture(scope="module")
def published(shared_data):
    return json.loads((shared_data / "experiments" / "reference.json").read_text())["power"]


def test_small_tests_have_the_power_that_r_prints(published):
    assert power(UNIT, 1.0, 40, HALVES, ONCE) == pytest.approx(
        published["power.t.test(n=20,d=1)"]["two-sided incl. far tail"], abs=1e-7
    )
    assert units_needed(UNIT, 1.0, HALVES, ONCE, 0.9) / 2 == pytest.approx(published["power.t.test n for .9"], abs=1e-4)


def test_a_proportion_needs_what_r_prints_but_for_its_pooled_variance(published):
    """power.prop.test takes the pooled variance without effect; the readout doesn't pool, which differs by 0.2% here."""
    share = Baseline(level=0.2, variance=0.16, adjusted=0.16, proportion=True)
    needed = units_needed(share, 0.25, HALVES, ONCE, 0.8) / 2
    assert needed == pytest.approx(published["p .20->.25 power .8 n/arm"], rel=0.003)
    drift = stats.norm.isf(0.025) + stats.norm.ppf(0.8)
    assert needed == pytest.approx(drift**2 * (0.16 + 0.1875) / 0.05**2, rel=1e-3)


@pytest.mark.parametrize("treated", [0.5, 0.2])
@pytest.mark.parametrize("effect", [0.05, 0.4, 1.2])
def test_unequal_arms_need_what_statsmodels_says(treated, effect):
    split = Split(control=1 - treated, treatment=treated)
    needed = units_needed(UNIT, effect, split, ONCE, 0.8)
    control = TTestIndPower().solve_power(effect, power=0.8, alpha=0.05, ratio=treated / (1 - treated))
    # statsmodels pools the variances; Welch's fewer degrees of freedom cost unequal arms a handful of units.
    handful = 0.01 if treated == 0.5 else 6
    assert needed == pytest.approx(control / (1 - treated), abs=handful)


@pytest.mark.parametrize("reading", ["fixed", "group_sequential", "auto", "always_valid"])
def test_the_smallest_effect_is_the_one_whose_size_is_needed(reading):
    schedule = schedule_of(reading, 0.9)
    share = Baseline(level=0.03, variance=0.0291, adjusted=0.025, proportion=True, direction=-1)
    needed = units_needed(share, 0.2, HALVES, schedule, 0.7)
    assert smallest_effect(share, needed, HALVES, schedule, 0.7) == pytest.approx(0.2, rel=1e-6)
    assert power(share, 0.2, needed, HALVES, schedule) == pytest.approx(0.7, abs=1e-6)


def test_what_a_proportion_cannot_reach_has_no_size():
    share = Baseline(level=0.6, variance=0.24, adjusted=0.24, proportion=True)
    assert math.isnan(units_needed(share, 0.7, HALVES, ONCE, 0.8))
    assert math.isnan(smallest_effect(share, 20, HALVES, ONCE, 0.8))
    assert units_needed(Baseline(level=0.0, variance=1.0, adjusted=1.0), 0.1, HALVES, ONCE, 0.8) == math.inf


@pytest.mark.parametrize(("looks", "constant", "inflation"), [(2, 1.977, 1.008), (4, 2.024, 1.024), (5, 2.040, 1.028)])
def test_obrien_fleming_tests_take_the_published_inflation(looks, constant, inflation):
    """Jennison, Turnbull (2000), Tables 2.3 and 2.4, alpha 0.05, power 0.8."""
    shares = tuple(np.arange(1, looks + 1) / looks)
    bounds = tuple(constant * math.sqrt(1 / share) for share in shares)
    planned = Schedule(shares=shares, bounds=bounds, alpha=0.05)
    assert planned.power(0.0) == pytest.approx(0.05, abs=1e-4)
    assert (planned.drift_for(0.8) / ONCE.drift_for(0.8)) ** 2 == pytest.approx(inflation, abs=6e-4)


@pytest.mark.parametrize("reading", ["group_sequential", "auto", "always_valid"])
def test_power_and_duration_are_those_of_simulated_paths(reading):
    schedule, paths = schedule_of(reading, 0.95), 40_000
    rng = np.random.default_rng(3)
    shares, bounds = np.array(schedule.shares), np.array(schedule.bounds)
    noise = rng.normal(size=(paths, len(shares))) * np.sqrt(np.diff(shares, prepend=0.0))
    for drift in (0.0, 2.0, 2.85):
        scores = (np.cumsum(noise, axis=1) + drift * shares) / np.sqrt(shares)
        crossed = np.abs(scores) >= bounds
        claimed = crossed.any(axis=1)
        ended = np.where(claimed, shares[np.argmax(crossed, axis=1)], 1.0)
        error = 4 * math.sqrt(0.25 / paths)
        assert schedule.power(drift) == pytest.approx(claimed.mean(), abs=error)
        assert schedule.expected_share(drift) == pytest.approx(ended.mean(), abs=error)


def test_looking_at_any_time_errs_no_more_than_looking_once():
    for reading in ("fixed", "group_sequential", "auto", "always_valid"):
        assert schedule_of(reading, 0.95).power(0.0) <= 0.05 + 1e-6


def test_declared_looks_are_planned_with_the_bounds_of_their_reading():
    spec = UserExperiment(control="a", metrics=(Metric(name="m"),), looks=(0.5, 1.0), planned_units=4000)
    planned = planned_schedule(spec, 0.95)
    assert planned.shares == (0.5, 1.0)
    assert planned.bounds[0] > planned.bounds[1] > ONCE.last_bound
    assert planned_schedule(spec.model_copy(update={"planned_units": 900}), 0.95) == planned


@pytest.mark.parametrize("direction", [1, -1])
def test_guardrails_are_cleared_as_often_as_planned(direction):
    """Simulated harmless treatments, judged by Fieller's interval of the readout."""
    rail = Baseline(level=0.05, variance=0.05 * 0.95, adjusted=0.05 * 0.95, proportion=True, direction=direction)
    split = Split(control=0.4, treatment=0.6)
    units = guardrail_units(rail, 0.1, split, ONCE, 0.8)
    assert guardrail_power(rail, 0.1, units, split, ONCE) == pytest.approx(0.8)
    assert smallest_margin(rail, units, split, ONCE, 0.8) == pytest.approx(0.1, rel=1e-9)
    rng, tests = np.random.default_rng(5), 3000
    arms = {share: rng.binomial(round(share * units), 0.05, size=tests) / round(share * units) for share in (0.4, 0.6)}
    cleared = [_cleared(*pair, units, direction) for pair in zip(arms[0.4], arms[0.6], strict=True)]
    assert np.mean(cleared) == pytest.approx(0.8, abs=4 * math.sqrt(0.16 / tests))


def _cleared(control: float, treatment: float, units: float, direction: int) -> bool:
    control_arm, treated_arm = (
        ArmMean(units=round(n), mean=p, weights={}, variance=p * (1 - p) / n)
        for p, n in ((control, 0.4 * units), (treatment, 0.6 * units))
    )
    found = difference(control_arm, treated_arm, 0.95)
    return min(direction * found.relative_lower, direction * found.relative_upper) > -0.1
