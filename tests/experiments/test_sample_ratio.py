import numpy as np
import pytest
from scipy import stats

from workbench.experiments.users.sample_ratio import expected_shares, sample_ratio


def test_unequal_intended_shares_are_the_expectation() -> None:
    check = sample_ratio({"control": 8_050, "offer": 1_950}, {"control": 4, "offer": 1})
    assert check.value == pytest.approx(stats.chisquare([8050, 1950], [8000, 2000]).pvalue)
    assert check.passed is True
    assert sample_ratio({"control": 8_050, "offer": 1_950}, None).passed is False


def test_shares_are_normalised() -> None:
    assert expected_shares(("a", "b"), {"a": 1, "b": 3}) == {"a": 0.25, "b": 0.75}


def test_a_sound_assignment_fails_one_time_in_a_thousand() -> None:
    counts = np.random.default_rng(8).multinomial(3_000, [1 / 3] * 3, size=2_000)
    failed = sum(sample_ratio(dict(zip("abc", map(int, row), strict=True)), None).passed is False for row in counts)
    # 2 expected; 99.9% of the binomial lies at or below 7.
    assert failed <= 7


def test_losing_a_twentieth_of_one_arm_is_noticed() -> None:
    check = sample_ratio({"control": 20_000, "offer": 19_000}, None)
    assert check.passed is False
    assert "offer 19,000 (48.7% for 50.0%)" in check.detail
