"""A shop whose customers only grow older doesn't alarm; one whose customers changed does, however old they are."""

import numpy as np
import pandas as pd
import pytest

from tests.segments.movement.test_movement import as_previous, check, segmented
from tests.segments.populations import day, simulate_orders
from workbench.config import Segmentation
from workbench.segments import CustomerSegments

CONFIG = Segmentation(require_consent=False, models=("BG/NBD",), explore=False)
FROZEN, LATER = day(400), day(520)


@pytest.fixture(scope="module")
def closed() -> pd.DataFrame:
    """Nobody new comes after the day of the freeze."""
    return simulate_orders(customers=4000, days=521, seed=21, first_until=400)


@pytest.fixture(scope="module")
def frozen(closed: pd.DataFrame) -> CustomerSegments:
    return segmented(closed, FROZEN, CONFIG)


def test_growing_older_alone_is_no_drift(closed: pd.DataFrame, frozen: CustomerSegments) -> None:
    result = segmented(closed, LATER, CONFIG, as_previous(frozen)).result
    drift = result.drift.set_index("name")
    assert drift.psi["days_since_last"] > CONFIG.drift_alarm
    assert not drift.alarm.any()
    assert drift.psi_same_age.max() < 0.1
    told = check(result, "drift_of_features")
    assert told.passed
    assert "All customers together moved in days since last" in told.detail


def test_customers_who_buy_less_are_drift_at_any_age(closed: pd.DataFrame, frozen: CustomerSegments) -> None:
    """Two of three later orders stay away."""
    kept = np.random.default_rng(1).random(len(closed)) < 1 / 3
    fewer = closed[(closed.ordered_at <= pd.Timestamp(FROZEN)) | kept]
    drift = segmented(fewer, LATER, CONFIG, as_previous(frozen)).result.drift.set_index("name")
    assert set(drift.index[drift.alarm]) == {"probability_alive", "expected_purchases", "expected_value"}
    assert drift.psi_same_age["days_since_last"] > 0.1 > 2 * drift.psi_same_age["mean_order"]


def test_who_is_older_than_anyone_was_cannot_be_compared() -> None:
    orders = simulate_orders(customers=1500, days=330, seed=22, first_until=60)
    before = segmented(orders, day(200), CONFIG)
    result = segmented(orders, day(320), CONFIG, as_previous(before)).result
    assert result.drift.psi.max() > CONFIG.drift_alarm
    assert not result.drift.alarm.any()
    told = check(result, "drift_of_features")
    assert told.passed is None
    assert "can't be told from growing older" in told.detail
