"""Shares, entropy, lifts and groups against pandas and closed forms; nothing tells of a group that is too small."""

from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from tests.embedded import in_engine
from workbench.segments.micro.explore import Micro, explore_micro
from workbench.segments.micro.groups import REST, micro_segments
from workbench.segments.micro.lift import lift_by_segment
from workbench.segments.micro.shares import PRIOR_EVENTS, Shares, shares_by_customer

TODAY = date(2025, 6, 30)


def shares_of(events: pd.DataFrame) -> Shares:
    found = shares_by_customer(in_engine(events, "events"))
    assert found is not None
    return found


@pytest.fixture(scope="module")
def events() -> pd.DataFrame:
    """Half of the Likers' events are hats, a tenth of the Others'."""
    rng = np.random.default_rng(1)
    who = rng.integers(0, 2000, 20_000)
    chance = np.where(who < 1000, 0.5, 0.1)
    kind = np.where(rng.random(len(who)) < chance, "hats", np.where(rng.random(len(who)) < 0.5, "shoes", "gloves"))
    return pd.DataFrame({"customer_id": [f"c{number}" for number in who], "kind": kind})


@pytest.fixture(scope="module")
def segmented() -> ibis.Table:
    ids = [f"c{number}" for number in range(2000)]
    names = ["Likers"] * 1000 + ["Others"] * 980 + ["Tiny"] * 20
    return in_engine(pd.DataFrame({"customer_id": ids, "segment": names}), "segmented")


def test_leading_kind_and_entropy_are_those_of_smoothed_shares(events: pd.DataFrame) -> None:
    found = shares_of(events)
    counts = pd.crosstab(events.customer_id, events.kind)
    usual = counts.sum() / counts.to_numpy().sum()
    smooth = counts.add(PRIOR_EVENTS * usual, axis=1).div(counts.sum(axis=1) + PRIOR_EVENTS, axis=0)
    entropy = -(smooth * np.log(smooth)).sum(axis=1) / np.log(3)
    ours = found.leading.to_pandas().set_index("customer_id").loc[counts.index]
    np.testing.assert_allclose(ours.entropy, entropy)
    assert (ours.leading == smooth.idxmax(axis=1)).mean() > 0.999
    np.testing.assert_allclose(found.average.set_index("kind").share[usual.index], usual)


def test_thousands_of_kinds_are_counted_like_three() -> None:
    rng = np.random.default_rng(4)
    rows = pd.DataFrame(
        {"customer_id": rng.integers(0, 300, 6000).astype(str), "kind": rng.zipf(1.3, 6000) % 3000}
    ).astype("str")
    found = shares_of(rows)
    counts = pd.crosstab(rows.customer_id, rows.kind)
    usual = counts.sum() / counts.to_numpy().sum()
    smooth = counts.add(PRIOR_EVENTS * usual, axis=1).div(counts.sum(axis=1) + PRIOR_EVENTS, axis=0)
    ours = found.leading.to_pandas().set_index("customer_id").loc[counts.index]
    np.testing.assert_allclose(ours.entropy, -(smooth * np.log(smooth)).sum(axis=1) / np.log(len(usual)), rtol=1e-9)
    largest = smooth.max(axis=1)
    led = smooth.to_numpy()[np.arange(len(smooth)), smooth.columns.get_indexer(ours.leading)]
    np.testing.assert_allclose(led, largest)


def test_one_event_alone_does_not_make_a_taste() -> None:
    """A customer with one rare event among a thousand common ones of others still leads with what it did; its entropy stays high."""
    rows = [("many", "common")] * 97 + [("many", "rare")] * 3 + [("single", "rare")]
    found = shares_of(pd.DataFrame(rows, columns=["customer_id", "kind"])).leading.to_pandas().set_index("customer_id")
    share = 97 / 101
    single = (PRIOR_EVENTS * share) / (1 + PRIOR_EVENTS)
    assert found.leading["single"] == ("common" if single > 0.5 else "rare")
    exact = -(single * np.log(single) + (1 - single) * np.log(1 - single)) / np.log(2)
    assert found.entropy["single"] == pytest.approx(exact)


def test_lift_finds_the_planted_taste_and_leaves_small_segments_out(
    events: pd.DataFrame, segmented: ibis.Table
) -> None:
    table = lift_by_segment(shares_of(events), segmented, ["Likers", "Others", "Tiny"], 50)
    assert set(table.segment) == {"Likers", "Others"}
    cell = table.set_index(["segment", "kind"])
    assert cell.lift["Likers", "hats"] == pytest.approx(0.5 / 0.3, rel=0.04)
    assert cell.lift["Others", "hats"] == pytest.approx(0.1 / 0.3, rel=0.1)
    assert cell.clear["Likers", "hats"]
    assert cell.clear["Others", "hats"]
    assert cell.lower["Likers", "hats"] < 0.5 / 0.3 < cell.upper["Likers", "hats"]
    np.testing.assert_allclose(table.groupby("segment").share.sum(), 1)


