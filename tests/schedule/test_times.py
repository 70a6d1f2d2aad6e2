"""Times across both clock changes, ends of months and leap days, written out by hand; and what relative days mean."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from workbench.config import Schedule
from workbench.errors import RunError
from workbench.schedule.relative import days_of, resolved
from workbench.schedule.times import next_times, time_before, times_between


def berlin(cron: str) -> Schedule:
    return Schedule(notebook="media_mix", cron=cron, time_zone="Europe/Berlin")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def told(cron: str, start: str, count: int) -> list[str]:
    return [f"{moment:%Y-%m-%d %H:%M}" for moment in next_times(berlin(cron), utc(start), count)]


def test_a_time_follows_the_clock_of_its_zone_through_the_year():
    assert told("0 6 * * *", "2026-03-27T12:00", 3) == ["2026-03-28 05:00", "2026-03-29 04:00", "2026-03-30 04:00"]
    assert told("0 6 * * *", "2026-10-23T12:00", 3) == ["2026-10-24 04:00", "2026-10-25 05:00", "2026-10-26 05:00"]


def test_a_time_that_the_clock_skips_comes_once_when_it_was_put_forward():
    # 2:30 isn't there on 29 March 2026 in Berlin; the clock goes from 2:00 to 3:00, which is 1:00 UTC.
    assert told("30 2 * * *", "2026-03-28T12:00", 2) == ["2026-03-29 01:00", "2026-03-30 00:30"]


def test_a_time_that_the_clock_repeats_comes_once():
    # 2:30 is there twice on 25 October 2026 in Berlin: at 0:30 and at 1:30 UTC.
    found = told("30 2 * * *", "2026-10-24T12:00", 3)
    assert len({text[:10] for text in found}) == 3


def test_every_quarter_of_an_hour_goes_on_through_both_changes():
    for day in ("2026-03-29", "2026-10-25"):
        start = utc(f"{day}T00:00") - timedelta(seconds=1)
        found = times_between(berlin("*/15 * * * *"), start, start + timedelta(hours=4))
        assert {later - earlier for earlier, later in pairwise(found)} == {timedelta(minutes=15)}


def test_ends_of_months_and_leap_days():
    assert told("0 0 L * *", "2028-01-31T00:00", 3) == ["2028-02-28 23:00", "2028-03-30 22:00", "2028-04-29 22:00"]
    assert told("0 12 29 2 *", "2026-01-01T00:00", 2) == ["2028-02-29 11:00", "2032-02-29 11:00"]
    assert told("0 6 31 * *", "2026-01-31T12:00", 2) == ["2026-03-31 04:00", "2026-05-31 04:00"]


def test_sunday_is_sunday():
    assert told("0 6 * * 0", "2026-11-23T00:00", 1) == ["2026-11-29 05:00"]
    assert told("0 6 * * SUN", "2026-11-23T00:00", 1) == ["2026-11-29 05:00"]


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)),
    st.sampled_from(["0 6 * * MON", "30 2 * * *", "*/7 * * * *", "0 0 1 * *", "15 3 L * *"]),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"]),
)
def test_looking_back_and_forth_meet(moment: datetime, cron: str, zone: str):
    """Between the last time before a moment and the next one after it there is none but the moment itself."""
    schedule, at = Schedule(notebook="x", cron=cron, time_zone=zone), moment.replace(tzinfo=UTC)
    before, after = time_before(schedule, at), next_times(schedule, at, 1)[0]
    assert before < at < after
    assert set(times_between(schedule, before, after)) - {at} == {after}


@pytest.mark.parametrize(
    ("cron", "word"),
    [
        ("0 6 * *", "4 fields"),
        ("61 6 * * *", "bad minute"),
        ("0 6 30 2 *", "bad day-of-month"),
        ("0 0 6 * * *", "6 fields"),
    ],
)
def test_what_is_no_time_is_refused(cron: str, word: str):
    with pytest.raises(ValidationError, match=word):
        Schedule(notebook="x", cron=cron)


def test_an_unknown_zone_is_refused():
    with pytest.raises(ValidationError, match="no time zone"):
        Schedule(notebook="x", cron="0 6 * * *", time_zone="Europe/Berlín")


def test_relative_days():
    parameters = {
        "week": "{last_complete_week}",
        "since": "{today - 90 days}",
        "until": "{this_month - 1 months}",
        "words": "from {yesterday} to {today}",
        "draws": 500,
    }
    # A Wednesday.
    assert resolved(parameters, date(2026, 3, 4)) == {
        "week": "2026-02-23",
        "since": "2025-12-04",
        "until": "2026-02-01",
        "words": "from 2026-03-03 to 2026-03-04",
        "draws": 500,
    }
    assert days_of(date(2026, 3, 1), "sunday")["this_week"] == date(2026, 3, 1)
    assert days_of(date(2026, 3, 1), "monday")["this_week"] == date(2026, 2, 23)
    assert resolved({"d": "{today - 1 month}"}, date(2026, 3, 31))["d"] == "2026-02-28"
    with pytest.raises(RunError, match="parameter week asks for"):
        resolved({"week": "{last_week}"}, date(2026, 3, 4))


@given(st.dates(date(2000, 1, 10), date(2090, 1, 1)), st.sampled_from(["monday", "sunday", "saturday"]))
def test_the_last_complete_week_is_over_and_no_other_has_ended_since(day: date, week_start: str):
    start = days_of(day, week_start)["last_complete_week"]
    assert start + timedelta(days=7) <= day < start + timedelta(days=14)
    assert f"{start:%A}".lower() == week_start
