"""Tests that still run, lie ahead, or meet other tests: said in plain words, and never a lift record."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest

from workbench.config import GeoExperiment
from workbench.errors import DataError, SpecError
from workbench.experiments import ExperimentResult, read_out_geo
from workbench.result import Provenance

from .conftest import geo_world

# 60 days from 2024-01-01; the test is the last 8, from 2024-02-22 to 2024-02-29.
SPEC = GeoExperiment(
    kind="geo",
    treated=("treated0",),
    start=date(2024, 2, 22),
    end=date(2024, 2, 29),
    channel="tv",
    spend_change=40.0,
)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return geo_world(seed=51, periods=60, tested=8, effect=4.0)


def read(frame: pd.DataFrame, spec: GeoExperiment = SPEC, **more: object) -> ExperimentResult:
    return read_out_geo(frame, "simulated", spec, provenance=Provenance(), currency="EUR", **more)  # type: ignore[arg-type]


def test_a_test_before_its_end_keeps_running_and_says_until_when(frame: pd.DataFrame) -> None:
    result = read(frame[frame.date <= "2024-02-25"], today=date(2024, 2, 26))
    assert (result.verdict, result.decided_by) == ("keep running", "planned_end")
    assert "after 29 February 2024" in result.would_change
    assert "4 of 8 days are in" in result.findings[0]
    assert result.lift.empty
    # Half of the days are in, and so half of the spend.
    value, profit = (result.estimate(quantity, "simulated").estimate for quantity in ("incremental_value", "profit"))
    assert value - profit == pytest.approx(20.0)


def test_the_same_test_after_its_end_is_decided(frame: pd.DataFrame) -> None:
    result = read(frame, today=date(2024, 3, 1))
    assert result.verdict != "keep running"
    assert len(result.lift) == 1


def test_a_week_that_is_not_over_is_left_out(frame: pd.DataFrame) -> None:
    days = (frame.date - frame.date.min()).dt.days
    weekly = frame.assign(date=pd.Timestamp("2022-01-03") + pd.to_timedelta(7 * days, unit="D"))
    start = date(2022, 1, 3) + timedelta(weeks=52)
    spec = SPEC.model_copy(update={"start": start, "end": start + timedelta(weeks=12)})
    result = read(weekly, spec, today=date(2022, 1, 3) + timedelta(weeks=59, days=3))
    assert result.verdict == "keep running"
    assert int(result.series.tested.sum()) == 7


@pytest.mark.parametrize(("starts", "ends"), [(0, 0), (2, 0), (0, -3), (3, -4)])
def test_weeks_that_a_test_covers_in_part_hold_its_whole_effect(frame: pd.DataFrame, starts: int, ends: int) -> None:
    """Weeks 52 to 59 gained; a test that was on for a part of the first and the last of them brought all of that."""
    days = (frame.date - frame.date.min()).dt.days
    first = pd.Timestamp("2022-01-03")
    weekly = frame.assign(date=first + pd.to_timedelta(7 * days, unit="D"))
    whole = SPEC.model_copy(update={"start": date(2023, 1, 2), "end": date(2023, 2, 26)})
    part = whole.model_copy(update={"start": whole.start + timedelta(starts), "end": whole.end + timedelta(ends)})
    found, expected = (read(weekly, spec).estimate("incremental", "simulated") for spec in (part, whole))
    assert found == expected


@pytest.mark.parametrize(
    ("until", "today", "error", "sentence"),
    [
        (
            "2024-02-10",
            date(2024, 2, 11),
            SpecError,
            "starts on 2024-02-22, after today .2024-02-11.*nothing to read yet",
        ),
        ("2024-02-29", date(2024, 2, 26), DataError, "3 dates of experiment simulated after today.*first: 2024-02-27"),
        ("2024-02-20", date(2024, 2, 23), DataError, "no complete period.*read it once a first one is complete"),
        ("2024-02-26", date(2024, 3, 9), DataError, "to 2024-02-29, but geo spans 2024-01-01 to 2024-02-26"),
    ],
)
def test_days_that_are_not_there_yet_are_named(
    frame: pd.DataFrame, until: str, today: date, error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        read(frame[frame.date <= until], today=today)


def test_another_test_in_the_same_market_at_the_same_time_makes_it_invalid(frame: pd.DataFrame) -> None:
    other = SPEC.model_copy(update={"start": date(2024, 2, 27), "end": date(2024, 3, 20)})
    result = read(frame, others={"simulated": SPEC, "radio": other})
    assert (result.verdict, result.decided_by) == ("invalid", "overlapping_tests")
    assert "radio treated treated0 too, at the same time" in result.findings[0]
    assert result.lift.empty


def test_a_market_that_another_test_treats_is_no_donor(frame: pd.DataFrame) -> None:
    other = SPEC.model_copy(update={"treated": ("donor03",), "start": date(2024, 1, 20), "end": date(2024, 1, 30)})
    result = read(frame, others={"radio": other})
    plain = read(frame[frame.market != "donor03"])
    check = next(check for check in result.checks if check.name == "overlapping_tests")
    assert "donor03 was treated by another test and left out" in check.detail
    pd.testing.assert_frame_equal(result.estimates, plain.estimates)


def test_a_market_that_another_test_treated_before_is_told_but_no_gate(frame: pd.DataFrame) -> None:
    other = SPEC.model_copy(update={"start": date(2024, 1, 20), "end": date(2024, 1, 30)})
    result = read(frame, others={"radio": other})
    check = next(check for check in result.checks if check.name == "overlapping_tests")
    assert check.passed is False
    assert "in the time before" in check.detail
    assert result.decided_by == "profit"


def test_tests_that_never_met_change_nothing(frame: pd.DataFrame) -> None:
    later = SPEC.model_copy(update={"start": date(2024, 3, 1), "end": date(2024, 3, 20)})
    earlier = SPEC.model_copy(update={"start": date(2023, 3, 1), "end": date(2023, 12, 31)})
    pd.testing.assert_frame_equal(
        read(frame, others={"later": later, "earlier": earlier}).estimates, read(frame).estimates
    )


def test_two_tests_that_treat_all_markets_leave_no_comparison(frame: pd.DataFrame) -> None:
    donors = tuple(name for name in frame.market.unique() if name.startswith("donor"))
    other = SPEC.model_copy(update={"treated": donors})
    with pytest.raises(SpecError, match=r"no market left to compare with: other tests \(radio\)"):
        read(frame, others={"radio": other})


def test_a_test_that_fails_its_placebo_writes_no_lift_record() -> None:
    world = geo_world(seed=29, periods=70, tested=8)
    early = (world.market == "treated0") & world.date.between("2024-02-25", "2024-03-02")
    spec = SPEC.model_copy(update={"start": date(2024, 3, 4), "end": date(2024, 3, 10)})
    result = read(world.assign(kpi=world.kpi + 8.0 * early), spec)
    assert result.decided_by == "placebo_in_time"
    assert result.lift.empty
