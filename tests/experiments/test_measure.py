"""What leaves the engine is what pandas, tea-tasting and the definitions give for the same units."""

from __future__ import annotations

from datetime import date
from itertools import product

import ibis
import numpy as np
import pandas as pd
import pytest
from tea_tasting.aggr import read_aggregates

from workbench.config import Metric, UserExperiment
from workbench.errors import DataError, SpecError
from workbench.experiments.users import segments, units
from workbench.experiments.users.assignment import Exposures
from workbench.experiments.users.estimators import difference
from workbench.experiments.users.measure import MeasuredTest, measure

from .conftest import UnitsTable

SPEND = Metric(name="spend", covariates=("past_spend", "sessions"), role="primary", value=1)
RATE = Metric(name="rate", kind="ratio", numerator="orders", denominator="sessions", covariate="past_spend")
BOUGHT = Metric(name="bought", kind="proportion")


def measured(table: ibis.Table, *metrics: Metric, **spec: object) -> MeasuredTest:
    experiment = UserExperiment.model_validate({"control": "none", "metrics": metrics, **spec})
    return measure(table, "spring", experiment)


@pytest.fixture
def by_place(two_arms: pd.DataFrame) -> pd.DataFrame:
    """The small test with two segments, one of them not always known."""
    rng = np.random.default_rng(3)
    market = rng.choice(["DE", "FR", "IT"], size=1000, p=[0.6, 0.3, 0.1])
    device = pd.Series(rng.choice(["app", "web"], size=1000)).where(rng.random(1000) > 0.05)
    return two_arms.assign(market=market, device=device)


def test_moments_are_those_of_tea_tasting_and_pandas(two_arms: pd.DataFrame, units_table: UnitsTable) -> None:
    test = measured(units_table(two_arms), SPEND, RATE, BOUGHT)
    columns = ["spend", "past_spend", "sessions", "orders", "bought"]
    peer = read_aggregates(
        ibis.memtable(two_arms), "variant", has_count=True, mean_cols=columns, var_cols=columns, cov_cols=()
    )
    for variant, arm in test.arms.items():
        covariance = two_arms[two_arms.variant == variant][columns].astype(float).cov()
        assert arm.units == peer[variant].count() == test.counts[variant]
        for name in columns:
            assert arm.mean[name] == pytest.approx(peer[variant].mean(name), rel=1e-12)
            assert arm.covariance[name, name] == pytest.approx(peer[variant].var(name), rel=1e-12)
        for pair in product(["spend", "past_spend", "sessions"], repeat=2):
            assert arm.covariance[pair] == pytest.approx(covariance.loc[pair], rel=1e-10)


def test_measured_twice_the_same_units_give_the_same_digits(two_arms: pd.DataFrame, units_table: UnitsTable) -> None:
    # Engines give their groups in another order each time; sums over them would differ in the last digit.
    first, *others = [measured(units_table(two_arms), SPEND, RATE) for _ in range(8)]
    assert first.cells is not None
    assert len(first.cells.keys) > len(first.counts)
    for other in others:
        assert other.arms == first.arms
        assert other.cells is not None
        pd.testing.assert_frame_equal(other.cells.keys, first.cells.keys)


@pytest.mark.parametrize("glance", [20_000, 1], ids=["days are mixed", "units are stored by day"])
def test_days_of_any_size_and_level_pool_into_the_arms_they_cut(
    glance: int, two_arms: pd.DataFrame, units_table: UnitsTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segments, "GLANCE", glance)
    day = np.random.default_rng(5).integers(0, 400, size=1000)
    assigned_at = pd.Series(pd.Timestamp("2025-03-01 18:30") + pd.to_timedelta(day, "D")).where(day != 7)
    trended = two_arms.assign(assigned_at=assigned_at, spend=two_arms.spend + 1e5 * day)
    test = measured(units_table(trended), SPEND)
    known = trended.dropna(subset="assigned_at")
    assert {(arm, when): n for arm, days in test.daily.items() for when, n in days.items()} == known.groupby(
        ["variant", known.assigned_at.dt.date]
    ).size().to_dict()
    assert min(min(days.values()) for days in test.daily.values()) == 1
    assert sum(sum(days.values()) for days in test.daily.values()) == (day != 7).sum() < 1000
    for variant, arm in test.arms.items():
        chosen = trended[trended.variant == variant][["spend", "past_spend", "sessions"]].astype(float)
        assert arm.units == len(chosen)
        assert arm.mean["spend"] == pytest.approx(chosen.spend.mean(), rel=1e-12)
        for pair in product(chosen.columns, repeat=2):
            assert arm.covariance[pair] == pytest.approx(chosen.cov().loc[pair], rel=1e-9)