def test_intervals_are_wilsons(events: pd.DataFrame, segmented: ibis.Table) -> None:
    table = lift_by_segment(shares_of(events), segmented, ["Likers", "Others"], 50)
    exact = [
        proportion_confint(row.share * row.customers, row.customers, method="wilson") for row in table.itertuples()
    ]
    usual = table.share / table.lift
    np.testing.assert_allclose(np.column_stack([table.lower * usual, table.upper * usual]), exact)


def test_a_kind_that_hardly_anybody_chooses_tells_no_segments_apart() -> None:
    """One event of a rare kind fell into one segment by chance: the other is not known to shun it."""
    ids = [f"c{number}" for number in range(2000)]
    rows = pd.DataFrame({"customer_id": [*ids, "c0"], "kind": ["common"] * 2000 + ["rare"]})
    groups = pd.DataFrame({"customer_id": ids, "segment": ["x"] * 1000 + ["y"] * 1000})
    table = lift_by_segment(shares_of(rows), in_engine(groups, "groups"), ["x", "y"], 50)
    assert not table.clear.any()


def test_segments_alike_are_not_told_apart() -> None:
    """Of 40 worlds without any difference, hardly one has a cell that is clear."""
    claims = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        who = rng.integers(0, 600, 4000)
        taste = rng.dirichlet(np.ones(3), 600)
        kind = np.array(["a", "b", "c"])[(rng.random(4000)[:, None] > taste[who].cumsum(axis=1)[:, :2]).sum(axis=1)]
        found = shares_of(pd.DataFrame({"customer_id": [f"c{n}" for n in who], "kind": kind}))
        groups = pd.DataFrame({"customer_id": [f"c{n}" for n in range(600)], "segment": rng.choice(["x", "y"], 600)})
        claims += lift_by_segment(found, in_engine(groups, "groups"), ["x", "y"], 50).clear.any()
    assert claims <= 5


def test_micro_segments_hide_small_groups_and_lose_nobody() -> None:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(
        {
            "customer_id": [f"c{number}" for number in range(1000)],
            "purchases_soon": rng.choice([0.05, 0.2, 0.5, 2.0], 1000),
            "expected_value": rng.lognormal(size=1000),
        }
    )
    leading = pd.DataFrame({"customer_id": frame.customer_id[:600], "leading": ["hats"] * 570 + ["rare"] * 30})
    table = micro_segments(in_engine(frame, "segmented"), in_engine(leading, "leading"), None, smallest_group=50)
    assert table.customers.sum() == 1000
    assert table.customers.min() >= 50
    assert table.purchases_90_days.iloc[-1] == REST
    assert "rare" not in set(table.category)
    np.testing.assert_allclose(table.expected_value.sum(), frame.expected_value.sum())
    hats = frame[:570]
    row = table[(table.category == "hats") & (table.purchases_90_days == "1 or more")].iloc[0]
    assert row.customers == (hats.purchases_soon >= 1).sum()
    assert row.expected_purchases == pytest.approx(2.0 * row.customers)


def explored(orders: pd.DataFrame, touchpoints: pd.DataFrame | None) -> Micro:
    ids = [f"c{number}" for number in range(200)]
    frame = pd.DataFrame({"customer_id": ids, "segment": "Loyal", "purchases_soon": 1.0, "expected_value": 5.0})
    return explore_micro(
        in_engine(frame, "segmented"),
        in_engine(orders, "orders"),
        None if touchpoints is None else in_engine(touchpoints, "touchpoints"),
        ["Loyal"],
        valued_at=TODAY,
        smallest_group=50,
    )


def orders_of(category: bool, offset: int = 0) -> pd.DataFrame:
    days = [TODAY - timedelta(days=offset + number % 300) for number in range(400)]
    frame = pd.DataFrame({"customer_id": [f"c{number % 200}" for number in range(400)], "day": days, "revenue": 1.0})
    return frame.assign(category=["hats", "shoes"] * 200) if category else frame


def test_what_is_not_recorded_is_said_in_a_sentence() -> None:
    bare = explored(orders_of(category=False), None)
    assert bare.engagement.empty
    assert bare.affinity.empty
    assert bare.groups.empty
    assert set(bare.notes) == {"engagement", "affinity", "micro"}
    some = explored(orders_of(category=True), None)
    assert set(some.notes) == {"engagement"}
    assert len(some.affinity) == 2
    assert len(some.groups) > 0


def test_what_came_later_or_long_ago_is_not_seen() -> None:
    later = orders_of(category=True).assign(day=TODAY + timedelta(days=1))
    ago = orders_of(category=True).assign(day=TODAY - timedelta(days=364))
    for unseen in (later, ago):
        assert "affinity" in explored(unseen, None).notes
    touched = pd.DataFrame(
        {
            "customer_id": [f"c{number % 200}" for number in range(400)],
            "happened_at": pd.Timestamp(TODAY) + pd.Timedelta(hours=20),
            "channel": ["app", "site"] * 200,
            "event": "view",
            "category": ["hats", "shoes"] * 200,
        }
    )
    found = explored(later, touched)
    assert not found.notes
    assert set(found.engagement.kind) == {"app", "site"}
    tomorrow = touched.assign(happened_at=pd.Timestamp(TODAY) + pd.Timedelta(days=1))
    assert "engagement" in explored(later, tomorrow).notes
