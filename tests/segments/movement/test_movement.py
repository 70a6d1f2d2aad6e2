"""Planted moves are counted one by one, in customers and in money; drift is seen where it was planted and not where shares hide it."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from tests.segments.populations import DAY_ONE, day, in_engine, simulate_orders
from workbench.config import Segmentation
from workbench.result import Check, Provenance, Result
from workbench.segments import CustomerSegments, Series, segment_customers
from workbench.segments.movement.flows import flows, share_moved
from workbench.segments.movement.migration import migration
from workbench.segments.movement.previous import Previous

CONFIG = Segmentation(require_consent=False, models=("BG/NBD",), clusters=(2, 2))
FIRST, SECOND = day(500), day(530)


def segmented(
    orders: pd.DataFrame,
    until: date,
    config: Segmentation = CONFIG,
    previous: Previous | None = None,
    *,
    refreeze: bool = False,
) -> CustomerSegments:
    seen = orders[orders.ordered_at <= pd.Timestamp(until)]
    return segment_customers(
        in_engine(seen),
        None,
        config,
        provenance=Provenance(),
        currency="EUR",
        seed=1,
        series=Series(previous=previous, refreeze=refreeze),
    )


def as_previous(found: CustomerSegments, run: str = "first") -> Previous:
    return Previous(run=run, result=found.result, members=found.members)


def check(result: Result, name: str) -> Check:
    return next(each for each in result.checks if each.name == name)


@pytest.fixture(scope="module")
def orders() -> pd.DataFrame:
    return simulate_orders(customers=3000, days=560, seed=11)


@pytest.fixture(scope="module")
def first(orders: pd.DataFrame) -> CustomerSegments:
    return segmented(orders, FIRST)


@pytest.fixture(scope="module")
def second(orders: pd.DataFrame, first: CustomerSegments) -> CustomerSegments:
    return segmented(orders, SECOND, previous=as_previous(first))


def now(rows: list[tuple[str, str, float, int]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["customer_id", "segment", "expected_value", "joined"])
    return frame.assign(first_day=[DAY_ONE + timedelta(days=joined) for joined in frame.joined])


def test_every_planted_move_is_counted_once(first: CustomerSegments) -> None:
    """Ten customers with a fate each, and two erased ones."""
    before = pa.table(
        {
            "customer_id": ["stays", "gains", "rises", "falls", "leaves", "refuses", "forgotten"],
            "segment": ["Loyal", "Loyal", "Loyal", "Champions", "Loyal", "New", "New"],
            "expected_value": [10.0, 10.0, 10.0, 90.0, 7.0, 3.0, 2.0],
        }
    )
    today = now(
        [
            ("stays", "Loyal", 8.0, 0),
            ("gains", "Loyal", 15.0, 0),
            ("rises", "Champions", 95.0, 0),
            ("falls", "Loyal", 20.0, 0),
            ("newcomer", "New", 4.0, 510),
            ("admitted", "New", 5.0, 30),
        ]
    )
    customers = pd.DataFrame(
        {
            "customer_id": ["refuses", "forgotten", "stays", "newcomer"],
            "consent_profiling": [False, None, True, True],
        }
    ).astype({"consent_profiling": "boolean"})
    erased = pd.DataFrame({"segment": ["Champions"], "customers": [2], "value": [130.0]})
    result = replace(first.result, valued_at=FIRST)
    previous = Previous(run="first", result=result, members=before, erased=erased)
    moves = migration(in_engine(today), previous, in_engine(customers, "customers"), ["Champions", "Loyal", "New"])
    counted = {
        (row.before, row.after): (row.customers, row.value_before, row.value_after, row.gained, row.lost)
        for row in moves.itertuples()
    }
    assert counted == {
        ("Champions", "Loyal"): (1, 90, 20, 0, 70),
        ("Champions", "Erased"): (2, 130, 0, 0, 130),
        ("Loyal", "Champions"): (1, 10, 95, 85, 0),
        ("Loyal", "Loyal"): (2, 20, 23, 5, 2),
        ("Loyal", "Left"): (1, 7, 0, 0, 7),
        ("New", "Consent withdrawn"): (2, 5, 0, 0, 5),
        ("Entered", "New"): (1, 0, 4, 4, 0),
        ("Consent given", "New"): (1, 0, 5, 5, 0),
    }
    assert list(moves.before[:2]) == ["Champions", "Champions"]
    table = flows(moves).set_index("flow")
    assert table.customers.to_dict() == {
        "Entered": 1,
        "Consent given": 1,
        "Moved to a better segment": 1,
        "Stayed in the segment": 2,
        "Moved to a lesser segment": 1,
        "Left": 1,
        "Consent withdrawn": 2,
        "Erased": 2,
    }
    assert table.change["Moved to a lesser segment"] == -70
    assert table.change.sum() == today.expected_value.sum() - (np.sum(before["expected_value"].to_pylist()) + 130)
    assert share_moved(moves) == 2 / 4


def test_a_run_of_the_same_day_moves_nobody(orders: pd.DataFrame, first: CustomerSegments) -> None:
    again = segmented(orders, FIRST, previous=as_previous(first))
    moves = again.result.migration
    assert (moves.before == moves.after).all()
    np.testing.assert_allclose(moves.value_after, moves.value_before)
    assert again.result.drift.psi.max() == 0
    assert again.members.equals(first.members)


def test_matrix_and_flows_add_up_to_both_runs(first: CustomerSegments, second: CustomerSegments) -> None:
    moves, segments = second.result.migration, second.result.segments.set_index("segment")
    after, before = moves.groupby("after").customers.sum(), moves.groupby("before").customers.sum()
    earlier = first.result.segments.set_index("segment")
    for name in segments.index:
        assert after.get(name, 0) == segments.customers[name]
        assert before.get(name, 0) == earlier.customers[name] == segments.customers_before[name]
    change = segments.value.sum() - earlier.value.sum()
    assert second.result.flows.change.sum() == pytest.approx(change)
    trend = segments.customers / earlier.customers - 1
    np.testing.assert_allclose(segments.trend[earlier.customers > 0], trend[earlier.customers > 0])


def test_a_months_newcomers_are_those_whose_first_order_is_in_it(
    orders: pd.DataFrame, second: CustomerSegments
) -> None:
    first_day = orders.groupby("customer_id").ordered_at.min()
    newcomers = ((first_day > pd.Timestamp(FIRST)) & (first_day <= pd.Timestamp(SECOND))).sum()
    table = second.result.flows.set_index("flow")
    assert table.customers["Entered"] == newcomers
    assert "Left" not in table.index


def test_the_holdout_is_the_same_people_in_both_runs(first: CustomerSegments, second: CustomerSegments) -> None:
    held = [each.members.to_pandas().set_index("customer_id").holdout for each in (first, second)]
    both = held[0].index.intersection(held[1].index)
    assert (held[0][both] == held[1][both]).all()
    assert 0.08 < held[1].mean() < 0.12
    assert second.result.segments.holdout_customers.sum() == held[1].sum()


def test_cutoffs_and_bins_stay_frozen_until_asked(
    orders: pd.DataFrame, first: CustomerSegments, second: CustomerSegments
) -> None:
    assert second.result.cutoffs == first.result.cutoffs
    assert second.result.bins == first.result.bins
    assert second.result.frozen_by == "first"
    assert "frozen, made by the run first" in check(second.result, "cutoffs").detail
    third = segmented(orders, day(550), previous=as_previous(second, "second"))
    assert third.result.frozen_by == "first"
    anew = segmented(orders, SECOND, previous=as_previous(first), refreeze=True).result
    assert anew.frozen_by == ""
    assert anew.cutoffs.made_on == orders.ordered_at[orders.ordered_at <= pd.Timestamp(SECOND)].max().date()
    assert anew.bins != first.result.bins
    assert "frozen anew" in check(anew, "cutoffs").detail


def test_a_price_rise_is_drift_that_rfm_made_anew_would_not_show(orders: pd.DataFrame) -> None:
    """With fifths made anew nobody moves, because everybody does; the frozen ones and the index see it."""
    config = CONFIG.model_copy(update={"rules": "rfm"})
    before = segmented(orders, FIRST, config)
    dearer = orders.assign(revenue=2.5 * orders.revenue)
    frozen = segmented(dearer, FIRST, config, as_previous(before)).result
    anew = segmented(dearer, FIRST, config, as_previous(before), refreeze=True).result
    assert share_moved(anew.migration) < 0.001
    assert share_moved(frozen.migration) > 0.2
    for result in (frozen, anew):
        alarmed = set(result.drift["name"][result.drift.alarm])
        assert alarmed == {"mean_order", "expected_value"}
        assert check(result, "drift_of_features").passed is False
        assert "mean order" in check(result, "drift_of_features").detail


def test_without_an_earlier_run_it_says_so(first: CustomerSegments) -> None:
    assert first.result.migration.empty
    assert "second run on" in first.result.notes["movement"]
    assert first.result.segments.trend.isna().all()
    assert "later runs keep them" in check(first.result, "cutoffs").detail
