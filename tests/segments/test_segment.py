"""The whole segmentation, on simulated shops with known futures and on published data."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.segments.conftest import CALIBRATION_END
from tests.segments.populations import DAY_ONE, day, in_engine, simulate_orders, threads
from workbench.config import Segmentation
from workbench.customers.drift import psi
from workbench.errors import DataError, FitError, SpecError
from workbench.result import Check, Provenance, Result
from workbench.segments import (
    CustomerSegments,
    Cutoffs,
    RFMCutoffs,
    SegmentationResult,
    Series,
    segment_customers,
    segments_handoff,
    values_handoff,
)
from workbench.segments.movement.flows import share_moved
from workbench.segments.movement.previous import Previous

CONFIG = Segmentation(require_consent=False, clusters=(2, 2))
BGNBD_ONLY = Segmentation(require_consent=False, models=("BG/NBD",), clusters=(2, 2))


def segmented(
    orders: pd.DataFrame,
    config: Segmentation = CONFIG,
    *,
    customers: pd.DataFrame | None = None,
    calibration_end: date | None = None,
    cutoffs: Cutoffs | RFMCutoffs | None = None,
) -> CustomerSegments:
    return segment_customers(
        in_engine(orders),
        None if customers is None else in_engine(customers, "customers"),
        config,
        provenance=Provenance(),
        currency="EUR",
        seed=1,
        calibration_end=calibration_end,
        series=Series(cutoffs=cutoffs),
    )


def check(result: Result, name: str) -> Check:
    return next(each for each in result.checks if each.name == name)


@pytest.fixture(scope="module")
def shop() -> pd.DataFrame:
    """Four years of 6,000 customers who all joined in the first two."""
    return simulate_orders(customers=6000, days=4 * 364, seed=7, first_until=2 * 364)


@pytest.fixture(scope="module")
def found(shop: pd.DataFrame) -> CustomerSegments:
    """Fitted on three years; the fourth is the holdout and the future."""
    return segmented(shop, CONFIG.model_copy(update={"annual_discount_rate": 0.0}), calibration_end=day(3 * 364 - 1))


@pytest.fixture(scope="module")
def result(found: CustomerSegments) -> SegmentationResult:
    return found.result


@pytest.fixture(scope="module")
def members(found: CustomerSegments) -> pd.DataFrame:
    return found.members.to_pandas()


def test_simulated_parameters_are_recovered(result: SegmentationResult) -> None:
    truths = {"r": 0.6, "a": 0.8, "b": 3.0, "p": 6.0, "q": 4.0, "gamma": 15.0}
    for quantity, truth in truths.items():
        entity = "Gamma-Gamma" if quantity in ("p", "q", "gamma") else "BG/NBD"
        row = result.estimate(quantity, entity)
        error = np.log(row.upper / row.lower) / 3.92
        # Whole days merge some purchases, which moves r and b a little: four standard errors.
        assert abs(np.log(row.estimate / truth)) < 4 * error, quantity


def test_the_next_year_brings_what_was_expected(shop: pd.DataFrame, result: SegmentationResult) -> None:
    later = shop[shop.ordered_at > pd.Timestamp(day(3 * 364 - 1))]
    assert later.revenue.sum() == pytest.approx(result.estimate("future_value", "all customers").estimate, rel=0.06)
    assert abs(result.estimate("holdout_bias", "purchases").estimate) < 0.05
    assert check(result, "holdout_bias").passed


def test_each_segment_brings_what_was_expected_of_it(
    shop: pd.DataFrame, result: SegmentationResult, members: pd.DataFrame
) -> None:
    """Within four standard errors: the chance of customers' spending, and the interval of the expectation."""
    later = shop[shop.ordered_at > pd.Timestamp(day(3 * 364 - 1))]
    members = members.set_index("customer_id")
    spent = later.groupby("customer_id").revenue.sum().reindex(members.index, fill_value=0.0)
    for row in result.segments[result.segments.customers > 0].itertuples():
        own = spent[members.segment == row.segment]
        error = np.hypot(own.std() * np.sqrt(len(own)), (row.value_upper - row.value_lower) / 3.92)
        assert abs(own.sum() - row.value) < 4 * error, row.segment
    assert len(later) > 1000


def test_most_calibration_buckets_hold_the_actual_purchases(result: SegmentationResult) -> None:
    rows = result.calibration[result.calibration.view.isin(["frequency", "decile"])]
    inside = (rows.actual_lower <= rows.expected_upper) & (rows.expected_lower <= rows.actual_upper)
    assert inside.mean() >= 0.85
    for _, view in result.calibration.groupby("view"):
        total = view.actual.iloc[-1] if (view["view"] == "time").all() else view.actual.sum()
        assert total == result.calibration[result.calibration.view == "decile"].actual.sum()


