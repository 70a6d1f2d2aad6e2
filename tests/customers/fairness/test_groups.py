"""Everybody is in one group, and where the attribute is a number, in one whose name holds it."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.customers.fairness import groups_of
from workbench.customers.fairness.groups import BANDS, MOST_VALUES


def holds(name: str, value: float, *, whole: bool) -> bool:
    """Whether a band's name says that the value is in it."""
    number = r"-?[\d.]+(?:e[+-]?\d+)?"
    if found := re.fullmatch(rf"< ({number})", name):
        return value < float(found[1])
    if found := re.fullmatch(rf"≥ ({number})", name):
        return value >= float(found[1])
    if found := re.fullmatch(rf"({number})(?:–({number}))?", name):
        low, high = float(found[1]), float(found[2] or found[1])
        return low <= value <= high if whole else low <= value < high
    raise AssertionError(name)


def test_ages_are_told_in_bands_of_about_as_many_people():
    ages = pd.Series(np.random.default_rng(1).integers(18, 80, 5000))
    groups = groups_of(ages)
    assert set(groups) == {"< 30", "30–41", "42–53", "54–66", "≥ 67"}
    assert groups.value_counts(normalize=True).between(0.15, 0.25).all()


@given(
    st.lists(st.integers(-(10**6), 10**6), min_size=MOST_VALUES + 1, max_size=200, unique=True),
    st.sampled_from(["int64", "float64"]),
)
def test_a_whole_number_lies_in_its_band(values, dtype):
    groups = groups_of(pd.Series(values).astype(dtype))
    assert groups.nunique() <= BANDS
    assert all(holds(name, value, whole=True) for name, value in zip(groups, values, strict=True))


@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=MOST_VALUES + 1, max_size=200, unique=True))
def test_a_number_lies_in_its_band(values):
    column = pd.Series(values)
    groups, whole = groups_of(column), bool((column == column.round()).all())
    assert groups.nunique() <= BANDS
    assert all(holds(name, value, whole=whole) for name, value in zip(groups, values, strict=True))


def test_who_gives_no_number_is_in_no_band():
    groups = groups_of(pd.Series([*range(100), None], dtype="Int64"))
    assert groups.isna().tolist() == [False] * 100 + [True]


@pytest.mark.parametrize("values", [["a", "b", None], [True, False], [1, 2, 3], [2020, 2021]])
def test_text_flags_and_few_numbers_are_their_own_groups(values):
    column = pd.Series(values)
    pd.testing.assert_series_equal(groups_of(column), column.astype("str"))


def test_amounts_that_came_as_text_are_told_in_bands_too():
    incomes = pd.Series([f"{1000 + 7.25 * i:.2f}" for i in range(400)] + ["n/a"] * 20, dtype=object)
    groups = groups_of(incomes)
    assert set(groups.dropna()) == {"< 1600", "1600–2200", "2200–2700", "2700–3300", "≥ 3300"}
    assert groups.isna().sum() == 20


def test_what_nearly_everybody_shares_is_a_band_of_its_own():
    visits = pd.Series([0] * 950 + list(range(1, 51)))
    assert groups_of(visits).value_counts().to_dict() == {"< 1": 950, "1–12": 12, "13–25": 13, "26–37": 12, "≥ 38": 13}