@pytest.mark.parametrize("most_cells", [20_000, 1], ids=["all segments at once", "one segment at a time"])
def test_moments_of_a_segment_are_those_of_its_units_alone(
    by_place: pd.DataFrame, units_table: UnitsTable, monkeypatch: pytest.MonkeyPatch, most_cells: int
) -> None:
    monkeypatch.setattr(segments, "MOST_CELLS", most_cells)
    far = by_place.assign(spend=by_place.spend + 1e6 * (by_place.market == "IT"))
    test = measured(units_table(far), SPEND, segments=("market", "device"))
    filled = far.assign(device=far.device.fillna("not known"))
    assert {name: list(values) for name, values in test.segments.items()} == {
        "market": ["DE", "FR", "IT"],
        "device": ["app", "not known", "web"],
    }
    for segment, values in test.segments.items():
        for value, arms in values.items():
            for variant, arm in arms.items():
                chosen = filled[(filled[segment] == value) & (filled.variant == variant)]
                assert arm.units == len(chosen)
                assert arm.mean["spend"] == pytest.approx(chosen.spend.mean(), rel=1e-12)
                expected = chosen[["spend", "past_spend", "sessions"]].astype(float).cov()
                for pair in product(expected.columns, repeat=2):
                    assert arm.covariance[pair] == pytest.approx(expected.loc[pair], rel=1e-9)


def test_a_segment_value_without_units_in_an_arm_lacks_that_arm(
    by_place: pd.DataFrame, units_table: UnitsTable
) -> None:
    lost = by_place[(by_place.market != "IT") | (by_place.variant == "none")]
    test = measured(units_table(lost), SPEND, segments=("market",))
    assert list(test.segments["market"]["IT"]) == ["none"]


def test_a_segment_that_names_units_is_refused(two_arms: pd.DataFrame, units_table: UnitsTable) -> None:
    with pytest.raises(SpecError, match="segment unit_id has over 100 values, so it names units"):
        measured(units_table(two_arms), SPEND, segments=("unit_id",))


def test_winsorising_cuts_at_the_quantile_of_all_arms(two_arms: pd.DataFrame, units_table: UnitsTable) -> None:
    heavy = two_arms.assign(spend=two_arms.spend**2)
    cut = SPEND.model_copy(update={"winsorize": 0.95})
    by_hand = heavy.assign(spend=heavy.spend.clip(upper=np.quantile(heavy.spend, 0.95)))
    # The same column uncut is measured beside it.
    uncut = Metric(name="spend_per_session", kind="ratio", numerator="spend", denominator="sessions")
    ours = measured(units_table(heavy), cut, uncut)
    theirs = measured(units_table(by_hand), SPEND)
    left, right = (
        difference(*test.means(metric, "none", "offer"), 0.95) for test, metric in ((ours, cut), (theirs, SPEND))
    )
    np.testing.assert_allclose(list(vars(left).values()), list(vars(right).values()), rtol=1e-9)
    assert ours.arms["offer"].mean["spend"] == pytest.approx(heavy[heavy.variant == "offer"].spend.mean(), rel=1e-12)


def test_winsorising_a_ratio_cuts_numerator_and_denominator(two_arms: pd.DataFrame, units_table: UnitsTable) -> None:
    clipped = {name: two_arms[name].clip(upper=np.quantile(two_arms[name], 0.9)) for name in ("orders", "sessions")}
    cut = RATE.model_copy(update={"winsorize": 0.9})
    ours = measured(units_table(two_arms), cut).means(cut, "none", "offer")
    theirs = measured(units_table(two_arms.assign(**clipped)), RATE).means(RATE, "none", "offer")
    for left, right in zip(ours, theirs, strict=True):
        assert (left.mean, left.variance) == pytest.approx((right.mean, right.variance), rel=1e-10)


