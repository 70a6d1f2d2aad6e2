from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
import pytest
from scipy import stats

from workbench.config import Metric, UserExperiment
from workbench.experiments.sequential.multinomial import CONCENTRATION, sequential_p_values
from workbench.experiments.users.engine import Moments
from workbench.experiments.users.measure import MeasuredTest
from workbench.experiments.users.sample_ratio import expected_shares, mismatch_p_value, sample_ratio, srm_checks

SPEC = UserExperiment(control="none", metrics=(Metric(name="spend"),), segments=("country", "device"))
DAYS = [date(2025, 11, 3) + timedelta(days=day) for day in range(20)]


def measured(
    segments: Mapping[str, Mapping[str, Mapping[str, int]]], daily: Mapping[str, list[int]] | None = None
) -> MeasuredTest:
    return MeasuredTest(
        experiment_id="spring",
        counts={"none": 50_000, "offer": 50_000},
        arms={},
        segments={
            segment: {
                value: {name: Moments(units=units, mean={}, covariance={}) for name, units in arms.items()}
                for value, arms in values.items()
            }
            for segment, values in segments.items()
        },
        daily={name: dict(zip(DAYS, counts, strict=True)) for name, counts in (daily or {}).items()},
        quantiles={},
        missing_covariates={},
    )


def test_unequal_intended_shares_are_the_expectation() -> None:
    check = sample_ratio({"control": 8_050, "offer": 1_950}, {"control": 4, "offer": 1})
    assert check.value == pytest.approx(stats.chisquare([8050, 1950], [8000, 2000]).pvalue)
    assert check.passed is True
    assert sample_ratio({"control": 8_050, "offer": 1_950}, None).passed is False


def test_shares_are_normalised() -> None:
    assert expected_shares(("a", "b"), {"a": 1, "b": 3}) == {"a": 0.25, "b": 0.75}


def test_hillstroms_arms_are_as_intended() -> None:
    """chi-squared 0.20253, p = 0.9037 of the published counts."""
    counts = {"No E-Mail": 21_306, "Mens E-Mail": 21_307, "Womens E-Mail": 21_387}
    assert sample_ratio(counts, None).value == pytest.approx(0.9036929575604196)


def test_a_sound_assignment_fails_one_time_in_a_thousand() -> None:
    counts = np.random.default_rng(8).multinomial(3_000, [1 / 3] * 3, size=2_000)
    failed = sum(sample_ratio(dict(zip("abc", map(int, row), strict=True)), None).passed is False for row in counts)
    # 2 expected; 99.9% of the binomial lies at or below 7.
    assert failed <= 7


def test_losing_a_twentieth_of_one_arm_is_noticed() -> None:
    check = sample_ratio({"control": 20_000, "offer": 19_000}, None)
    assert check.passed is False
    assert "offer 19,000 (48.7% for 50.0%)" in check.detail


def test_few_units_take_the_exact_test() -> None:
    assert mismatch_p_value({"a": 8, "b": 0}, {"a": 0.5, "b": 0.5}) == pytest.approx(2 * 0.5**8)
    rare = {"a": 0.98, "b": 0.01, "c": 0.01}
    assert mismatch_p_value({"a": 96, "b": 4, "c": 0}, rare) == pytest.approx(3 * stats.binom.sf(3, 100, 0.01))
    assert mismatch_p_value({"a": 0, "b": 0}, {"a": 0.5, "b": 0.5}) == 1


def test_losses_of_one_country_are_found_where_the_whole_looks_sound() -> None:
    segments = {
        "country": {"AT": {"none": 5_000, "offer": 4_600}, "DE": {"none": 45_000, "offer": 45_400}},
        "device": {"app": {"none": 25_050, "offer": 24_950}, "web": {"none": 24_950, "offer": 25_050}},
    }
    whole, country, device = srm_checks(measured(segments), SPEC)
    assert whole.passed is True
    assert device.passed is True
    assert (country.name, country.passed) == ("sample_ratio by country", False)
    assert "most in AT" in country.detail
    # Holm: the least of four p-values counts four times.
    assert country.value == pytest.approx(4 * stats.chisquare([5_000, 4_600]).pvalue)


def test_an_arm_without_units_in_a_segment_counts_as_none() -> None:
    segments = {"country": {"AT": {"none": 40}, "DE": {"none": 49_960, "offer": 50_000}}}
    _, country = srm_checks(measured(segments), SPEC)
    assert country.passed is False
    assert "offer 0 (0.0% for 50.0%)" in country.detail


def test_segments_of_a_sound_assignment_fail_one_time_in_a_thousand() -> None:
    rng = np.random.default_rng(2)
    failed = 0
    for _ in range(1_500):
        control = rng.binomial([4, 30, 400, 5_000], 0.5)
        cells = zip("abcd", control, [4, 30, 400, 5_000], strict=True)
        segments = {"country": {value: {"none": int(n), "offer": int(m - n)} for value, n, m in cells}}
        failed += srm_checks(measured(segments), SPEC)[1].passed is False
    # 1.5 expected; 99.9% of the binomial lies at or below 6.
    assert failed <= 6


def test_sequential_p_value_is_the_dirichlet_multinomials_bayes_factor() -> None:
    """Two arms: the beta-binomial likelihood of scipy against the binomial one."""
    shares = np.array([0.3, 0.7])
    a, b = CONCENTRATION * shares
    expected = stats.binom.pmf(420, 1_200, 0.3) / stats.betabinom.pmf(420, 1_200, a, b)
    assert sequential_p_values(np.array([[420.0, 780.0]]), shares)[0] == pytest.approx(min(1.0, expected))


def test_looking_daily_at_a_sound_assignment_rarely_alarms() -> None:
    """4,000 tests of 50 days at the level 0.05 and 0.001: false alarms at any look stay below the level."""
    rng = np.random.default_rng(5)
    shares = np.array([0.5, 0.25, 0.25])
    days = rng.multinomial(rng.integers(20, 2_000, size=(4_000, 50)), shares).cumsum(axis=1).astype(float)
    p_values = np.array([sequential_p_values(test, shares)[-1] for test in days])
    assert np.mean(p_values < 0.05) < 0.05
    assert np.sum(p_values < 0.001) <= stats.binom.ppf(0.999, 4_000, 0.001)
    chi_squared = ((days - days.sum(2, keepdims=True) * shares) ** 2 / (days.sum(2, keepdims=True) * shares)).sum(2)
    assert np.mean((stats.chi2.sf(chi_squared, 2) < 0.05).any(axis=1)) > 0.2


def test_a_break_after_a_week_is_dated() -> None:
    rng = np.random.default_rng(6)
    control = rng.binomial(10_000, 0.5, size=20)
    treated = 10_000 - control
    treated[7:] = treated[7:] * 0.9
    daily = {"none": list(map(int, control)), "offer": list(map(int, treated))}
    over_time = srm_checks(measured({}, daily), SPEC)[-1]
    assert (over_time.name, over_time.passed) == ("sample_ratio over time", False)
    found = next(day for day in DAYS if f"{day:%Y-%m-%d}" in over_time.detail)
    assert DAYS[7] <= found <= DAYS[10]


def test_a_burst_that_later_evens_out_stays_found() -> None:
    control, treated = [5_000] * 20, [5_000] * 20
    treated[2], treated[3] = 3_500, 6_500
    over_time = srm_checks(measured({}, {"none": control, "offer": treated}), SPEC)[-1]
    assert over_time.passed is False
    assert "2025-11-05, day 3 of assignment" in over_time.detail
