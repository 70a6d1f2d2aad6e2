"""Declared policies on orders against the same policies written out in plain Python, and on both engines."""

from collections import defaultdict
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

import ibis
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.embedded import in_engine
from workbench.customers.order_counts import Returns
from workbench.customers.orders import Population, select_population
from workbench.errors import DataError

START = datetime(2024, 1, 1)

rows = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", None]),
        st.integers(0, 12),
        st.integers(0, 1),
        st.sampled_from([0.0, 0.5, 20.0, 20.0, -20.0, -20.0, 35.1, -35.1, -7.0]),
        st.sampled_from([None, False, False, False, True]),
    ),
    min_size=1,
    max_size=30,
)


def as_orders(found: list[Any]) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "customer_id": pd.array([row[0] for row in found], dtype="str"),
            "ordered_at": [START + timedelta(days=day, hours=12 * half) for _, day, half, *_ in found],
            "revenue": [row[3] for row in found],
            "test": pd.array([row[4] for row in found], dtype="boolean"),
        }
    )
    return frame.assign(margin=frame.revenue / 2)


def population(orders: ibis.Table, returns: Returns, smallest_order: float = 0.0, **options: Any) -> Population:
    return select_population(
        orders,
        options.get("customers"),
        require_consent=False,
        margin=1.0,
        returns=returns,
        smallest_order=smallest_order,
    )


def by_hand(found: list[Any], returns: Returns, smallest_order: float) -> dict[str, Any]:
    """A stack per customer and amount: what came back is what was bought last."""
    in_time = sorted(found, key=lambda row: (row[1], row[2], -row[3]))
    stacks: dict[Any, list[int]] = defaultdict(list)
    bought, cancelled_on, unmatched = [], {}, []
    for position, (who, day, _, revenue, test) in enumerate(in_time):
        if who is None or test or 0 <= revenue < smallest_order:
            continue
        if revenue >= 0:
            bought.append(position)
            stacks[who, revenue].append(position)
        elif returns == "cancel_order" and stacks[who, -revenue]:
            cancelled_on[stacks[who, -revenue].pop()] = day
        else:
            unmatched.append(revenue)
    kept = [position for position in bought if position not in cancelled_on]
    days: dict[Any, list[float]] = defaultdict(list)
    for position in kept:
        days[in_time[position][0], in_time[position][1]].append(in_time[position][3])
    return {
        "days": {key: (len(spent), pytest.approx(sum(spent))) for key, spent in days.items()},
        "cancelled": sorted((in_time[at][0], in_time[at][1], in_time[at][3], day) for at, day in cancelled_on.items()),
        "returned_revenue": sum(unmatched),
        "gross_revenue": sum(in_time[position][3] for position in kept),
        "same_day": len(kept) - len(days),
        "test": sum(who is not None and bool(test or 0 <= spent < smallest_order) for who, _, _, spent, test in found),
        "paid": any(in_time[position][3] > 0 for position in kept),
    }


@settings(max_examples=12, deadline=None)
@given(rows, st.sampled_from(["lower_value", "cancel_order", "ignore"]), st.sampled_from([0.0, 1.0]))
def test_what_is_left_out_is_what_the_policy_says(found: list[Any], returns: Returns, smallest_order: float) -> None:
    expected = by_hand(found, returns, smallest_order)
    orders = in_engine(as_orders(found))
    # Nothing but gifts is no purchase history either.
    if not expected["paid"]:
        with pytest.raises(DataError):
            population(orders, returns, smallest_order)
        return
    selected = population(orders, returns, smallest_order)
    assert days_of(selected) == expected["days"]
    assert cancelled_of(selected) == expected["cancelled"]
    counts = selected.counts
    assert counts.cancelled == len(expected["cancelled"])
    assert counts.returned_revenue == pytest.approx(expected["returned_revenue"])
    assert counts.gross_revenue == pytest.approx(expected["gross_revenue"])
    assert (counts.same_day, counts.test) == (expected["same_day"], expected["test"])
    lowered = 0.0 if returns == "ignore" else -expected["returned_revenue"]
    if counts.gross_revenue:
        assert counts.profit_share == pytest.approx(max(0.0, 1 - lowered / counts.gross_revenue) / 2)


