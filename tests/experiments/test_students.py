"""Critical values for few units against Student's t, and false claims of small tests that are looked at 50 times."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from workbench.config import Metric, UserExperiment
from workbench.experiments.sequential.reading import choose_reading
from workbench.experiments.sequential.students import from_students, to_students


def test_the_critical_value_of_one_look_is_students() -> None:
    """2.776 is the table's 97.5% quantile of t with 4 degrees of freedom."""
    assert to_students(stats.norm.isf(0.025), 4) == pytest.approx(2.776, abs=5e-4)
    assert to_students(3.2, 1e9) == pytest.approx(3.2, rel=1e-6)


@given(critical=st.floats(0.1, 80), df=st.floats(1, 1e6))
def test_going_there_and_back_changes_nothing(critical: float, df: float) -> None:
    assert from_students(to_students(critical, df), df) == pytest.approx(critical, rel=1e-6)
    assert to_students(critical, df) >= critical * (1 - 1e-9)


@pytest.mark.parametrize("units", [100, 200])
def test_small_tests_looked_at_50_times_claim_falsely_as_rarely_as_large_ones(units: int) -> None:
    """With known standard errors' critical values, 10% and 7% of them would."""
    tests, rng = 4_000, np.random.default_rng(6)
    spec = UserExperiment(control="none", metrics=(Metric(name="spend"),), planned_units=units)
    looks = np.arange(units // 50, units + 1, units // 50)
    looks = looks[looks >= 4]
    spend = rng.normal(size=(tests, 2, units // 2))
    claimed = np.zeros(tests, dtype=bool)
    for look in looks:
        arms = spend[:, :, : look // 2]
        apart = arms[:, 1].mean(1) - arms[:, 0].mean(1)
        parts = arms.var(axis=2, ddof=1) / (look // 2)
        df = parts.sum(1) ** 2 / (parts**2 / (look // 2 - 1)).sum(1)
        critical = choose_reading(spec, int(look), date(2025, 1, 1)).critical
        sure = np.abs(apart) / np.sqrt(parts.sum(1))
        claimed |= np.array(
            [score > critical and score > to_students(critical, d) for score, d in zip(sure, df, strict=True)]
        )
    assert claimed.mean() <= stats.binom.ppf(0.999, tests, 0.05) / tests
