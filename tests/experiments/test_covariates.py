"""Several covariates at once against least squares on the units, and intervals against the truth of simulated worlds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from workbench.config import Metric
from workbench.experiments.users.engine import Moments, arm_moments
from workbench.experiments.users.estimators import Difference, arm_means, difference

from .conftest import UnitsTable

BOTH = Metric(name="spend", covariates=("past_spend", "sessions"))
RATE = Metric(name="rate", kind="ratio", numerator="orders", denominator="sessions", covariates=("past_spend", "spend"))


def compared(frame: pd.DataFrame, units_table: UnitsTable, metric: Metric) -> Difference:
    moments = arm_moments(units_table(frame), [metric])
    return difference(*arm_means(metric, moments["none"], moments["offer"]), 0.95)


def test_two_covariates_are_welch_on_the_residuals_of_least_squares(
    two_arms: pd.DataFrame, units_table: UnitsTable
) -> None:
    found = compared(two_arms, units_table, BOTH)
    before = two_arms[["past_spend", "sessions"]]
    slopes = sm.OLS(two_arms.spend, sm.add_constant(before)).fit().params[before.columns]
    adjusted = two_arms.spend - (before - before.mean()) @ slopes
    peer = CompareMeans(*(DescrStatsW(adjusted[two_arms.variant == arm]) for arm in ("offer", "none")))
    expected = [peer.d1.mean - peer.d2.mean, *peer.tconfint_diff(usevar="unequal"), peer.ttest_ind(usevar="unequal")[1]]
    np.testing.assert_allclose(
        [found.absolute, found.absolute_lower, found.absolute_upper, found.p_value], expected, rtol=1e-9
    )


def test_a_ratio_with_two_covariates_is_least_squares_on_its_linear_form(
    two_arms: pd.DataFrame, units_table: UnitsTable
) -> None:
    found = compared(two_arms, units_table, RATE)
    before = two_arms[["past_spend", "spend"]]
    rate = two_arms.orders.mean() / two_arms.sessions.mean()
    linear = (two_arms.orders - rate * two_arms.sessions) / two_arms.sessions.mean()
    slopes = sm.OLS(linear, sm.add_constant(before)).fit().params[before.columns]
    means, variances = [], []
    for arm in ("none", "offer"):
        own, chosen = two_arms[two_arms.variant == arm], before[two_arms.variant == arm]
        ratio = own.orders.mean() / own.sessions.mean()
        form = (own.orders - ratio * own.sessions) / own.sessions.mean() - (chosen - before.mean()) @ slopes
        means.append(ratio + form.mean())
        variances.append(form.var() / len(form))
    assert found.absolute == pytest.approx(means[1] - means[0], rel=1e-9)
    assert found.se == pytest.approx(np.sqrt(sum(variances)), rel=1e-9)


def test_a_covariate_given_twice_changes_nothing(two_arms: pd.DataFrame, units_table: UnitsTable) -> None:
    again = two_arms.assign(again=1e6 * two_arms.past_spend + 3, flat=7.0)
    once = compared(again, units_table, BOTH)
    twice = compared(again, units_table, Metric(name="spend", covariates=("past_spend", "sessions", "again", "flat")))
    np.testing.assert_allclose(list(vars(twice).values()), list(vars(once).values()), rtol=1e-7)


def test_the_second_covariate_removes_what_the_first_leaves() -> None:
    """Of variance 1, the covariates explain 0.36 and 0.48 and nothing of each other."""
    rng = np.random.default_rng(8)
    first, second, noise = rng.normal(size=(3, 60_000))
    frame = {"spend": 0.6 * first + np.sqrt(0.48) * second + 0.4 * noise, "first": first, "second": second}
    arms = [moments_of({name: values[half::2] for name, values in frame.items()}) for half in (0, 1)]
    left = [
        difference(*arm_means(Metric(name="spend", covariates=covariates), *arms), 0.95).se ** 2 * 15_000
        for covariates in ((), ("first",), ("first", "second"))
    ]
    np.testing.assert_allclose(left, [1, 0.64, 0.16], rtol=0.02)


def moments_of(columns: dict[str, np.ndarray]) -> Moments:
    """Moments of one arm by numpy."""
    names = list(columns)
    covariance = np.atleast_2d(np.cov(np.stack(list(columns.values()))))
    return Moments(
        units=len(columns[names[0]]),
        mean={name: float(values.mean()) for name, values in columns.items()},
        covariance={(a, b): float(covariance[i, j]) for i, a in enumerate(names) for j, b in enumerate(names)},
    )


def world(rng: np.random.Generator, units: int, lift: float) -> dict[str, np.ndarray]:
    """Outcomes of one arm whose units' spend is skewed and goes with two things known before."""
    past = rng.gamma(2.0, 10.0, size=units)
    visits = rng.poisson(3, size=units) + 1
    orders = rng.binomial(visits, 0.3)
    spend = 0.5 * past + 2 * visits + rng.exponential(8, size=units) * (1 + lift)
    return {
        "spend": spend,
        "past": past,
        "visits": visits.astype(float),
        "orders": orders.astype(float),
        "bought": (rng.random(units) < 0.2 * (1 + lift)).astype(float),
        "items": rng.poisson(1.5 * (1 + lift), size=units).astype(float),
    }


