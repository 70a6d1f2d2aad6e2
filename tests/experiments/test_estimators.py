"""Differences of means against tea-tasting, scipy and the definition of Fieller's interval."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import tea_tasting as tt
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from workbench.config import Metric
from workbench.experiments.users.engine import arm_moments, pooled
from workbench.experiments.users.estimators import ArmMean, arm_means, difference

from .conftest import UnitsTable

RATIO = {"kind": "ratio", "numerator": "orders", "denominator": "sessions"}
PAIRS = [
    (Metric(name="spend"), tt.Mean("spend")),
    (Metric(name="spend", covariate="past_spend"), tt.Mean("spend", "past_spend")),
    (Metric.model_validate({"name": "rate", **RATIO}), tt.RatioOfMeans("orders", "sessions")),
    (
        Metric.model_validate({"name": "rate", "covariate": "past_spend", **RATIO}),
        tt.RatioOfMeans("orders", "sessions", "past_spend"),
    ),
]


@pytest.mark.parametrize(("metric", "peer"), PAIRS, ids=["mean", "cuped", "ratio", "ratio with cuped"])
def test_effects_agree_with_tea_tasting(
    two_arms: pd.DataFrame, units_table: UnitsTable, metric: Metric, peer: tt.RatioOfMeans
) -> None:
    moments = arm_moments(units_table(two_arms), [metric])
    ours = difference(*arm_means(metric, moments["none"], moments["offer"]), level=0.95)
    theirs = peer.analyze(two_arms, "none", "offer", "variant")
    np.testing.assert_allclose(
        [ours.control, ours.treatment, ours.absolute, ours.absolute_lower, ours.absolute_upper, ours.p_value],
        [
            theirs.control,
            theirs.treatment,
            theirs.effect_size,
            theirs.effect_size_ci_lower,
            theirs.effect_size_ci_upper,
            theirs.pvalue,
        ],
        rtol=1e-8,
    )
    # Theirs is on the log scale, ours is Fieller's: they agree to first order.
    assert ours.relative == pytest.approx(theirs.rel_effect_size, rel=1e-8)
    width = theirs.rel_effect_size_ci_upper - theirs.rel_effect_size_ci_lower
    assert ours.relative_upper - ours.relative_lower == pytest.approx(width, rel=0.05)


def test_cuped_removes_the_squared_correlation_of_the_variance() -> None:
    rng = np.random.default_rng(5)
    past = rng.normal(size=40_000)
    outcome = 0.8 * past + 0.6 * rng.normal(size=40_000)
    frame = pd.DataFrame({"variant": ["a", "b"] * 20_000, "outcome": outcome, "past": past})
    adjusted = Metric(name="outcome", covariate="past")
    moments = arm_moments(_memory(frame), [adjusted])
    reduced = difference(*arm_means(adjusted, moments["a"], moments["b"]), level=0.95).se ** 2
    plain = difference(*arm_means(Metric(name="outcome"), moments["a"], moments["b"]), level=0.95).se ** 2
    assert 1 - reduced / plain == pytest.approx(0.64, abs=0.01)


def test_moments_are_those_of_pandas(two_arms: pd.DataFrame, units_table: UnitsTable) -> None:
    metric = Metric(name="spend", covariate="past_spend")
    moments = arm_moments(units_table(two_arms), [metric])
    total = pooled(moments["none"], moments["offer"])
    covariance = two_arms[["spend", "past_spend"]].cov()
    for left in ("spend", "past_spend"):
        assert total.mean[left] == pytest.approx(two_arms[left].mean(), rel=1e-12)
        for right in ("spend", "past_spend"):
            assert total.covariance[left, right] == pytest.approx(covariance.loc[left, right], rel=1e-10)


positive = st.floats(0.1, 100)


@settings(max_examples=300, deadline=None)
@given(
    control=st.floats(-50, 50).filter(lambda mean: abs(mean) > 0.01),
    effect=st.floats(-20, 20),
    errors=st.tuples(positive, positive),
    units=st.tuples(st.integers(3, 500), st.integers(3, 500)),
)
def test_relative_and_absolute_intervals_never_disagree_about_zero(
    control: float, effect: float, errors: tuple[float, float], units: tuple[int, int]
) -> None:
    arms = [
        ArmMean(units=n, mean=mean, weights={}, variance=error**2 / 100)
        for n, mean, error in zip(units, (control, control + effect), errors, strict=True)
    ]
    found = difference(arms[0], arms[1], level=0.95)
    if math.isnan(found.relative):
        return
    assert found.relative_lower <= found.relative <= found.relative_upper
    assert math.copysign(1, found.relative) == math.copysign(1, found.absolute) or found.relative == 0
    if min(abs(found.absolute_lower), abs(found.absolute_upper)) > 1e-6:
        assert (found.absolute_lower > 0) == (found.relative_lower > 0)
        assert (found.absolute_upper < 0) == (found.relative_upper < 0)


def test_fieller_covers_the_true_ratio_as_often_as_promised() -> None:
    rng = np.random.default_rng(9)
    covered = 0
    for _ in range(2000):
        a, b = rng.exponential(1.0, 60), rng.exponential(1.3, 60)
        arms = [ArmMean(units=60, mean=x.mean(), weights={}, variance=x.var(ddof=1) / 60) for x in (a, b)]
        found = difference(arms[0], arms[1], level=0.95)
        covered += found.relative_lower <= 0.3 <= found.relative_upper
    # Means of 60 exponentials are still skewed: 95% less at most 2 points.
    assert 0.93 <= covered / 2000 <= 0.965


def test_welch_p_value_is_scipys() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(0, 1, 12), rng.normal(0.8, 3, 30)
    arms = [ArmMean(units=len(x), mean=x.mean(), weights={}, variance=x.var(ddof=1) / len(x)) for x in (a, b)]
    oracle = stats.ttest_ind(b, a, equal_var=False)
    found = difference(arms[0], arms[1], level=0.8)
    interval = oracle.confidence_interval(0.8)
    assert found.p_value == pytest.approx(oracle.pvalue, rel=1e-10)
    np.testing.assert_allclose([found.absolute_lower, found.absolute_upper], [interval.low, interval.high], rtol=1e-10)


def test_two_constant_arms_have_no_error_and_no_nan() -> None:
    same = difference(*(ArmMean(units=5, mean=1.0, weights={}, variance=0.0) for _ in range(2)), level=0.95)
    assert (same.absolute, same.absolute_lower, same.absolute_upper, same.p_value, same.relative) == (0, 0, 0, 1, 0)


def _memory(frame: pd.DataFrame):  # type: ignore[no-untyped-def]
    import ibis

    return ibis.memtable(frame)
