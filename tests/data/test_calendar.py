"""Weeks begin where the company says; holidays fall into the right week and market."""

import numpy as np
import pandas as pd
import pytest

from workbench.data.calendar import holidays_in_weeks, week_of, weeks_between
from workbench.errors import ConfigError


@pytest.mark.parametrize("start", ["monday", "sunday", "saturday", "wednesday"])
def test_a_week_holds_its_day_and_begins_on_its_weekday(start):
    days = pd.Series(pd.date_range("2023-12-20", "2024-03-05", freq="D"))
    firsts = week_of(days, start)
    assert set(firsts.dt.day_name().str.lower()) == {start}
    assert ((days - firsts).dt.days.between(0, 6)).all()


def test_good_friday_2024_falls_into_its_week_in_germany_but_not_in_france():
    weeks = weeks_between(pd.Timestamp("2023-01-02"), pd.Timestamp("2024-12-23"))
    days, names = holidays_in_weeks(weeks, {"DE": "DE", "FR": "FR"}, ["DE", "FR"])
    friday = names.index("Good Friday")
    week = weeks.get_loc(pd.Timestamp("2024-03-25"))
    assert days[week, :, friday].tolist() == [1, 0]
    assert days[:, :, friday].sum() == 2


def test_a_year_of_german_holidays_is_counted_in_full():
    weeks = weeks_between(pd.Timestamp("2022-01-03"), pd.Timestamp("2025-12-29"))
    days, _ = holidays_in_weeks(weeks, {"DE": "DE"}, ["DE"])
    in_2024 = (weeks >= pd.Timestamp("2024-01-01")) & (weeks < pd.Timestamp("2024-12-30"))
    assert days[in_2024].sum() == 9  # the nine holidays of the whole federation


def test_a_market_without_a_country_has_no_holidays():
    weeks = weeks_between(pd.Timestamp("2022-01-03"), pd.Timestamp("2024-12-30"))
    days, names = holidays_in_weeks(weeks, {"here": None}, ["here"])
    assert days.shape == (len(weeks), 1, 0)
    assert names == ()
    assert not np.any(days)


def test_an_unknown_country_is_named():
    weeks = weeks_between(pd.Timestamp("2022-01-03"), pd.Timestamp("2024-12-30"))
    with pytest.raises(ConfigError, match=r"markets.here.country is 'ZZ'"):
        holidays_in_weeks(weeks, {"here": "ZZ"}, ["here"])