def test_tables_agree_with_each_other(found: CustomerSegments, members: pd.DataFrame) -> None:
    segments = found.result.segments.set_index("segment")
    assert members.customer_id.is_unique
    by_segment = members.groupby("segment").expected_value.sum()
    np.testing.assert_allclose(segments.value[by_segment.index], by_segment)
    np.testing.assert_allclose(segments.share_of_value.sum(), 1)
    assert segments.customers.sum() == len(members)
    assert ((segments.value_lower <= segments.value) & (segments.value <= segments.value_upper)).all()
    handoff = segments_handoff(found).to_pandas()
    assert list(handoff.columns) == ["customer_id", "segment", "action", "owner", "holdout"]
    assert handoff.notna().all().all()
    assert (handoff.action == handoff.segment.map(segments.action)).all()
    held = handoff[handoff.holdout].groupby("segment").size().reindex(segments.index, fill_value=0)
    assert (held == segments.holdout_customers).all()
    assert (
        values_handoff(found)
        .select(["customer_id", "segment", "holdout"])
        .equals(segments_handoff(found).select(["customer_id", "segment", "holdout"]))
    )


def test_every_customer_is_in_the_segment_whose_rule_it_meets(
    result: SegmentationResult, members: pd.DataFrame
) -> None:
    cutoffs = result.cutoffs
    assert isinstance(cutoffs, Cutoffs)
    for row in members.itertuples():
        if row.frequency == 0:
            expected = "New" if row.days_since_last <= cutoffs.lapse_after_days else "One-time, lapsed"
            assert np.isnan(row.probability_alive)
        else:
            assert cutoffs.alive is not None
            active, high = (
                row.probability_alive >= cutoffs.alive,
                row.expected_value / row.probability_alive >= cutoffs.high_value,
            )
            expected = ("Champions" if high else "Loyal") if active else ("At risk, valuable" if high else "Dormant")
        assert row.segment == expected, row


def test_twice_the_currency_doubles_values_and_moves_nobody(shop: pd.DataFrame) -> None:
    first = shop[shop.customer_id < "c0001500"]
    once, twice = segmented(first), segmented(first.assign(revenue=2 * first.revenue))
    assert once.members["segment"].equals(twice.members["segment"])
    plain, doubled = once.result, twice.result
    np.testing.assert_allclose(doubled.segments.value, 2 * plain.segments.value, rtol=1e-9)
    np.testing.assert_allclose(doubled.segments.share_of_value, plain.segments.share_of_value, atol=1e-9)


def test_frozen_cutoffs_are_kept(shop: pd.DataFrame) -> None:
    first = shop[shop.customer_id < "c0001500"]
    frozen = Cutoffs(version="mine", made_on=DAY_ONE, alive=0.9, high_value=10.0, lapse_after_days=5.0)
    found = segmented(first, cutoffs=frozen)
    assert found.result.cutoffs == frozen
    members = found.members.to_pandas()
    alive = members[members.segment.isin(["Champions", "Loyal"])].probability_alive
    assert alive.min() >= 0.9


def test_same_seed_same_numbers_and_it_survives_the_disk(
    result: SegmentationResult, shop: pd.DataFrame, tmp_path: Path
) -> None:
    with threads(5):
        again = segmented(
            shop, CONFIG.model_copy(update={"annual_discount_rate": 0.0}), calibration_end=day(3 * 364 - 1)
        ).result
    pd.testing.assert_frame_equal(again.estimates, result.estimates, rtol=1e-9)
    result.save(tmp_path / "result")
    loaded = SegmentationResult.load(tmp_path / "result")
    assert loaded.cutoffs == result.cutoffs
    assert repr(loaded.checks) == repr(result.checks)
    assert loaded.bins == result.bins
    assert not [file for file in (tmp_path / "result").iterdir() if b"c0000001" in file.read_bytes()]
    pd.testing.assert_frame_equal(loaded.segments, result.segments)


def test_consent_is_applied_before_features_and_counted(shop: pd.DataFrame) -> None:
    first = shop[shop.customer_id < "c0002000"]
    ids = sorted(first.customer_id.unique())
    customers = pd.DataFrame({"customer_id": ids, "consent_profiling": [number % 4 != 0 for number in range(len(ids))]})
    found = segmented(first, Segmentation(clusters=(2, 2)), customers=customers)
    result = found.result
    consenting = set(customers.customer_id[customers.consent_profiling])
    assert set(found.members["customer_id"].to_pylist()) == consenting
    assert check(result, "consent").value == pytest.approx(1 - len(consenting) / len(ids))
    without_them = segmented(first[first.customer_id.isin(consenting)]).result
    np.testing.assert_allclose(result.segments.value, without_them.segments.value, rtol=1e-6)


def test_required_but_unrecorded_consent_is_said(shop: pd.DataFrame) -> None:
    result = segmented(shop[shop.customer_id < "c0001000"], Segmentation(clusters=(2, 2))).result
    assert check(result, "consent").passed is None
    assert "No consent to profiling is recorded" in check(result, "consent").detail


def test_too_short_a_window_for_a_holdout_says_so(shop: pd.DataFrame) -> None:
    early = shop[(shop.customer_id < "c0003000") & (shop.ordered_at < pd.Timestamp(day(200)))]
    result = segmented(early, CONFIG).result
    assert check(result, "holdout_bias").passed is False
    assert "was not tested" in check(result, "holdout_bias").detail
    assert result.calibration.empty


