"""Geo readouts: GeoLift's published walkthrough, known truth, and what doesn't matter."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from workbench.config import GeoExperiment
from workbench.experiments import ExperimentResult, lift_record, read_out, read_out_geo
from workbench.experiments.result import LIFT_COLUMNS
from workbench.result import Provenance

from .conftest import geo_world

LAST_DAYS = {"start": date(2024, 3, 16), "end": date(2024, 3, 30)}


def read(frame: pd.DataFrame, name: str = "simulated", **spec: object) -> ExperimentResult:
    experiment = GeoExperiment.model_validate({"kind": "geo", "treated": ("treated0",), **LAST_DAYS, **spec})
    return read_out_geo(frame, name, experiment, provenance=Provenance(), currency="EUR")


@pytest.fixture(scope="module")
def walkthrough_result(walkthrough: pd.DataFrame) -> ExperimentResult:
    return read(
        walkthrough,
        "walkthrough",
        treated=("chicago", "portland"),
        start=date(2021, 4, 1),
        end=date(2021, 4, 15),
        channel="tv",
        spend_change=1_500.0,
    )


@pytest.fixture(scope="module")
def simulated_result() -> ExperimentResult:
    frame = geo_world(seed=21, effect=3.0, treated=2, tested=15)
    return read(frame, treated=("treated0", "treated1"), channel="tv", spend_change=200.0, value_per_kpi=10.0)


def value_of(result: ExperimentResult, quantity: str) -> float:
    return result.estimate(quantity, result.experiment_id).estimate


def test_walkthrough_gives_geolifts_published_numbers(walkthrough_result: ExperimentResult) -> None:
    assert round(value_of(walkthrough_result, "att"), 3) == 155.556
    assert round(100 * value_of(walkthrough_result, "lift"), 1) == 5.4
    assert round(value_of(walkthrough_result, "incremental")) == 4_667
    assert round(value_of(walkthrough_result, "l2_imbalance"), 3) == 909.489
    assert round(value_of(walkthrough_result, "scaled_l2"), 4) == 0.1636


def test_walkthrough_gives_geolifts_published_weights(walkthrough_result: ExperimentResult, shared_data: Path) -> None:
    reference = json.loads((shared_data / "experiments" / "reference.json").read_text())
    published = reference["geolift_test.csv"]["published"]["weights"]
    found = walkthrough_result.weights.set_index("market").weight
    assert set(found.index) == set(published)
    np.testing.assert_allclose([found[name] for name in published], list(published.values()), atol=5.1e-5)


def test_walkthrough_finds_an_effect_and_no_placebo(walkthrough_result: ExperimentResult) -> None:
    checks = {check.name: check.passed for check in walkthrough_result.checks}
    # Five of 105 blocks are as extreme: the moving-block p-value that GeoLift's residuals give too.
    assert value_of(walkthrough_result, "p_value_by_other_times") == pytest.approx(5 / 105)
    published = walkthrough_result.estimate("lift_by_other_times", "walkthrough")
    assert 0 < published.lower < 0.054 < published.upper
    names = (
        "overlapping_tests",
        "placebo_in_time",
        "placebo_in_space",
        "stands_out",
        "pre_fit",
        "pre_period",
        "donors",
    )
    # Untreated cities drift in the same days, some further than these two, which GeoLift doesn't look at.
    assert checks == dict.fromkeys(names, True) | {"placebo_in_space": False, "stands_out": None}


def test_the_walkthroughs_verdict_interval_and_p_value_say_the_same(walkthrough_result: ExperimentResult) -> None:
    assert (walkthrough_result.verdict, walkthrough_result.decided_by) == ("inconclusive", "profit")
    for quantity in ("profit", "incremental", "lift", "att"):
        shown = walkthrough_result.estimate(quantity, "walkthrough")
        assert shown.lower < 0 < shown.upper, quantity
    assert value_of(walkthrough_result, "p_value") > 0.1
    # Ranked among all cities, the treated ones are no rarer (Abadie's ratio): two ways to the same answer.
    rank = next(check for check in walkthrough_result.checks if check.name == "stands_out")
    assert value_of(walkthrough_result, "p_value") == pytest.approx(rank.value, abs=0.1)
    sentences = walkthrough_result.findings
    assert sentences[0].startswith("Inconclusive: the change of tv in chicago and portland brought €4.67k (−€3.52k to ")
    assert sentences[1].startswith("During the test untreated markets strayed 2.51 times as far as usual")
    assert "with p = 0.048" in sentences[1]
    assert sentences[2].startswith("The same profit in a time as quiet as usual would settle it: test again")


def test_an_inconclusive_test_is_evidence_for_the_media_mix(walkthrough_result: ExperimentResult) -> None:
    row = lift_record(walkthrough_result).iloc[0]
    total = walkthrough_result.estimate("incremental", "walkthrough")
    plain = walkthrough_result.estimate("incremental_by_other_times", "walkthrough")
    assert (row.channel, row.spend_change) == ("tv", 1_500.0)
    assert row.lift == pytest.approx(4_666.67, abs=0.01)
    assert 2 * stats.norm.ppf(0.95) * row.lift_se == pytest.approx(total.upper - total.lower)
    factor = value_of(walkthrough_result, "widening")
    assert total.upper - total.lower == pytest.approx(factor * (plain.upper - plain.lower), rel=1e-3)


def test_money_follows_from_the_kpi(simulated_result: ExperimentResult) -> None:
    estimates = simulated_result.estimates.set_index("quantity")[["estimate", "lower", "upper"]]
    np.testing.assert_allclose(estimates.loc["incremental"], estimates.loc["att"] * 2 * 15)
    np.testing.assert_allclose(estimates.loc["incremental_value"], estimates.loc["incremental"] * 10)
    np.testing.assert_allclose(estimates.loc["profit"], estimates.loc["incremental_value"] - 200)
    np.testing.assert_allclose(estimates.loc["iroas"], estimates.loc["incremental_value"] / 200)
    assert estimates.loc["att", "lower"] <= 3.0 <= estimates.loc["att", "upper"]


def test_lift_record_carries_the_total_and_the_interval_as_a_standard_error(simulated_result: ExperimentResult) -> None:
    record = lift_record(simulated_result)
    total = simulated_result.estimate("incremental", "simulated")
    assert list(record) == list(LIFT_COLUMNS)
    row = record.iloc[0]
    assert (row.channel, row.markets, row.spend_change, row.weight) == ("tv", "treated0;treated1", 200.0, 1.0)
    assert (row.start, row.end) == (pd.Timestamp("2024-03-16"), pd.Timestamp("2024-03-30"))
    assert row.lift == pytest.approx(total.estimate)
    # A normal interval of that standard error is as wide as the conformal one.
    assert 2 * stats.norm.ppf(0.95) * row.lift_se == pytest.approx(total.upper - total.lower)


def test_without_a_channel_or_its_spend_there_is_no_lift_record() -> None:
    frame = geo_world(seed=2, periods=45, tested=6)
    window = {"start": date(2024, 2, 9), "end": date(2024, 2, 14)}
    assert lift_record(read(frame, **window, channel="tv")).empty
    assert lift_record(read(frame, **window, spend_change=100.0)).empty


def test_less_spend_turns_the_return_around_but_not_its_sign() -> None:
    frame = geo_world(seed=13, periods=60, tested=10, effect=-3.0)
    window = {"start": date(2024, 2, 20), "end": date(2024, 2, 29)}
    result = read(frame, **window, channel="tv", spend_change=-10.0)
    iroas = result.estimate("iroas", "simulated")
    assert 0 < iroas.lower <= iroas.estimate <= iroas.upper
    assert iroas.estimate == pytest.approx(value_of(result, "incremental_value") / -10.0)
    # Sales lost are about 30, spend saved is 10.
    assert (result.verdict, result.decided_by) == ("stop", "profit")


def test_scaling_the_kpi_scales_the_effect_and_leaves_lift_and_p_value() -> None:
    frame = geo_world(seed=17, periods=50, tested=8, effect=1.0)
    window = {"start": date(2024, 2, 12), "end": date(2024, 2, 19)}
    plain, scaled = read(frame, **window), read(frame.assign(kpi=1_000 * frame.kpi), **window)
    assert value_of(scaled, "incremental") == pytest.approx(1_000 * value_of(plain, "incremental"), rel=1e-8)
    assert value_of(scaled, "lift") == pytest.approx(value_of(plain, "lift"), rel=1e-8)
    assert value_of(scaled, "p_value") == value_of(plain, "p_value")


def test_names_and_order_of_markets_change_nothing() -> None:
    frame = geo_world(seed=18, periods=50, tested=8, effect=1.0)
    window = {"start": date(2024, 2, 12), "end": date(2024, 2, 19)}
    donors = sorted(set(frame.market) - {"treated0"})
    renamed = dict(
        zip(donors, [f"m{place:02d}" for place in np.random.default_rng(3).permutation(len(donors))], strict=True)
    )
    plain, other = read(frame, **window), read(frame.assign(market=frame.market.replace(renamed)), **window)
    pd.testing.assert_frame_equal(other.estimates, plain.estimates, rtol=1e-7, atol=1e-7)
    values = [[check.value for check in result.checks] for result in (plain, other)]
    np.testing.assert_allclose(values[1], values[0], rtol=1e-7)
    weight = plain.weights.assign(market=plain.weights.market.replace(renamed)).set_index("market").weight
    pd.testing.assert_series_equal(
        other.weights.set_index("market").weight.sort_index(), weight.sort_index(), rtol=1e-6
    )


@pytest.mark.parametrize("augment", [False, True])
def test_a_kpi_turned_upside_down_turns_the_effect(augment: bool) -> None:
    """Donors and treated together: what was gained is lost, and nothing else changes."""
    frame = geo_world(seed=18, periods=50, tested=8, effect=1.0)
    window = {"start": date(2024, 2, 12), "end": date(2024, 2, 19), "augment": augment}
    plain, turned = read(frame, **window), read(frame.assign(kpi=-frame.kpi), **window)
    up, down = (result.estimate("incremental", "simulated") for result in (plain, turned))
    np.testing.assert_allclose([down.estimate, down.lower, down.upper], [-up.estimate, -up.upper, -up.lower], rtol=1e-6)
    assert value_of(turned, "p_value") == value_of(plain, "p_value")
    # What would have been is negative now, and so has no share.
    assert np.isnan(value_of(turned, "lift"))
    assert np.isfinite(value_of(plain, "lift"))


def test_markets_that_never_move_are_said_to_tell_nothing() -> None:
    frame = geo_world(seed=18, periods=50, tested=8)
    window = {"start": date(2024, 2, 12), "end": date(2024, 2, 19)}
    flat = read(frame.assign(kpi=frame.kpi.where(frame.market != "treated0", 0.0)), **window)
    assert "had nothing to follow: the treated markets' KPI didn't move" in flat.findings[-1]
    assert next(check for check in flat.checks if check.name == "pre_fit").passed is False
    still = read(frame.assign(kpi=50.0), **window)
    assert (still.verdict, value_of(still, "p_value"), value_of(still, "incremental")) == ("inconclusive", 1.0, 0.0)


def test_order_of_rows_days_after_the_test_and_other_experiments_change_nothing() -> None:
    frame = geo_world(seed=19, periods=60, tested=8)
    window = {"start": date(2024, 2, 14), "end": date(2024, 2, 19)}
    plain = read(frame[frame.date <= "2024-02-19"], **window)
    other = frame.assign(experiment_id="other", kpi=0.0)
    messy = read(pd.concat([other, frame.sample(frac=1, random_state=1)]), **window)
    pd.testing.assert_frame_equal(plain.estimates, messy.estimates, rtol=1e-9)


def test_weekly_data_read_as_weeks() -> None:
    frame = geo_world(seed=23, periods=40, tested=6)
    days = (frame.date - frame.date.min()).dt.days
    weekly = frame.assign(date=pd.Timestamp("2024-01-01") + pd.to_timedelta(7 * days, unit="D"))
    result = read(weekly, start=date(2024, 8, 26), end=date(2024, 10, 6))
    assert int(result.series.tested.sum()) == 6
    assert "in 6 weeks" in result.findings[0]


def test_an_effect_before_the_test_leaves_the_question_open() -> None:
    frame = geo_world(seed=29, periods=70, tested=8)
    early = (frame.market == "treated0") & frame.date.between("2024-02-25", "2024-03-02")
    result = read(frame.assign(kpi=frame.kpi + 8.0 * early), start=date(2024, 3, 4), end=date(2024, 3, 10))
    placebo = next(check for check in result.checks if check.name == "placebo_in_time")
    assert placebo.passed is False
    assert (result.verdict, result.decided_by) == ("inconclusive", "placebo_in_time")
    spent = read(
        frame.assign(kpi=frame.kpi + 8.0 * early),
        start=date(2024, 3, 4),
        end=date(2024, 3, 10),
        channel="tv",
        spend_change=10.0,
    )
    assert spent.lift.empty


def test_one_entry_reads_both_kinds_of_tables(tmp_path: Path) -> None:
    frame = geo_world(seed=31, periods=40, tested=6)
    spec = GeoExperiment(kind="geo", treated=("treated0",), start=date(2024, 2, 4), end=date(2024, 2, 9))
    table = ibis.duckdb.connect().create_table("geo", ibis.memtable(frame))
    from_engine = read_out(table, "simulated", spec, provenance=Provenance(), currency="EUR")
    from_frame = read_out(frame, "simulated", spec, provenance=Provenance(), currency="EUR")
    pd.testing.assert_frame_equal(from_engine.estimates, from_frame.estimates)
    from_engine.save(tmp_path / "geo")
    pd.testing.assert_frame_equal(ExperimentResult.load(tmp_path / "geo").series, from_engine.series)
