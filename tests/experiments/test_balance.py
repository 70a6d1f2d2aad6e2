import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.multivariate.manova import MANOVA

from workbench.config import Metric, UserExperiment
from workbench.experiments.users.balance import balance_check, balance_p_value
from workbench.experiments.users.engine import Moments
from workbench.experiments.users.measure import MeasuredTest, measure

from .conftest import UnitsTable

COLUMNS = ("past_spend", "past_orders", "age")


def moments(frame: pd.DataFrame) -> Moments:
    covariance = frame.cov()
    return Moments(
        units=len(frame),
        mean={str(name): float(value) for name, value in frame.mean().items()},
        covariance={(a, b): float(covariance.loc[a, b]) for a in frame for b in frame},
    )


def people(units: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    spend = rng.gamma(2.0, 10.0, units)
    return pd.DataFrame(
        {"past_spend": spend, "past_orders": rng.poisson(spend / 10), "age": rng.normal(40, 10, units)}, dtype=float
    )


def measured(arms: dict[str, pd.DataFrame]) -> MeasuredTest:
    return MeasuredTest(
        experiment_id="spring",
        counts={name: len(frame) for name, frame in arms.items()},
        arms={name: moments(frame) for name, frame in arms.items()},
        segments={},
        daily={},
        quantiles={},
        missing_covariates={},
    )


SPEC = UserExperiment(
    control="none",
    metrics=(
        Metric(name="spend", covariates=("past_spend", "age")),
        Metric(name="orders", covariate="past_orders"),
    ),
)


@pytest.mark.parametrize("arms", [2, 4])
def test_p_value_is_statsmodels_hotelling_lawley(arms: int) -> None:
    frames = [people(60 + 30 * arm, seed=arm) + 0.5 * arm for arm in range(arms)]
    everyone = pd.concat(frames, keys=range(arms), names=["arm"]).reset_index(level="arm")
    table = MANOVA.from_formula("past_spend + past_orders + age ~ C(arm)", everyone).mv_test()
    expected = table.results["C(arm)"]["stat"].loc["Hotelling-Lawley trace", "Pr > F"]
    assert balance_p_value([moments(frame) for frame in frames], COLUMNS) == pytest.approx(float(expected), rel=1e-8)


def test_one_column_of_two_arms_is_students_t() -> None:
    control, treated = people(80, 1), people(50, 2)
    expected = stats.ttest_ind(control.age, treated.age).pvalue
    assert balance_p_value([moments(control), moments(treated)], ("age",)) == pytest.approx(expected)


def test_a_column_told_twice_or_constant_changes_nothing() -> None:
    arms = [
        frame.assign(again=3 * frame.past_spend - frame.age, fixed=7.0) for frame in (people(200, 3), people(300, 4))
    ]
    plain = balance_p_value([moments(arm) for arm in arms], COLUMNS)
    assert balance_p_value([moments(arm) for arm in arms], (*COLUMNS, "again", "fixed")) == pytest.approx(
        plain, rel=1e-6
    )


def test_a_column_that_tells_the_arm_fails() -> None:
    arms = [people(200, 3).assign(old=0.0), people(300, 4).assign(old=1.0)]
    assert balance_p_value([moments(arm) for arm in arms], (*COLUMNS, "old")) < 1e-100


def test_units_of_measure_do_not_matter() -> None:
    arms = [people(200, 5), people(300, 6)]
    scaled = [arm * [1e-6, 1e7, -3.0] + 100 for arm in arms]
    assert balance_p_value([moments(arm) for arm in scaled], COLUMNS) == pytest.approx(
        balance_p_value([moments(arm) for arm in arms], COLUMNS), rel=1e-6
    )


def test_random_arms_pass_as_often_as_the_level_says() -> None:
    """Skewed and counted columns, three arms: p-values of sound assignments are uniform."""
    rng = np.random.default_rng(7)
    everyone = people(3_000, 8)
    p_values = [
        balance_p_value([moments(everyone[lot == arm]) for arm in range(3)], COLUMNS)
        for lot in (rng.integers(3, size=3_000) for _ in range(300))
    ]
    assert stats.kstest(p_values, "uniform").pvalue > 0.001


def test_the_check_names_the_column_that_is_off() -> None:
    control, treated = people(5_000, 9), people(5_000, 10).eval("age = age + 2")
    found = balance_check(measured({"none": control, "offer": treated}), SPEC)
    apart = (treated.age.mean() - control.age.mean()) / np.sqrt((treated.age.var() + control.age.var()) / 2)
    assert (found.name, found.passed) == ("balance", False)
    assert "age in offer" in found.detail
    assert f"{apart:.2f} standard deviations" in found.detail
    assert balance_check(measured({"none": control, "offer": people(5_000, 11)}), SPEC).passed is True


def test_without_a_column_from_before_there_is_nothing_to_compare() -> None:
    spec = UserExperiment(control="none", metrics=(Metric(name="spend"),))
    assert balance_check(measured({"none": people(9, 9), "offer": people(9, 1)}), spec).passed is None


def test_a_covariate_of_one_value_says_nothing_about_the_arms(units_table: UnitsTable) -> None:
    """4.2 is no sum of powers of two: the means of cells of it differ in their last digit."""
    rng = np.random.default_rng(3)
    units = pd.DataFrame(
        {"experiment_id": "e", "unit_id": np.arange(2_000), "flat": 4.2, "spend": rng.normal(10, 3, 2_000)}
    )
    units = units.assign(variant=np.where(units.unit_id % 2 == 0, "old", "new"))
    spec = UserExperiment(control="old", metrics=(Metric(name="spend", covariate="flat"),))
    check = balance_check(measure(units_table(units), "e", spec), spec)
    assert (check.passed, check.value) == (True, 1.0)
    apart = units_table(units.assign(flat=np.where(units.variant == "old", 4.2, 4.3)))
    assert balance_check(measure(apart, "e", spec), spec).passed is False
