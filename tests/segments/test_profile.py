"""What a segment's customers have in common, against counts made by pandas from the customers themselves."""

import numpy as np
import pandas as pd
import pytest

from tests.segments.populations import in_engine
from workbench.segments.profile import COLUMNS, EVERYBODY, REST, UNKNOWN, profile

NAMES = ["Champions", "Loyal", "New", "Tiny"]


@pytest.fixture(scope="module")
def members() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    count = 4000
    return pd.DataFrame(
        {
            "customer_id": [f"c{number}" for number in range(count)],
            "segment": rng.choice(NAMES, count, p=[0.2, 0.5, 0.295, 0.005]),
            "frequency": rng.poisson(2.5, count),
            "days_since_last": rng.integers(0, 700, count),
            "revenue": rng.gamma(2.0, 40.0, count),
            "expected_value": rng.gamma(2.0, 20.0, count),
            "market": rng.choice(["DE", "FR", "LI"], count, p=[0.7, 0.29, 0.01]),
        }
    )


@pytest.fixture(scope="module")
def found(members: pd.DataFrame) -> pd.DataFrame:
    known = members[members.index % 50 != 0][["customer_id", "market"]]
    table = in_engine(members.drop(columns="market"), "named")
    return profile(table, in_engine(known, "customers"), NAMES, smallest_group=50)


def test_levels_of_each_trait_add_up_to_the_segment(found, members):
    assert list(found.columns) == list(COLUMNS)
    truth = members.groupby("segment")
    for (segment, _trait), part in found.groupby(["segment", "trait"]):
        own = members if segment == EVERYBODY else truth.get_group(segment)
        own = own.assign(value=own.expected_value, purchases=own.frequency + 1)
        assert part.customers.sum() == len(own)
        assert part.purchases.sum() == own.purchases.sum()
        np.testing.assert_allclose(part[["value", "revenue"]].sum(), own[["value", "revenue"]].sum())


def test_bands_hold_whom_they_say(found, members):
    loyal = members[members.segment == "Loyal"]
    days = pd.cut(loyal.days_since_last, [-1, 30, 90, 180, 365, 10**6]).value_counts(sort=False)
    bought = pd.cut(loyal.frequency + 1, [0, 1, 2, 5, 10, 10**6]).value_counts(sort=False)
    shown = found[found.segment == "Loyal"].set_index(["trait", "level"]).customers
    assert shown["days_since_last"].tolist() == days.tolist()
    assert shown["days_since_last"].index[0] == "up to 30 days"
    told = shown["purchases"]
    assert told.drop(REST, errors="ignore").tolist() == bought.tolist()[: len(told.drop(REST, errors="ignore"))]


def test_no_group_is_small_and_no_small_segment_is_described(found, members):
    assert (members.segment == "Tiny").sum() < 50
    assert "Tiny" not in set(found.segment)
    assert found.customers.min() >= 50
    markets = found[found.trait == "market"]
    assert set(markets.level) <= {"DE", "FR", UNKNOWN, REST}
    assert "LI" not in set(markets.level)


def test_no_small_group_can_be_had_by_subtracting_markets_of_segments_from_everybody(found):
    found = found[found.trait == "market"]
    whole = found[found.segment == EVERYBODY].set_index(["trait", "level"]).customers
    shown = found[found.segment != EVERYBODY].groupby(["trait", "level"]).customers.sum()
    missing = (whole - shown).dropna().drop(REST, level="level")
    assert missing[missing > 0].min() >= 50


def test_without_customers_only_the_orders_tell(members):
    told = profile(in_engine(members, "named"), None, NAMES, smallest_group=50)
    assert set(told.trait) == {"days_since_last", "purchases"}
