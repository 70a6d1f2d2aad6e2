"""The week calendar and the public holidays that fall into its weeks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import holidays as public_holidays
import ibis
import numpy as np
import pandas as pd

from workbench.errors import ConfigError, SpecError

_PANDAS_WEEK = {
    "monday": "SUN",
    "tuesday": "MON",
    "wednesday": "TUE",
    "thursday": "WED",
    "friday": "THU",
    "saturday": "FRI",
    "sunday": "SAT",
}


def week_of(days: pd.Series, week_start: str = "monday") -> pd.Series:
    """First day of the week of each day, for weeks that begin on `week_start`."""
    return days.dt.to_period(f"W-{_PANDAS_WEEK[week_start]}").dt.start_time


def weeks_between(first: pd.Timestamp, last: pd.Timestamp) -> pd.DatetimeIndex:
    """Every seventh day from `first` to `last`, both included."""
    return pd.date_range(first, last, freq="7D", unit="us")


def first_and_last(days: ibis.Value) -> tuple[pd.Timestamp, pd.Timestamp] | None:
    """The ends of a column of days, found in the engine; None where it holds none."""
    known = days.name("day").as_table()
    ends = known.aggregate(first=known.day.min(), last=known.day.max()).execute().iloc[0]
    return (pd.Timestamp(ends["first"]), pd.Timestamp(ends["last"])) if ends.notna().all() else None


def window(timed: Sequence[ibis.Value]) -> tuple[date, date] | None:
    """First and last day of several columns of days, None where they hold none."""
    known = [ends for column in timed if (ends := first_and_last(column)) is not None]
    return (min(first for first, _ in known).date(), max(last for _, last in known).date()) if known else None


def optional_day(text: str) -> date | None:
    """A day written as 2024-12-31, None for an empty text.

    Raises:
        SpecError: If the text is no such day.
    """
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise SpecError(f"{text!r} is not a day; write it as 2024-12-31") from None


def holidays_in_weeks(
    weeks: pd.DatetimeIndex, countries: Mapping[str, str | None], markets: Sequence[str]
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Count public holidays by week, market and name.

    Args:
        weeks: First days of the weeks, length T.
        countries: ISO country code by market; markets without one have no holidays.
        markets: Length M.

    Returns:
        Days of holiday, shape (T, M, H), and the H holiday names (English where the calendar has it), of those holidays that
        occur in at least two of the weeks: one occurrence can't be told from an outlier.

    Raises:
        ConfigError: If a country code is unknown to the `holidays` package.
    """
    counts: dict[str, np.ndarray] = {}
    for m, market in enumerate(markets):
        for day, name in _named_days(weeks, countries.get(market), market):
            week = int(np.searchsorted(weeks.values, np.datetime64(day), side="right")) - 1
            if 0 <= week < len(weeks) and (pd.Timestamp(day) - weeks[week]).days < 7:
                counts.setdefault(name, np.zeros((len(weeks), len(markets))))[week, m] += 1
    names = tuple(sorted(name for name, days in counts.items() if np.count_nonzero(days.sum(axis=1)) >= 2))
    if not names:
        return np.zeros((len(weeks), len(markets), 0)), ()
    return np.stack([counts[name] for name in names], axis=2), names


def _named_days(weeks: pd.DatetimeIndex, country: str | None, market: str) -> list[tuple[str, str]]:
    if country is None:
        return []
    years = range(weeks[0].year, weeks[-1].year + 2)
    try:
        calendar = public_holidays.country_holidays(country, years=years, language="en_US")
    except NotImplementedError:
        raise ConfigError(
            f"markets.{market}.country is {country!r}, which has no holiday calendar; use its ISO code"
        ) from None
    # A day that serves two holidays ("A; B") counts for both; "(observed)" shifts are the same holiday.
    return [
        (str(day), part.removesuffix(" (observed)").strip())
        for day, names in sorted(calendar.items())
        for part in names.split(";")
    ]