def days_of(selected: Population) -> dict[Any, Any]:
    frame = selected.purchases.to_pandas()
    offsets = (pd.to_datetime(frame.day) - pd.Timestamp(START)).dt.days
    return {
        (who, int(day)): (int(count), float(spent))
        for who, day, count, spent in zip(frame.customer_id, offsets, frame.orders, frame.revenue, strict=True)
    }


def cancelled_of(selected: Population) -> list[Any]:
    orders = selected.orders
    frame = orders.filter(orders.cancelled_on.notnull()).to_pandas()
    since = {
        name: (pd.to_datetime(frame[name]) - pd.Timestamp(START)).dt.days.tolist() for name in ("day", "cancelled_on")
    }
    return sorted(zip(frame.customer_id, since["day"], frame.revenue, since["cancelled_on"], strict=True))


def test_the_latest_order_before_a_return_is_the_one_that_came_back() -> None:
    """Bought on days 0, 2 and 5 for the same 20: what came back on day 3 is day 2's, on day 4 day 0's; day 9's was never bought."""
    found = [("a", day, 0, revenue, None) for day, revenue in [(0, 20), (2, 20), (3, -20), (4, -20), (5, 20), (9, -21)]]
    selected = population(in_engine(as_orders(found)), "cancel_order")
    assert [day for _, day in days_of(selected)] == [5]
    assert cancelled_of(selected) == [("a", 0, 20.0, 4), ("a", 2, 20.0, 3)]
    assert (selected.counts.returns, selected.counts.cancelled, selected.counts.returned_revenue) == (3, 2, -21.0)


def test_a_return_before_the_order_takes_nothing_back() -> None:
    selected = population(in_engine(as_orders([("a", 0, 0, -20, None), ("a", 1, 0, 20, None)])), "cancel_order")
    assert selected.counts.cancelled == 0
    assert selected.counts.first_day == date(2024, 1, 2)


def test_orders_before_the_customer_was_acquired_are_counted() -> None:
    found = [("a", 0, 0, 5, None), ("a", 0, 1, 5, None), ("a", 3, 0, 5, None), ("b", 1, 0, 5, None)]
    since = pd.DataFrame({"customer_id": ["a", "b"], "acquired_at": [START + timedelta(days=2), None]})
    orders = in_engine(as_orders(found))
    assert population(orders, "ignore", customers=in_engine(since, "customers")).counts.before_acquisition == 2
    same_day = since.assign(acquired_at=START + timedelta(hours=23))
    assert population(orders, "ignore", customers=in_engine(same_day, "customers")).counts.before_acquisition == 0
    assert population(orders, "ignore").counts.before_acquisition is None


def test_nothing_but_test_orders_is_an_error_that_names_the_settings() -> None:
    with pytest.raises(DataError, match="1 are test orders, 1 are returns.*smallest_order"):
        population(in_engine(as_orders([("a", 0, 0, 0.5, None), ("a", 1, 0, -7, None)])), "ignore", 1.0)


@pytest.mark.parametrize("returns", ["lower_value", "cancel_order"])
def test_both_engines_select_the_same(postgres_url: str, returns: Returns) -> None:
    found = [
        ("abcde"[n % 5], n * 7 % 90, n % 2, [20.0, -20.0, 35.1, 0.5, -35.1][n * 3 % 7 % 5], n % 11 == 0)
        for n in range(300)
    ]
    server: Any = ibis.connect(postgres_url)
    there = server.create_table(f"orders_{returns}", as_orders(found), temp=True)
    here = in_engine(as_orders(found))
    embedded, remote = (population(orders, returns, 1.0) for orders in (here, there))
    assert asdict(embedded.counts) == asdict(remote.counts)
    assert days_of(embedded) == days_of(remote)
    assert cancelled_of(embedded) == cancelled_of(remote)
    # The engine drops what it kept for a population when nobody needs it any more.
    del remote
    server.disconnect()