def test_winsorising_never_hides_a_missing_outcome(two_arms: pd.DataFrame, units_table: UnitsTable) -> None:
    cut = Metric(name="spend", winsorize=0.9)
    with pytest.raises(DataError, match="spend is missing in 1 of 1,000 units"):
        measured(units_table(two_arms.assign(spend=two_arms.spend.where(two_arms.unit_id != 3))), cut)
    with pytest.raises(DataError, match="spend is missing in 1,000 of 1,000 units"):
        measured(units_table(two_arms.assign(spend=np.nan)), cut)


def test_winsorising_where_hardly_anyone_has_a_value_is_refused(
    two_arms: pd.DataFrame, units_table: UnitsTable
) -> None:
    rare = two_arms.assign(spend=(two_arms.unit_id % 100 == 0) * 50.0)
    with pytest.raises(
        DataError, match=r"units.spend is 0 up to its quantile 0.9, so winsorising there leaves nothing"
    ):
        measured(units_table(rare), Metric(name="spend", winsorize=0.9))


def test_days_of_assignment_and_late_units_are_counted(two_arms: pd.DataFrame, units_table: UnitsTable) -> None:
    assigned = pd.Timestamp("2024-03-04 10:00") + pd.to_timedelta(two_arms.unit_id % 3, unit="D")
    exposed = assigned + pd.Timedelta("2h")
    exposed = exposed.where(two_arms.unit_id >= 5, assigned - pd.Timedelta("1min"))
    # An exposure without an hour on the day of the assignment isn't late, and neither is a unit that was never exposed.
    exposed = exposed.where(~two_arms.unit_id.between(10, 19), assigned.dt.normalize()).where(two_arms.unit_id < 900)
    test = measured(units_table(two_arms.assign(assigned_at=assigned, exposed_at=exposed)), SPEND)
    assert test.daily["none"] == {date(2024, 3, 4): 134, date(2024, 3, 5): 133, date(2024, 3, 6): 133}
    assert {variant: sum(days.values()) for variant, days in test.daily.items()} == test.counts
    assert (test.exposures.late, test.exposures.last) == (5, date(2024, 3, 6))
    without_exposure = measured(units_table(two_arms.assign(assigned_at=assigned)), SPEND)
    assert (without_exposure.exposures, without_exposure.daily) == (Exposures(), test.daily)


def test_arms_come_control_first_then_as_declared(two_arms: pd.DataFrame, units_table: UnitsTable) -> None:
    three = two_arms.assign(variant=two_arms.variant.where(two_arms.unit_id < 800, "bonus"))
    assert list(measured(units_table(three), SPEND).counts) == ["none", "bonus", "offer"]
    assert list(measured(units_table(three), SPEND, variants=("offer", "none", "bonus")).arms) == [
        "none",
        "offer",
        "bonus",
    ]


def test_declared_arms_and_found_ones_must_be_the_same(two_arms: pd.DataFrame, units_table: UnitsTable) -> None:
    table = units_table(two_arms)
    with pytest.raises(
        DataError, match="arm bonus of experiment spring is empty, though variants names it; found none, offer"
    ):
        measured(table, SPEND, variants=("none", "offer", "bonus"))
    three = units_table(two_arms.assign(variant=two_arms.variant.where(two_arms.unit_id < 800, "bonus")))
    with pytest.raises(SpecError, match="holds the arm bonus, which variants leaves out; add it"):
        measured(three, SPEND, variants=("none", "offer"))


