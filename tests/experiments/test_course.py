"""What a reading on each day of a test would have said, held to readouts of the users who were there on that day."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from workbench.config import Metric, UserExperiment
from workbench.experiments import ExperimentResult, read_out_users
from workbench.experiments.users.course import MOST_DAYS
from workbench.result import Provenance

from .conftest import UnitsTable

TODAY = date(2026, 6, 1)
SPEND = Metric(name="spend", covariate="past_spend", value=0.5, role="primary")
METRICS = (
    SPEND,
    Metric(name="bought", kind="proportion"),
    Metric(name="rate", kind="ratio", numerator="orders", denominator="sessions"),
)
EFFECT = ["absolute", "absolute_lower", "absolute_upper", "relative", "relative_lower", "relative_upper"]


def assigned(frame: pd.DataFrame, days: int) -> pd.DataFrame:
    """The same units, of which as many came on each day."""
    order = np.random.default_rng(5).permutation(len(frame))
    return frame.assign(assigned_at=pd.Timestamp("2025-03-01") + pd.to_timedelta(order % days, unit="D"))


def read(table: object, metrics: tuple[Metric, ...] = METRICS, **spec: object) -> ExperimentResult:
    experiment = UserExperiment.model_validate(
        {"control": "none", "metrics": metrics, "cost_per_unit": 0.2, "reading": "always_valid", **spec}
    )
    return read_out_users(table, "spring", experiment, provenance=Provenance(), currency="EUR", today=TODAY)  # type: ignore[arg-type]


def rows(result: ExperimentResult, day: pd.Timestamp) -> pd.DataFrame:
    return result.course[result.course.date == day].set_index("metric")


def test_each_day_says_what_a_readout_of_that_days_users_says(two_arms: pd.DataFrame, units_table: UnitsTable) -> None:
    units = assigned(two_arms, 12)
    course = read(units_table(units))
    for day in pd.to_datetime(["2025-03-03", "2025-03-07", "2025-03-12"]):
        alone = read(units_table(units[units.assigned_at <= day]))
        found, effects = rows(course, day), alone.effects.set_index("metric")
        np.testing.assert_allclose(found.loc[effects.index, EFFECT], effects[EFFECT], rtol=1e-9)
        assert (found.units == (units.assigned_at <= day).sum()).all()
        profit = alone.estimate("profit", "offer")
        ends = found.loc["profit", ["absolute", "absolute_lower", "absolute_upper"]].astype(float)
        np.testing.assert_allclose(ends, [profit.estimate, profit.lower, profit.upper], rtol=1e-9)


def test_the_last_day_is_the_report(two_arms: pd.DataFrame, units_table: UnitsTable) -> None:
    result = read(units_table(assigned(two_arms, 400)), reading="auto")
    last = rows(result, result.course.date.max())
    effects = result.effects.set_index("metric")
    np.testing.assert_allclose(last.loc[effects.index, "absolute"], effects.absolute, rtol=1e-9)
    # A single reading at the planned end may claim more than one of many.
    assert (last.loc[effects.index, "absolute_lower"] < effects.absolute_lower).all()
    assert result.course.date.nunique() <= MOST_DAYS
    assert result.course.units.max() == len(two_arms)


def test_intervals_hold_on_all_days_at_once_where_nothing_changes(units_table: UnitsTable) -> None:
    """Of 40 tests without an effect, read on each of 15 days, at most 5% may ever exclude zero, and chance allows for 6."""
    rng, wrong = np.random.default_rng(3), 0
    for _ in range(40):
        units = pd.DataFrame(
            {
                "experiment_id": "spring",
                "unit_id": np.arange(2000),
                "variant": rng.choice(["none", "offer"], 2000),
                "spend": rng.gamma(2.0, 10.0, size=2000),
            }
        )
        course = read(units_table(assigned(units, 15)), (Metric(name="spend"),), planned_units=2000).course
        wrong += bool(((course.absolute_lower > 0) | (course.absolute_upper < 0)).any())
    assert wrong <= 6


def test_scarce_outcomes_are_said_to_be_scarce(two_arms: pd.DataFrame, units_table: UnitsTable) -> None:
    units = assigned(two_arms, 20)
    course = read(units_table(units), (Metric(name="bought", kind="proportion"),)).course.set_index("date")
    for day, enough in course.enough.items():
        buyers = units[units.assigned_at <= day].groupby("variant").bought.sum().min()
        assert enough == (buyers >= 50)
    assert set(course.enough) == {True, False}


@pytest.mark.parametrize("days", [None, "some"])
def test_units_without_a_day_have_no_course(two_arms: pd.DataFrame, units_table: UnitsTable, days: str | None) -> None:
    units = two_arms if days is None else assigned(two_arms, 10)
    if days:
        units.loc[3, "assigned_at"] = pd.NaT
    assert read(units_table(units)).course.empty


def test_quantiles_and_flat_days_claim_nothing(two_arms: pd.DataFrame, units_table: UnitsTable) -> None:
    units = assigned(two_arms, 10)
    first = units.assigned_at <= "2025-03-02"
    units.loc[first, "bought"] = 0
    metrics = (Metric(name="bought", kind="proportion"), Metric(name="spend", kind="quantile", quantile=0.5))
    course = read(units_table(units), metrics).course
    assert set(course.metric) == {"bought"}
    assert course.date.min() == pd.Timestamp("2025-03-03")
    assert (course.absolute_upper > course.absolute_lower).all()