def one_order_each(customers: int, days: int) -> pd.DataFrame:
    moments = pd.Timestamp(DAY_ONE) + pd.to_timedelta(np.arange(customers) % days, unit="D")
    return pd.DataFrame({"customer_id": [f"c{n}" for n in range(customers)], "ordered_at": moments, "revenue": 10.0})


@pytest.mark.parametrize(
    ("orders", "error", "sentence"),
    [
        (one_order_each(500, 300), FitError, "0 of 500 customers bought on more than one day"),
        (pd.concat([one_order_each(500, 1)] * 3), FitError, "0 of 500 customers bought on more than one day"),
        (one_order_each(9, 90).assign(customer_id="only"), FitError, "1 of 1 customers bought on more than one day"),
        (one_order_each(5, 5).iloc[:0], DataError, "hold no order with a customer"),
        (one_order_each(50, 5).assign(revenue=-3.0), DataError, "negative revenue"),
    ],
)
def test_orders_that_carry_no_model_are_one_clear_sentence(
    orders: pd.DataFrame, error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        segmented(orders)


def test_a_calibration_end_outside_the_orders_is_refused(shop: pd.DataFrame) -> None:
    with pytest.raises(SpecError, match="2031-01-01"):
        segmented(shop, calibration_end=date(2031, 1, 1))


def test_cdnow_is_reproduced_and_underpredicts_its_holdout(cdnow_orders: pd.DataFrame) -> None:
    """Parameters of Fader, Hardie, Lee (2005); the known shortfall of BG/NBD on CDNOW's second half is 12%."""
    result = segmented(cdnow_orders, BGNBD_ONLY, calibration_end=CALIBRATION_END).result
    published = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
    for quantity, value in published.items():
        assert result.estimate(quantity, "BG/NBD").estimate == pytest.approx(value, abs=5e-4)
    for quantity, value in {"p": 6.25, "q": 3.74, "gamma": 15.44}.items():
        assert result.estimate(quantity, "Gamma-Gamma").estimate == pytest.approx(value, abs=5e-3)
    assert result.estimate("log_likelihood", "BG/NBD").estimate == pytest.approx(-9582.4, abs=0.05)
    assert result.estimate("holdout_bias", "purchases").estimate == pytest.approx(-0.12, abs=0.01)
    assert result.segments.customers.sum() == 2357


def test_online_retail_to_august_2011_flags_degenerate_dropout(shared_data: Path) -> None:
    lines = pd.read_parquet(shared_data / "customers/online_retail.parquet").dropna(subset=["CustomerID"])
    lines = lines[lines.InvoiceDate < "2011-09-01"]
    orders = pd.DataFrame(
        {
            "customer_id": lines.CustomerID.astype(int).astype(str),
            "ordered_at": lines.InvoiceDate,
            "revenue": lines.Quantity * lines.UnitPrice,
        }
    )
    result = segmented(orders, BGNBD_ONLY).result
    assert {"dropout_identified", "parameters_identified BG/NBD"} <= {each.name for each in result.failed_checks}
    assert result.segments.mean_probability_alive.isna().all()
    assert result.dots.empty
    assert "if nobody leaves" in result.findings[0]
    assert np.isnan(result.estimate("a", "BG/NBD").lower)
    assert check(result, "returns").value > 0.04
    assert isinstance(result.cutoffs, Cutoffs)
    assert result.cutoffs.alive is None


def test_rules_on_value_and_activity_move_few_cdnow_customers_a_month(cdnow_orders: pd.DataFrame) -> None:
    """Frozen rules move a few percent a month, and no share of a segment would show it."""
    seen = [cdnow_orders[cdnow_orders.ordered_at <= last] for last in ("1997-10-31", "1997-11-30")]
    first = segmented(seen[0], BGNBD_ONLY)
    previous = Previous(run="october", result=first.result, members=first.members)
    second = segment_customers(
        in_engine(seen[1]),
        None,
        BGNBD_ONLY,
        provenance=Provenance(),
        currency="USD",
        seed=1,
        series=Series(previous=previous),
    ).result
    assert 0.03 < share_moved(second.migration) < 0.09
    shares = [each.segments.share_of_customers.to_numpy() for each in (first.result, second)]
    assert psi(*shares) < 0.004
    assert second.migration.customers.sum() == 2357
    assert not set(second.flows.flow) & {"Entered", "Left"}


def test_rfm_rules_run_through_the_whole_segmentation(shop: pd.DataFrame) -> None:
    first = shop[shop.customer_id < "c0001500"]
    found = segmented(first, CONFIG.model_copy(update={"rules": "rfm", "owners": {"At risk": "CRM"}}))
    segments = found.result.segments.set_index("segment")
    assert isinstance(found.result.cutoffs, RFMCutoffs)
    assert segments.customers.sum() == first[first.ordered_at <= pd.Timestamp(day(4 * 364))].customer_id.nunique()
    assert segments.owner["At risk"] == "CRM"
    assert "days" in segments.rule["Champions"]
    # Who bought lately and often is worth more than who did not.
    each = segments.value / segments.customers
    assert each["Champions"] > 3 * each["Hibernating"]
