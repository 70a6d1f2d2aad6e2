"""Features of a day against their definitions written out in plain Python, on both engines, and blind to all that came later."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import ibis
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.embedded import ENGINE, in_engine
from workbench.customers.features import features_on
from workbench.errors import SpecError

DAY = date(2024, 12, 30)
# Days before DAY, on both sides of each window's edge, and days after it.
OFFSETS = st.sampled_from([-900, -365, -364, -363, -91, -90, -28, -27, -1, 0, 1, 2, 40])
IDS = st.sampled_from("abcd")

orders = st.lists(
    st.tuples(IDS, OFFSETS, st.sampled_from([0.0, 0.1, 0.2, 12.5]), st.sampled_from(["shoes", "hats", None]), st.sampled_from([None, None, 1, 5, 60])),
    min_size=1,
    max_size=25,
)  # fmt: skip
touches = st.lists(st.tuples(IDS, OFFSETS, st.integers(0, 23), st.sampled_from(["email", "web"])), max_size=20)
acquired = st.fixed_dictionaries({customer: st.one_of(st.none(), OFFSETS) for customer in "abce"})


def on(offset: int | None) -> date | None:
    return None if offset is None else DAY + timedelta(days=offset)


def order_table(rows: list[tuple[str, int, float, str | None, int | None]]) -> ibis.Table:
    kinds = {
        "customer_id": "string",
        "day": "date",
        "revenue": "float64",
        "category": "string",
        "cancelled_on": "date",
    }
    named = [
        (who, on(when), spent, what, None if after is None else on(when + after))
        for who, when, spent, what, after in rows
    ]
    return table(named, kinds)


def touch_table(rows: list[tuple[str, int, int, str]]) -> ibis.Table:
    kinds = {"customer_id": "string", "happened_at": "timestamp", "channel": "string", "event": "string"}
    named = [
        (who, pd.Timestamp(DAY) + pd.Timedelta(days=when, hours=hour), channel, "view")
        for who, when, hour, channel in rows
    ]
    return table(named, kinds)


def customer_table(days: dict[str, int | None]) -> ibis.Table:
    kinds = {"customer_id": "string", "acquired_at": "timestamp", "country": "string"}
    moments = {who: None if when is None else pd.Timestamp(DAY) + pd.Timedelta(days=when) for who, when in days.items()}
    return table([(who, moment, f"land {who}") for who, moment in moments.items()], kinds)


def table(rows: list[tuple[Any, ...]], kinds: dict[str, str]) -> ibis.Table:
    return ibis.memtable(rows, schema=ibis.schema(kinds))


def read(features: ibis.Table) -> dict[str, dict[str, Any]]:
    frame = ENGINE.to_pandas(features.order_by("customer_id")).astype(object)
    return {row["customer_id"]: row for row in frame.where(frame.notnull(), None).to_dict("records")}


def by_hand(who: str, order_rows: list[Any], touch_rows: list[Any]) -> dict[str, Any]:
    mine = [
        (when, spent, what)
        for owner, when, spent, what, after in order_rows
        if owner == who and when <= 0 and (after is None or when + after > 0)
    ]
    seen = [(when, channel) for owner, when, _, channel in touch_rows if owner == who and when <= 0]
    return {
        "as_of": pd.Timestamp(DAY),
        "days_since_last": min((-when for when, *_ in mine), default=None),
        "days_since_first": max((-when for when, *_ in mine), default=None),
        **{f"orders_{days}": sum(when > -days for when, *_ in mine) for days in (28, 91, 364)},
        **{f"revenue_{days}": sum(spent for when, spent, _ in mine if when > -days) for days in (91, 364)},
        "mean_order": sum(spent for _, spent, _ in mine) / len(mine) if mine else None,
        "categories": len({what for when, _, what in mine if when > -364 and what}),
        **{f"touches_{days}": sum(when > -days for when, _ in seen) for days in (28, 91)},
        "touch_channels": len({channel for when, channel in seen if when > -91}),
        "days_since_touch": min((-when for when, _ in seen), default=None),
    }


@settings(max_examples=10, deadline=None)
@given(orders, touches, acquired)
def test_features_are_what_their_definitions_say(order_rows: Any, touch_rows: Any, since: Any) -> None:
    found = read(
        features_on(
            DAY,
            orders=order_table(order_rows),
            touchpoints=touch_table(touch_rows),
            customers=customer_table(since),
            attributes=["country"],
        )
    )
    ordered = {who for who, when, _, _, after in order_rows if when <= 0 and (after is None or when + after > 0)}
    assert set(found) == ordered | {who for who, when in since.items() if when is not None and when <= 0}
    for who, row in found.items():
        for name, value in by_hand(who, order_rows, touch_rows).items():
            assert row[name] == (pytest.approx(value, abs=1e-12) if isinstance(value, float) else value), (who, name)
        assert row["country"] == (f"land {who}" if who in since else None)


@settings(max_examples=10, deadline=None)
@given(orders, touches, acquired, orders, touches)
def test_nothing_that_comes_later_changes_a_feature(
    order_rows: Any, touch_rows: Any, since: Any, later_orders: Any, later_touches: Any
) -> None:
    """Later orders, touches, customers and cancellations are added or taken away; the features of the day stay as they were."""
    after_orders = [(who, 1 + abs(when), *rest) for who, when, *rest in later_orders]
    after_touches = [(who, 1 + abs(when), *rest) for who, when, *rest in later_touches]
    cancelled_later = [
        (who, when, spent, what, 1 - when if after is None and when <= 0 else after)
        for who, when, spent, what, after in order_rows
    ]

    def features(order_rows: Any, touch_rows: Any, since: Any) -> dict[str, dict[str, Any]]:
        return read(
            features_on(
                DAY,
                orders=order_table(order_rows),
                touchpoints=touch_table(touch_rows),
                customers=customer_table(since),
                attributes=["country"],
            )
        )

    then = features(order_rows, touch_rows, since)
    assert features(cancelled_later + after_orders, touch_rows + after_touches, {**since, "zoe": 3}) == then
    known = [row for row in order_rows if row[1] <= 0]
    assert features(known or order_rows, touch_rows, since) == then


def test_touchpoints_and_categories_are_optional() -> None:
    plain = table([("a", DAY, 2.0)], {"customer_id": "string", "day": "date", "revenue": "float64"})
    features = features_on(DAY, orders=plain)
    assert not {"categories", "touches_28", "days_since_touch"} & set(features.columns)
    assert read(features)["a"]["mean_order"] == 2.0


def test_an_attribute_that_is_not_there_is_named() -> None:
    with pytest.raises(SpecError, match=r"age can't be read from customers, which hold customer_id, acquired_at"):
        features_on(DAY, orders=order_table([]), customers=customer_table({}), attributes=["age"])


@pytest.fixture(scope="module")
def server(postgres_url: str) -> Iterator[ibis.BaseBackend]:
    connection: Any = ibis.connect(postgres_url)
    connection.raw_sql("CREATE SCHEMA features").close()
    connection.con.commit()
    yield connection
    connection.disconnect()


def test_both_engines_know_the_same(server: Any) -> None:
    order_rows = [
        (f"c{n % 40}", -(n * 37 % 700) + 60, n * 0.1, "abc"[n % 3], n if n % 7 == 0 else None) for n in range(400)
    ]
    touch_rows = [(f"c{n % 50}", -(n * 53 % 300) + 20, n % 24, "xyz"[n % 3]) for n in range(300)]
    tables = {
        "orders": order_table(order_rows),
        "touchpoints": touch_table(touch_rows),
        "customers": customer_table({f"c{n}": -n for n in range(45)}),
    }
    frames = {name: ENGINE.to_pandas(rows) for name, rows in tables.items()}
    there = {name: server.create_table(name, rows, database="features") for name, rows in tables.items()}
    here = {name: in_engine(frame, name).cast(tables[name].schema()) for name, frame in frames.items()}
    embedded, remote = (
        features_on(DAY, attributes=["country"], **both).order_by("customer_id").to_pandas() for both in (here, there)
    )
    assert len(embedded) > 40
    pd.testing.assert_frame_equal(embedded, remote, check_dtype=False, rtol=1e-12)