def test_a_unit_in_two_arms_is_found_among_more_units_than_are_compared(
    two_arms: pd.DataFrame, units_table: UnitsTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(units, "MOST_IDENTITIES", 250)
    twice = pd.concat([two_arms, two_arms[two_arms.unit_id < 100].assign(variant="offer")])
    with pytest.raises(DataError, match=r"units of experiment spring are in more than one arm"):
        measured(units_table(twice), SPEND)
    assert sum(measured(units_table(two_arms), SPEND).counts.values()) == 1000


@pytest.mark.parametrize("wrong", [-1.0, 0.5])
def test_a_count_is_a_whole_number_from_zero(two_arms: pd.DataFrame, units_table: UnitsTable, wrong: float) -> None:
    count = Metric(name="orders", kind="count")
    test = measured(units_table(two_arms), count)
    assert test.means(count, "none", "offer") == measured(units_table(two_arms), Metric(name="orders")).means(
        Metric(name="orders"), "none", "offer"
    )
    broken = two_arms.assign(orders=two_arms.orders.astype(float).where(two_arms.unit_id != 3, wrong))
    with pytest.raises(DataError, match=r"units.orders isn't a whole number from 0 up in 1 units"):
        measured(units_table(broken), count)


def test_metrics_that_do_not_vary_are_known(two_arms: pd.DataFrame, units_table: UnitsTable) -> None:
    # 0.1 has no exact binary form, so sums of it carry rounding.
    flat = two_arms.assign(
        spend=0.1, bought=two_arms.bought.where(two_arms.variant == "none", 1), orders=two_arms.sessions
    )
    median = Metric(name="sessions", kind="quantile", quantile=0.5)
    spend, rate = Metric(name="spend", covariate="past_spend"), RATE.model_copy(update={"covariate": None})
    test = measured(units_table(flat), spend, rate, BOUGHT, median)
    assert test.constant(spend, "none") == pytest.approx(0.1)
    assert test.constant(rate, "offer") == 1
    assert (test.constant(BOUGHT, "offer"), test.constant(BOUGHT, "none")) == (1, None)
    assert test.constant(median, "none") == np.median(flat[flat.variant == "none"].sessions)


def test_truth_values_are_read_as_0_and_1_and_their_gaps_are_seen(
    two_arms: pd.DataFrame, units_table: UnitsTable
) -> None:
    truths = two_arms.assign(bought=two_arms.bought == 1)
    numbers, truth = (measured(units_table(frame), BOUGHT).arms["offer"] for frame in (two_arms, truths))
    assert numbers == truth
    with pytest.raises(DataError, match="bought is missing in 1 of 1,000 units"):
        measured(units_table(truths.assign(bought=truths.bought.astype("boolean").where(truths.unit_id != 3))), BOUGHT)


def test_an_infinite_covariate_counts_as_missing(two_arms: pd.DataFrame, units_table: UnitsTable) -> None:
    holes = two_arms.assign(past_spend=two_arms.past_spend.where(two_arms.unit_id != 8, np.inf))
    test = measured(units_table(holes), SPEND)
    assert test.missing_covariates == {"past_spend": 1, "sessions": 0}
    known = two_arms[two_arms.unit_id != 8].past_spend.mean()
    filled = measured(
        units_table(two_arms.assign(past_spend=two_arms.past_spend.where(two_arms.unit_id != 8, known))), SPEND
    )
    assert test.means(SPEND, "none", "offer")[0].mean == pytest.approx(
        filled.means(SPEND, "none", "offer")[0].mean, rel=1e-12
    )


def test_the_table_of_a_large_test_never_leaves_the_engine(
    two_arms: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No answer of the engine has more rows than arms times cells times days."""
    connection = ibis.duckdb.connect()
    table = connection.create_table(
        "units", ibis.memtable(pd.concat([two_arms.assign(unit_id=two_arms.unit_id + 1000 * i) for i in range(50)]))
    )
    rows: list[int] = []
    original = type(connection).to_pyarrow

    def counting(self, expr, /, **kwargs):  # type: ignore[no-untyped-def]
        answer = original(self, expr, **kwargs)
        rows.append(len(answer) if hasattr(answer, "__len__") else 1)
        return answer

    monkeypatch.setattr(type(connection), "to_pyarrow", counting)
    median = Metric(name="sessions", kind="quantile", quantile=0.5)
    measured(table, SPEND, RATE, median, Metric(name="orders", winsorize=0.99), segments=("sessions",))
    assert len(rows) >= 3
    assert max(rows) < 60
