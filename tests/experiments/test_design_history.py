"""What history holds: customers' orders against pandas, an earlier test against numpy, arrivals against counting by hand."""

from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd
import pytest

from workbench.config import Metric, UserExperiment
from workbench.errors import SpecError
from workbench.experiments.design.arrivals import Arrivals, arrivals_of
from workbench.experiments.design.baselines import DEFAULT_METRICS, measure_history
from workbench.experiments.design.history import HistoryQuestion, history_of

SHOP = UserExperiment(control="none", metrics=DEFAULT_METRICS)


@pytest.fixture(scope="module")
def orders() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.uniform(0, 364, 9000), unit="D")
    return pd.DataFrame(
        {
            "customer_id": [f"c{i}" for i in rng.zipf(1.3, 9000) % 1500],
            "ordered_at": days.floor("s"),
            "revenue": rng.gamma(2.0, 30.0, 9000) * np.where(rng.random(9000) < 0.05, -1, 1),
        }
    )


@pytest.fixture(scope="module")
def tables(orders) -> dict[str, ibis.Table]:
    return {"transactions": ibis.duckdb.connect().create_table("transactions", ibis.memtable(orders))}


def test_known_customers_have_the_outcomes_that_pandas_counts(orders, tables):
    history = history_of(tables, "", SHOP, HistoryQuestion(weeks=4, before_weeks=8))
    units = history.units.to_pandas().set_index("unit_id")
    end = orders.ordered_at.max().normalize() + pd.Timedelta(days=1)
    start = end - pd.Timedelta(weeks=4)
    assert set(units.index) == set(orders.customer_id[orders.ordered_at < start])
    for suffix, first, last in (("", start, end), ("_before", start - pd.Timedelta(weeks=8), start)):
        window = orders[(orders.ordered_at >= first) & (orders.ordered_at < last)]
        revenue = window.groupby("customer_id").revenue.sum().reindex(units.index, fill_value=0.0)
        bought = window[window.revenue > 0].groupby("customer_id").size().reindex(units.index, fill_value=0)
        np.testing.assert_allclose(units[f"revenue{suffix}"], revenue, atol=1e-9)
        np.testing.assert_array_equal(units[f"orders{suffix}"], bought)
        np.testing.assert_array_equal(units[f"converted{suffix}"], bought > 0)
    new = orders.groupby("customer_id").ordered_at.min() >= end - pd.Timedelta(weeks=13)
    assert history.arrivals == Arrivals(at_once=len(units), pace=new.sum() / 13)


def test_customers_who_enter_with_an_order_count_from_it_on(orders, tables):
    history = history_of(tables, "", SHOP, HistoryQuestion(weeks=3, entry="with_next_order", enrolment_weeks=5))
    units = history.units.to_pandas().set_index("unit_id")
    start = orders.ordered_at.max().normalize() + pd.Timedelta(days=1) - pd.Timedelta(weeks=8)
    enrolled = orders[(orders.ordered_at >= start) & (orders.ordered_at < start + pd.Timedelta(weeks=5))]
    entered = enrolled.groupby("customer_id").ordered_at.min()
    assert units.assigned_at.to_dict() == entered.to_dict()
    one = units.index[0]
    own = orders[orders.customer_id == one]
    since = own[(own.ordered_at >= entered[one]) & (own.ordered_at < entered[one] + pd.Timedelta(weeks=3))]
    assert units.revenue[one] == pytest.approx(since.revenue.sum())
    assert units.converted[one] == int(((since.ordered_at > entered[one]) & (since.revenue > 0)).any())
    weekly = pd.Series(1, index=entered).resample("7D", origin=entered.min().normalize()).sum()
    assert list(history.arrivals.weekly[:4]) == list(weekly[:4])


def test_customers_without_consent_are_left_out_and_counted(orders, tables):
    names = sorted(orders.customer_id.unique())
    agreed = pd.DataFrame({"customer_id": names, "consent_marketing": [i % 3 > 0 for i in range(len(names))]})
    customers = ibis.get_backend(tables["transactions"]).create_table(
        "customers", ibis.memtable(agreed), overwrite=True
    )
    everyone = history_of(tables, "", SHOP, HistoryQuestion())
    history = history_of({**tables, "customers": customers}, "", SHOP, HistoryQuestion())
    allowed = set(agreed.customer_id[agreed.consent_marketing])
    known = set(everyone.units.to_pandas().unit_id)
    assert set(history.units.to_pandas().unit_id) == known & allowed
    assert history.unreachable == len(known - allowed)


