"""False claims of tests without any effect that are looked at 50 times: what the default reading promises."""

from datetime import date, timedelta
from functools import cache

import numpy as np
import pytest
from scipy import stats

from workbench.config import Metric, UserExperiment
from workbench.experiments.sequential.reading import PastReading, choose_reading

TESTS, LOOKS, UNITS = 8_000, 50, 20_000
FIRST_DAY = date(2025, 11, 3)
END = FIRST_DAY + timedelta(days=LOOKS - 1)
# 5% of 8,000 tests, and what chance adds to it in 999 of 1,000 simulations.
MOST = float(stats.binom.ppf(0.999, TESTS, 0.05)) / TESTS


@cache
def scores() -> np.ndarray:
    """Welch's z of revenue that four in five units don't have, shape (test, look)."""
    rng = np.random.default_rng(1)
    per_look = UNITS // LOOKS
    found = np.empty((TESTS, LOOKS))
    for first in range(0, TESTS, 100):
        shape = (100, LOOKS, per_look)
        revenue = rng.standard_exponential(shape, dtype=np.float32) * (rng.random(shape, dtype=np.float32) < 0.2)
        treated, control = np.split(revenue, 2, axis=2)
        means, variances = zip(*(running_moments(arm) for arm in (treated, control)), strict=True)
        found[first : first + 100] = (means[0] - means[1]) / np.sqrt(variances[0] + variances[1])
    return found


def running_moments(arm: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean so far and its variance, each of shape (test, look)."""
    units = np.arange(1, LOOKS + 1) * arm.shape[2]
    total, squares = (arm.sum(axis=2, dtype=float).cumsum(axis=1), (arm**2).sum(axis=2, dtype=float).cumsum(axis=1))
    return total / units, (squares - total**2 / units) / (units - 1) / units


def critical_values(spec: UserExperiment) -> np.ndarray:
    """At each look, infinite where the plan lets that look settle nothing; the last one is on the day after the end."""
    readings = [
        choose_reading(spec, UNITS * (look + 1) // LOOKS, FIRST_DAY + timedelta(days=look + (look == LOOKS - 1)))
        for look in range(LOOKS)
    ]
    return np.array([reading.critical if reading.decides else np.inf for reading in readings])


def false_claims(spec: UserExperiment) -> float:
    return float(np.mean((np.abs(scores()) > critical_values(spec)).any(axis=1)))


def declared(**plan: object) -> UserExperiment:
    return UserExperiment(control="none", metrics=(Metric(name="spend"),), start=FIRST_DAY, **plan)


def test_reading_naively_each_day_claims_falsely_in_a_quarter_of_tests() -> None:
    assert np.mean((np.abs(scores()) > 1.96).any(axis=1)) > 0.2


@pytest.mark.parametrize(
    "plan",
    [
        {"end": END, "planned_units": UNITS},
        {"end": END},
        {"planned_units": UNITS},
        {"end": END, "planned_units": UNITS * 3},
        {"end": END, "planned_units": UNITS, "reading": "always_valid"},
        {"planned_units": UNITS, "looks": (0.25, 0.5, 0.75, 1.0)},
        {"end": END, "planned_units": UNITS, "reading": "fixed"},
    ],
    ids=["by default", "no size", "no date", "too few came", "always valid", "planned looks", "once"],
)
def test_false_claims_stay_within_five_percent(plan: dict[str, object]) -> None:
    assert false_claims(declared(**plan)) <= MOST


def test_the_default_reading_uses_up_its_five_percent() -> None:
    """No claim is given away: always-valid days and the planned end together come near to the level."""
    assert false_claims(declared(end=END, planned_units=UNITS)) >= float(stats.binom.ppf(0.001, TESTS, 0.05)) / TESTS


def test_always_valid_readings_are_rarely_wrong_before_the_end() -> None:
    before = critical_values(declared(end=END, planned_units=UNITS))[:-1]
    assert np.mean((np.abs(scores()[:, :-1]) > before).any(axis=1)) < 0.025


def test_a_test_read_daily_after_its_last_day_claims_rarely() -> None:
    """Units came on after the end: read as an ended test each time, it would claim in more than a tenth of tests."""
    spec, ends = declared(end=END), LOOKS // 2
    days = [END + timedelta(days=look + 1 - ends) for look in range(LOOKS)]
    units = [UNITS * (look + 1) // LOOKS for look in range(LOOKS)]
    past = [PastReading(units=seen, day=day) for seen, day in zip(units, days, strict=True)]
    known, forgotten = (
        np.array(
            [
                choose_reading(spec, units[look], days[look], earlier=past[:look] if remembers else None).critical
                for look in range(LOOKS)
            ]
        )
        for remembers in (True, False)
    )
    claims = [np.mean((np.abs(scores()) > bounds).any(axis=1)) for bounds in (known, forgotten)]
    assert claims[0] <= MOST
    assert claims[1] > 0.1
