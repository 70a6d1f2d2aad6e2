"""Summaries made in the engine against the definitions written out in plain Python."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.embedded import in_engine
from workbench.customers.orders import select_population
from workbench.segments.calibration import purchases_over_time
from workbench.segments.summaries import as_triples, customer_summaries, unique_histories

START = date(2024, 2, 26)
UNTIL, HOLDOUT = START + timedelta(days=20), START + timedelta(days=31)

orders = st.lists(
    st.tuples(
        st.sampled_from("abcd"), st.integers(0, 40), st.integers(0, 23), st.sampled_from([-5.0, 0.0, 1.5, 8.0, 120.0])
    ),
    min_size=1,
    max_size=40,
)


def as_frame(rows: list[tuple[str, int, int, float]]) -> pd.DataFrame:
    moments = [pd.Timestamp(START) + pd.Timedelta(days=day, hours=hour) for _, day, hour, _ in rows]
    return pd.DataFrame(
        {"customer_id": [row[0] for row in rows], "ordered_at": moments, "revenue": [row[3] for row in rows]}
    )


def brute_force(rows: list[tuple[str, int, int, float]]) -> dict[str, dict[str, Any]]:
    spent: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for customer, offset, _, revenue in rows:
        if revenue >= 0:
            spent[customer][offset] += revenue
    found = {}
    for customer, by_day in spent.items():
        seen = sorted(offset for offset in by_day if offset <= 20)
        if seen:
            repeats = [by_day[offset] for offset in seen[1:]]
            found[customer] = {
                "frequency": len(repeats),
                "recency_days": seen[-1] - seen[0],
                "age_days": 20 - seen[0],
                "monetary_value": sum(repeats) / len(repeats) if repeats else 0.0,
                "revenue": sum(by_day[offset] for offset in seen),
                "holdout_purchases": sum(20 < offset <= 31 for offset in by_day),
            }
    return found


@settings(max_examples=15, deadline=None)
@given(orders)
def test_summaries_follow_the_definitions(rows: list[tuple[str, int, int, float]]) -> None:
    expected = brute_force(rows)
    if all(row[3] <= 0 for row in rows):
        return
    population = select_population(in_engine(as_frame(rows)), None, require_consent=False, margin=1.0)
    summaries = customer_summaries(population.purchases, until=UNTIL, holdout_until=HOLDOUT)
    found = summaries.to_pandas().set_index("customer_id")
    assert set(found.index) == set(expected)
    for customer, values in expected.items():
        for name, value in values.items():
            assert found.loc[customer, name] == pytest.approx(value), (customer, name)
    histories = unique_histories(summaries)
    assert histories.customers.sum() == len(expected)
    assert histories.holdout_purchases.sum() == sum(value["holdout_purchases"] for value in expected.values())
    assert not histories.duplicated(["frequency", "recency_days", "age_days"]).any()
    over_time = purchases_over_time(
        population.purchases, summaries, calibration_end=UNTIL, holdout_until=HOLDOUT, time_unit="week"
    )
    assert over_time.time.tolist() == pytest.approx([1, 11 / 7])
    assert over_time.purchases.iloc[-1] == histories.holdout_purchases.sum()


def test_time_units_divide_days() -> None:
    histories = pd.DataFrame({"frequency": [1], "recency_days": [14], "age_days": [30], "customers": [3]})
    assert as_triples(histories, "day").age[0] == 30
    assert as_triples(histories, "week").recency[0] == 2
    assert as_triples(histories, "month").age[0] == pytest.approx(30 / 30.4375)


def test_cdnow_has_the_paper_s_customers(cdnow_summaries: Any) -> None:
    """Fader, Hardie, Lee (2005): 2,357 customers, 1,411 without a repeat purchase, 1,882 repeat purchases in the holdout."""
    histories = unique_histories(cdnow_summaries)
    assert histories.customers.sum() == 2357
    assert histories.customers[histories.frequency == 0].sum() == 1411
    assert histories.holdout_purchases.sum() == 1882


def test_money_adds_up_exactly() -> None:
    """0.1 + 0.2 + 0.3 is 0.6 in any order of addition, which it isn't in binary fractions."""
    rows = [("a", 0, 9, 7.3), ("a", 3, 9, 0.1), ("a", 3, 10, 0.2), ("a", 3, 11, 0.3)]
    for order in (rows, rows[::-1]):
        population = select_population(in_engine(as_frame(order)), None, require_consent=False, margin=1.0)
        found = customer_summaries(population.purchases, until=UNTIL).to_pandas()
        assert found.monetary_value.tolist() == [0.6]
        assert found.revenue.tolist() == [7.9]


def test_money_of_large_shops_adds_up_alike_in_any_order_and_to_the_cent() -> None:
    """Beside an order of a hundred million the grid of sums is coarse: 30 orders of odd cents, against whole cents added by hand."""
    cents = [1_000_01 + 37 * at for at in range(30)]
    rows = [("a", at % 3, 9, cent / 100) for at, cent in enumerate(cents)] + [("b", 1, 9, 1e8)]
    found = []
    for order in (rows, rows[::-1], sorted(rows, key=lambda row: row[3] % 7)):
        population = select_population(in_engine(as_frame(order)), None, require_consent=False, margin=1.0)
        found.append(customer_summaries(population.purchases, until=UNTIL).to_pandas().set_index("customer_id"))
    assert found[0].loc["a", "revenue"] == pytest.approx(sum(cents) / 100, abs=1e-5)
    for other in found[1:]:
        assert other.revenue.to_dict() == found[0].revenue.to_dict()
        assert other.monetary_value.to_dict() == found[0].monetary_value.to_dict()