def test_baselines_of_an_earlier_test_are_its_controls_moments(hillstrom, units_table):
    spec = UserExperiment(
        control="No E-Mail",
        metrics=(
            Metric(name="spend", covariate="history", role="primary"),
            Metric(name="visit", kind="proportion", covariates=("history", "recency")),
            Metric(name="order_value", kind="ratio", numerator="spend", denominator="conversion"),
        ),
    )
    history = history_of({"units": units_table(hillstrom)}, "hillstrom", spec, HistoryQuestion())
    measured = measure_history(history, spec)
    control = hillstrom[hillstrom.variant == "No E-Mail"]
    spend, visit = measured.baselines["spend"], measured.baselines["visit"]
    assert history.arms == ("No E-Mail", "Mens E-Mail", "Womens E-Mail")
    assert history.arrivals == Arrivals(at_once=64_000)
    assert measured.units == 21_306
    assert spend.level == pytest.approx(control.spend.mean())
    assert spend.variance == pytest.approx(control.spend.var())
    explained = np.corrcoef(control.spend, control.history)[0, 1] ** 2
    assert 1 - spend.adjusted / spend.variance == pytest.approx(explained, abs=1e-3)
    design = np.column_stack([np.ones(len(control)), control.history, control.recency])
    residual = control.visit - design @ np.linalg.lstsq(design, control.visit.astype(float), rcond=None)[0]
    assert visit.adjusted / visit.variance == pytest.approx(residual.var() / control.visit.var(), abs=1e-3)
    value = control.spend.sum() / control.conversion.sum()
    linear = (control.spend - value * control.conversion) / control.conversion.mean()
    assert measured.baselines["order_value"].level == pytest.approx(value)
    assert measured.baselines["order_value"].variance == pytest.approx(linear.var())


def test_a_quantiles_variance_is_that_of_its_density(units_table):
    """Of an exponential's median: q (1 - q) / f² = 0.25 / 0.25."""
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"unit_id": np.arange(80_000), "days": rng.exponential(size=80_000)})
    frame = frame.assign(experiment_id="e", variant=np.where(rng.random(80_000) < 0.5, "a", "b"))
    spec = UserExperiment(control="a", metrics=(Metric(name="days", kind="quantile", quantile=0.5, role="primary"),))
    history = history_of({"units": units_table(frame)}, "e", spec, HistoryQuestion())
    assert measure_history(history, spec).baselines["days"].variance == pytest.approx(1.0, rel=0.1)


def test_metrics_that_history_lacks_or_that_never_vary_are_named(units_table):
    frame = pd.DataFrame({"unit_id": np.arange(400), "bought": np.arange(400) % 7, "kept": 1.0})
    frame = frame.assign(experiment_id="e", variant=np.where(frame.unit_id % 2, "a", "b"))
    metrics = (Metric(name="kept"), Metric(name="bought"), Metric(name="opened"))
    spec = UserExperiment(control="a", metrics=metrics)
    past = units_table(frame)
    measured = measure_history(
        history_of({"units": past}, "e", spec.model_copy(update={"metrics": metrics[:2]}), HistoryQuestion()), spec
    )
    assert list(measured.baselines) == ["bought"]
    assert set(measured.unmeasured) == {"kept", "opened"}
    nothing = spec.model_copy(update={"metrics": metrics[:1]})
    with pytest.raises(SpecError, match="no metric varies"):
        measure_history(history_of({"units": past}, "e", nothing, HistoryQuestion()), nothing)


def test_without_history_nothing_is_planned():
    with pytest.raises(SpecError, match="map transactions"):
        history_of({}, "", SHOP, HistoryQuestion())


def test_arrivals_are_counted_by_week():
    first = date(2025, 3, 3)
    daily = {first + timedelta(days=day): 10 if day < 14 else 20 for day in range(18)}
    arrivals = arrivals_of(daily)
    assert arrivals == Arrivals(at_once=0, weekly=(70, 70, 140), pace=280 / 3)
    assert arrivals.weeks_for(105) == 1.5
    assert arrivals.weeks_for(280 + 280) == pytest.approx(6)
    assert arrivals.within(1.5) == 105
    assert arrivals.within(6) == pytest.approx(560)
    assert arrivals_of({first: 5, first + timedelta(days=6): 7}) == Arrivals(at_once=12)
    assert Arrivals(at_once=12).weeks_for(13) == float("inf")
