from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
import pytest
from scipy import stats

from workbench.config import Metric, UserExperiment
from workbench.experiments.sequential.multinomial import sequential_p_values
from workbench.experiments.sequential.reading import TUNED_WITHOUT_PLAN, choose_reading
from workbench.experiments.users.engine import Moments
from workbench.experiments.users.measure import MeasuredTest
from workbench.experiments.users.sample_ratio import (
    FALSE_ALARMS,
    MISMATCH,
    ShareTest,
    expected_shares,
    mismatch_p_value,
    srm_checks,
)
from workbench.result import Check

SPEC = UserExperiment(control="none", metrics=(Metric(name="spend"),), segments=("country", "device"))
RUNS = SPEC.model_copy(update={"end": date(2026, 1, 31), "planned_units": 100_000})
TODAY = date(2025, 12, 1)
DAYS = [date(2025, 11, 3) + timedelta(days=day) for day in range(20)]


def measured(
    segments: Mapping[str, Mapping[str, Mapping[str, int]]],
    daily: Mapping[str, list[int]] | None = None,
    counts: Mapping[str, int] | None = None,
) -> MeasuredTest:
    return MeasuredTest(
        experiment_id="spring",
        counts=counts or {name: sum(days) for name, days in (daily or {"none": [50_000], "offer": [50_000]}).items()},
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


def checks(test: MeasuredTest, spec: UserExperiment = SPEC) -> tuple[Check, ...]:
    return srm_checks(test, spec, choose_reading(spec, sum(test.counts.values()), TODAY))


def of_counts(spec: UserExperiment = SPEC, **counts: int) -> Check:
    return checks(measured({}, counts=counts), spec)[0]


def simulated_days(shares: list[float], keep: list[float], units: int, tests: int, seed: int) -> np.ndarray:
    """Counts so far of tests that are looked at on 50 days, shape (test, day, arm); of each arm's units some are lost."""
    rng = np.random.default_rng(seed)
    came = rng.multinomial(units // 50, shares, size=(tests, 50))
    return rng.binomial(came, keep).cumsum(axis=1).astype(float)


def found_invalid(days: np.ndarray, shares: list[float], tuned_to: int, *, last: bool) -> np.ndarray:
    """Whether any of a test's readings calls it invalid; the last one may be the planned end."""
    names = [f"arm {i}" for i in range(len(shares))]
    test = ShareTest(shares=dict(zip(names, shares, strict=True)), tuned_to=tuned_to, last=last)
    finals = ({name: int(n) for name, n in zip(names, path[-1], strict=True)} for path in days)
    return np.array([test.p_value(final, path) < MISMATCH for final, path in zip(finals, days, strict=True)])


def test_unequal_intended_shares_are_the_expectation() -> None:
    ratio = SPEC.model_copy(update={"ratio": {"control": 4, "offer": 1}})
    check = of_counts(ratio, control=8_050, offer=1_950)
    assert check.value == pytest.approx(stats.chisquare([8050, 1950], [8000, 2000]).pvalue)
    assert check.passed is True
    assert of_counts(control=8_050, offer=1_950).passed is False


def test_shares_are_normalised() -> None:
    assert expected_shares(("a", "b"), {"a": 1, "b": 3}) == {"a": 0.25, "b": 0.75}


HILLSTROM = {"No E-Mail": 21_306, "Mens E-Mail": 21_307, "Womens E-Mail": 21_387}


def test_hillstroms_arms_are_as_intended() -> None:
    """chi-squared 0.20253, p = 0.9037 of the published counts; no plan, so it is the one reading."""
    (check,) = checks(measured({}, counts=HILLSTROM))
    assert (check.name, check.passed) == ("sample_ratio", True)
    assert check.value == pytest.approx(0.9036929575604196)


def test_while_a_test_runs_its_single_looks_p_value_decides_nothing_and_is_told_all_the_same() -> None:
    whole, once = checks(measured({}, counts=HILLSTROM), RUNS)
    assert (whole.name, whole.passed, whole.value) == ("sample_ratio", True, 1.0)
    assert (once.name, once.passed) == ("chi_squared", None)
    assert once.value == pytest.approx(0.9036929575604196)
    assert "p = 0.904" in once.detail
    # Beyond 1 in 400 in a single look, and yet nothing that 50 looks at a sound test wouldn't see now and then.
    counts = {"none": 50_000, "offer": 51_000}
    assert [of_counts(spec, **counts).passed for spec in (SPEC, RUNS)] == [False, True]


@pytest.mark.parametrize(
    ("shares", "units", "tuned_to"),
    [
        ([0.5, 0.5], 20_000, 20_000),
        ([0.9, 0.1], 20_000, TUNED_WITHOUT_PLAN),
        ([0.5, 0.5], 2_000, TUNED_WITHOUT_PLAN),
        ([1 / 3] * 3, 20_000, 20_000),
        ([0.2] * 5, 1_000_000, TUNED_WITHOUT_PLAN),
    ],
)
def test_fifty_looks_at_a_sound_assignment_call_few_tests_invalid(
    shares: list[float], units: int, tuned_to: int
) -> None:
    days = simulated_days(shares, [1.0] * len(shares), units, 8_000, seed=5)
    alarms = found_invalid(days, shares, tuned_to, last=True)
    # Half a percent of 8,000, and what chance adds to it in 999 of 1,000 simulations.
    assert alarms.sum() <= stats.binom.ppf(0.999, 8_000, FALSE_ALARMS)
    # The fixed test at 1 in 1,000, looked at as often, promises less and does worse.
    expected = days.sum(axis=2, keepdims=True) * shares
    fixed = stats.chi2.sf(((days - expected) ** 2 / expected).sum(axis=2), len(shares) - 1) < 0.001
    assert fixed.any(axis=1).sum() > 1.5 * alarms.sum()
    assert fixed.any(axis=1).mean() > FALSE_ALARMS


@pytest.mark.parametrize("tuned_to", [20_000, TUNED_WITHOUT_PLAN])
def test_losing_a_twentieth_of_one_arm_is_seen_in_most_tests_of_20_000(tuned_to: int) -> None:
    """The noncentral chi-squared is what a single look would see: 0.71 at 1 in 400, 0.78 at 1 in 200."""
    days = simulated_days([0.5, 0.5], [1.0, 0.95], 20_000, 4_000, seed=6)
    at_end, running = (found_invalid(days, [0.5, 0.5], tuned_to, last=last).mean() for last in (True, False))
    units = 19_500
    departure = units * ((10_000 / units - 0.5) ** 2 + (9_500 / units - 0.5) ** 2) / 0.5
    single = stats.ncx2.sf(stats.chi2.isf(MISMATCH, 1), 1, departure)
    assert single == pytest.approx(0.71, abs=0.01)
    assert at_end >= single - 4 * np.sqrt(single * (1 - single) / 4_000)
    assert 0.37 < running < single


def test_losing_a_twentieth_of_one_arm_is_noticed() -> None:
    check = of_counts(control=20_000, offer=19_000)
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
    whole, country, device = checks(measured(segments))
    assert whole.passed is True
    assert device.passed is True
    assert (country.name, country.passed) == ("sample_ratio by country", False)
    assert "most in AT" in country.detail
    # Holm: the least of four p-values counts four times.
    assert country.value == pytest.approx(4 * stats.chisquare([5_000, 4_600]).pvalue)


def test_an_arm_without_units_in_a_segment_counts_as_none() -> None:
    segments = {"country": {"AT": {"none": 40}, "DE": {"none": 49_960, "offer": 50_000}}}
    _, country = checks(measured(segments))
    assert country.passed is False
    assert "offer 0 (0.0% for 50.0%)" in country.detail


def test_segments_of_a_sound_assignment_rarely_fail() -> None:
    rng = np.random.default_rng(2)
    failed = 0
    for _ in range(1_500):
        control = rng.binomial([4, 30, 400, 5_000], 0.5)
        cells = zip("abcd", control, [4, 30, 400, 5_000], strict=True)
        segments = {"country": {value: {"none": int(n), "offer": int(m - n)} for value, n, m in cells}}
        failed += checks(measured(segments))[-1].passed is False
    # 3.75 expected.
    assert failed <= stats.binom.ppf(0.999, 1_500, MISMATCH)


def test_segments_may_be_looked_at_while_a_test_runs() -> None:
    """The departure of one country that a single look at p = 0.0004 would call invalid isn't beyond what 50 looks find by chance."""
    segments = {"country": {"AT": {"none": 5_000, "offer": 4_650}, "DE": {"none": 45_000, "offer": 45_350}}}
    single, running = (checks(measured(segments), spec)[-1] for spec in (SPEC, RUNS))
    assert single.value == pytest.approx(2 * stats.chisquare([5_000, 4_650]).pvalue)
    assert (single.passed, running.passed) == (False, True)


def test_sequential_p_value_is_the_dirichlet_multinomials_bayes_factor() -> None:
    """Two arms: the beta-binomial likelihood of scipy against the binomial one, whose evidence solves e = s + log(1 + s)."""
    shares = np.array([0.3, 0.7])
    surprise = -2 * np.log(0.005)
    a, b = 1_000 / (surprise + np.log(1 + surprise)) * shares
    expected = stats.binom.pmf(410, 1_200, 0.3) / stats.betabinom.pmf(410, 1_200, a, b)
    found = sequential_p_values(np.array([[410.0, 790.0]]), shares, tuned_to=1_000, tuned_at=0.005)
    assert 1e-6 < expected < 0.5
    assert found[0] == pytest.approx(expected)


@pytest.mark.parametrize("arms", [2, 4])
def test_no_other_tuning_notices_a_smaller_departure_at_the_planned_size(arms: int) -> None:
    """The least loss of one arm that is noticed, by search over losses and tunings."""
    planned, alpha, shares = 50_000, 0.0025, np.full(arms, 1 / arms)

    def smallest(tuned_to: float) -> float:
        lost = np.arange(0, 3_000)
        counts = np.full((3_000, arms), planned / arms) + lost[:, None] / (arms - 1)
        counts[:, 0] = planned / arms - lost
        p_values = [
            sequential_p_values(row[None], shares, tuned_to=tuned_to, tuned_at=alpha)[0] for row in counts[::10]
        ]
        return float(lost[::10][np.argmax(np.array(p_values) < alpha)])

    assert smallest(planned) <= 1.02 * min(smallest(planned * factor) for factor in (0.1, 0.3, 0.7, 1.5, 3.0, 10.0))
    assert smallest(planned) < 0.9 * smallest(planned * 100)


def test_looking_daily_at_a_sound_assignment_rarely_alarms() -> None:
    """4,000 tests of 50 days at the level 0.05 and 0.001: false alarms at any look stay below the level."""
    rng = np.random.default_rng(5)
    shares = np.array([0.5, 0.25, 0.25])
    days = rng.multinomial(rng.integers(20, 2_000, size=(4_000, 50)), shares).cumsum(axis=1).astype(float)
    p_values = np.array([sequential_p_values(test, shares, tuned_to=50_000, tuned_at=0.05)[-1] for test in days])
    assert np.mean(p_values < 0.05) < 0.05
    assert np.sum(p_values < 0.001) <= stats.binom.ppf(0.999, 4_000, 0.001)
    chi_squared = ((days - days.sum(2, keepdims=True) * shares) ** 2 / (days.sum(2, keepdims=True) * shares)).sum(2)
    assert np.mean((stats.chi2.sf(chi_squared, 2) < 0.05).any(axis=1)) > 0.2


@pytest.mark.parametrize("spec", [SPEC, RUNS])
def test_a_break_after_a_week_is_dated(spec: UserExperiment) -> None:
    rng = np.random.default_rng(6)
    control = rng.binomial(10_000, 0.5, size=20)
    treated = 10_000 - control
    treated[7:] = treated[7:] * 0.9
    daily = {"none": list(map(int, control)), "offer": list(map(int, treated))}
    check = checks(measured({}, daily), spec)[0]
    assert (check.name, check.passed) == ("sample_ratio", False)
    found = next(day for day in DAYS if f"{day:%Y-%m-%d}" in check.detail)
    assert DAYS[7] <= found <= DAYS[10]


def test_a_burst_that_later_evens_out_stays_found() -> None:
    control, treated = [5_000] * 20, [5_000] * 20
    treated[2], treated[3] = 3_500, 6_500
    check, once = checks(measured({}, {"none": control, "offer": treated}))
    assert check.passed is False
    assert "2025-11-05, day 3 of assignment" in check.detail
    assert (once.name, once.passed, once.value) == ("chi_squared", None, 1.0)


def test_units_without_a_day_count_as_well() -> None:
    """500 fewer in one arm, none of them on any day."""
    daily = {"none": [500] * 20, "offer": [500] * 20}
    check = checks(measured({}, daily, counts={"none": 10_500, "offer": 10_000}))[0]
    assert check.value == pytest.approx(stats.chisquare([10_500, 10_000]).pvalue)
    assert check.passed is False
    assert "The arms don't have their intended shares" in check.detail