@pytest.mark.parametrize(
    ("metric", "truth"),
    [
        (Metric(name="spend"), 1.6),
        (Metric(name="spend", covariate="past"), 1.6),
        (Metric(name="spend", covariates=("past", "visits")), 1.6),
        (Metric(name="bought", kind="proportion"), 0.04),
        (Metric(name="items", kind="count"), 0.3),
        (Metric(name="rate", kind="ratio", numerator="orders", denominator="visits"), 0.0),
        (
            Metric(name="rate", kind="ratio", numerator="orders", denominator="visits", covariates=("past", "visits")),
            0.0,
        ),
        (Metric(name="basket", kind="ratio", numerator="spend", denominator="visits", covariate="past"), 0.4),
    ],
    ids=["mean", "cuped", "two covariates", "proportion", "count", "ratio", "ratio two covariates", "ratio cuped"],
)
def test_intervals_cover_the_truth_as_often_as_promised(metric: Metric, truth: float) -> None:
    rng = np.random.default_rng(21)
    worlds = 2_000
    covered = [
        found.absolute_lower <= truth <= found.absolute_upper
        for _ in range(worlds)
        if (found := difference(*arm_means(metric, *(moments_of(world(rng, 400, lift)) for lift in (0, 0.2))), 0.95))
    ]
    # 1.5 points are 3.1 binomial standard errors.
    assert 0.935 <= np.mean(covered) <= 0.965


def test_a_critical_value_widens_both_intervals_and_leaves_the_p_value() -> None:
    rng = np.random.default_rng(2)
    arms = arm_means(Metric(name="spend"), *(moments_of(world(rng, 400, lift)) for lift in (0, 0.2)))
    plain, wide = difference(*arms, 0.95), difference(*arms, 0.95, critical=3.2)
    # As rare for an estimated standard error as 3.2 known ones.
    reach = stats.t.isf(stats.norm.sf(3.2), plain.df)
    assert wide.absolute_upper - wide.absolute == pytest.approx(reach * plain.se, rel=1e-12)
    assert (wide.p_value, wide.absolute, wide.se) == (plain.p_value, plain.absolute, plain.se)
    # Fieller: at its ends, treatment less (1 + r) times control lies exactly as many standard errors from zero.
    for end in (wide.relative_lower, wide.relative_upper):
        apart = arms[1].mean - (1 + end) * arms[0].mean
        error = np.sqrt(arms[1].variance + (1 + end) ** 2 * arms[0].variance)
        assert abs(apart) / error == pytest.approx(reach, rel=1e-9)


@pytest.mark.parametrize("lift", [-0.6, 1.0])
def test_relative_effects_are_covered_however_large_they_are_and_however_well_covariates_predict(lift: float) -> None:
    """What both arms' means share through the covariates cancels in their difference, and doesn't in their ratio."""
    rng = np.random.default_rng(3)
    metric, worlds, covered = Metric(name="spend", covariate="past"), 2_000, 0
    for _ in range(worlds):
        arms = []
        for level in (1.0, 1.0 + lift):
            past, noise = rng.normal(size=(2, 400))
            arms.append(moments_of({"spend": level + 0.95 * past + 0.31 * noise, "past": past}))
        found = difference(*arm_means(metric, *arms), 0.95)
        covered += found.relative_lower <= lift <= found.relative_upper
    # Without what they share, 84% and 79%.
    assert 0.935 <= covered / worlds <= 0.965
