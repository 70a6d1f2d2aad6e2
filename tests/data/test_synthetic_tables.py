"""The sample company's tables agree with each other."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from workbench.data.synthetic import SampleCompany, simulate_company

CUSTOMERS = 20_000


@pytest.fixture(scope="module")
def company() -> SampleCompany:
    return simulate_company(seed=3, customers=CUSTOMERS)


def cents(revenue: pd.Series) -> pd.Series:
    return (revenue * 100).round().astype("int64")


def monday(instants: pd.Series) -> pd.Series:
    return instants.dt.normalize() - pd.to_timedelta(instants.dt.day_of_week, unit="D")


def units_of(company: SampleCompany, experiment_id: str) -> pd.DataFrame:
    return company.units[company.units.experiment_id == experiment_id]


def test_orders_add_up_to_the_kpi_to_the_cent(company: SampleCompany):
    orders = company.transactions
    orders = orders.assign(week=monday(orders.ordered_at), cents=cents(orders.revenue))
    total = orders.groupby(["week", "market"]).cents.sum()
    kpi = cents(company.kpi.set_index(["week", "market"]).kpi)
    pd.testing.assert_series_equal(total, kpi.sort_index(), check_names=False, check_freq=False)


def test_regions_add_up_to_their_market_in_every_week_of_the_geo_table(company: SampleCompany):
    geo = company.geo.assign(
        week=monday(company.geo.date), market=company.geo.market.str[:2], cents=cents(company.geo.kpi)
    )
    by_market = geo.groupby(["week", "market"]).cents.sum()
    kpi = cents(company.kpi.set_index(["week", "market"]).kpi)
    assert (by_market == kpi.loc[by_market.index]).all()
    assert len(by_market) == 5 * geo.week.nunique()


def test_units_hold_what_their_customers_ordered_while_the_test_ran_and_before(company: SampleCompany):
    start = company.kpi.week.max() + pd.Timedelta(weeks=1 - 50)
    orders, units = company.transactions, units_of(company, "winter_email")
    during, before = (start, start + pd.Timedelta(weeks=4)), (start - pd.Timedelta(weeks=26), start)
    for column, (first, last) in {"revenue": during, "revenue_before": before}.items():
        inside = orders[(orders.ordered_at >= first) & (orders.ordered_at < last)]
        spent = inside.groupby("customer_id").revenue.sum().reindex(units.unit_id, fill_value=0.0)
        np.testing.assert_allclose(units[column], spent, atol=1e-6)
    assert (units.converted == (units.orders > 0)).all()
    assert units.assigned_at.between(start - pd.Timedelta(weeks=1), start, inclusive="left").all()


def test_the_holdouts_units_hold_all_orders_of_its_weeks(company: SampleCompany):
    start = company.kpi.week.max() + pd.Timedelta(weeks=1 - 19)
    kpi = company.kpi[(company.kpi.week >= start) & (company.kpi.week < start + pd.Timedelta(weeks=12))]
    units = units_of(company, "video_holdout")
    by_market = cents(units.groupby("market").revenue.sum())
    pd.testing.assert_series_equal(by_market, cents(kpi.groupby("market").kpi.sum()), check_names=False)
    assert units.assigned_at.between(start, start + pd.Timedelta(weeks=1), inclusive="left").all()


def test_banners_are_shown_evenly_on_every_device(company: SampleCompany):
    units = units_of(company, "spring_banner")
    counts = pd.crosstab([units.headline, units.image, units.call_to_action], units.device)
    shares = np.outer(np.full(12, 1 / 12), [0.4, 0.6])
    assert list(counts.columns) == ["desktop", "mobile"]
    assert stats.chisquare(counts.to_numpy().ravel(), shares.ravel() * len(units)).pvalue > 1e-3


def test_customers_are_acquired_by_their_first_order(company: SampleCompany):
    first = company.transactions.groupby("customer_id").ordered_at.min()
    acquired = company.customers.set_index("customer_id").acquired_at
    assert (first.loc[acquired.index] == acquired).all()
    assert len(first) == len(acquired) == pytest.approx(CUSTOMERS, rel=0.05)


def test_acquisition_by_channel_follows_what_caused_the_orders(company: SampleCompany):
    contribution = company.truth.contributions.pivot(index=["week", "market"], columns="channel", values="contribution")
    baseline = company.truth.baseline[company.truth.baseline.component != "email"]
    expected = contribution.sum(axis=1) + baseline.groupby(["week", "market"]).revenue.sum()
    cause = contribution.div(expected, axis=0)
    arrivals = pd.MultiIndex.from_arrays([monday(company.customers.acquired_at), company.customers.market])
    probability = cause.loc[arrivals]
    mean, variance = probability.sum(), (probability * (1 - probability)).sum()
    counts = company.customers.acquisition_channel.value_counts()
    assert (((counts[mean.index] - mean) / np.sqrt(variance)).abs() < 3.5).all()
    assert counts["organic"] == len(company.customers) - counts[mean.index].sum()


def test_consent_is_given_by_most_and_gone_for_who_unsubscribed(company: SampleCompany):
    customers = company.customers.set_index("customer_id")
    tolerance = 4 * np.sqrt(0.92 * 0.08 / len(customers))
    assert customers.consent_profiling.mean() == pytest.approx(0.92, abs=tolerance)
    units = units_of(company, "winter_email")
    left = units[units.unsubscribed == 1].unit_id
    assert not customers.consent_marketing[left].any()
    assert customers.consent_marketing[units[units.unsubscribed == 0].unit_id].all()


def test_media_has_the_rhythm_of_each_channel(company: SampleCompany):
    spend = company.media.pivot(index=["market", "week"], columns="channel", values="spend")
    untested = spend.loc[["DE", "FR", "IT"]]
    for _, market in untested.groupby("market"):
        assert market.social.corr(market.video) > 0.9
        assert 0.3 < (market.tv == 0).mean() < 0.75
    assert (spend.audio.unstack("market").iloc[:52] == 0).all().all()
    assert (spend.audio.unstack("market").iloc[52:] > 0).any().all()


def test_impressions_are_proportional_to_spend(company: SampleCompany):
    bought = company.media[company.media.spend > 100]
    cpm = bought.spend / bought.impressions * 1000
    spread = cpm.groupby(bought.channel).agg(lambda prices: prices.max() / prices.min())
    assert (spread < 1.001).all()


def test_promotions_cost_margin(company: SampleCompany):
    promotion = company.controls[company.controls.control == "promotion"].set_index(["week", "market"]).value
    orders = company.transactions[company.transactions.revenue > 20]
    cell = pd.MultiIndex.from_arrays([monday(orders.ordered_at), orders.market])
    rate = orders.margin / orders.revenue
    np.testing.assert_allclose(rate, 0.52 - 0.25 * promotion.loc[cell].to_numpy(), atol=3e-4)
