"""What the sample company's truth claims is what its tables were made from."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from workbench.data.synthetic import SampleCompany, simulate_company

SMALL = {"seed": 11, "customers": 20_000, "weeks": 104}


@pytest.fixture(scope="module")
def company() -> SampleCompany:
    return simulate_company()


@pytest.fixture(scope="module")
def small() -> SampleCompany:
    return simulate_company(**SMALL)


def expected_revenue(company: SampleCompany) -> pd.Series:
    media = company.truth.contributions.groupby(["week", "market"]).contribution.sum()
    return media + company.truth.baseline.groupby(["week", "market"]).revenue.sum()


def revenue_per_order_noise(company: SampleCompany) -> float:
    """Variance of revenue per unit of expected revenue when orders arrive independently (compound Poisson)."""
    values = company.transactions.revenue
    return float((values**2).mean() / values.mean())


def contribution_by_curve(company: SampleCompany, spend: pd.DataFrame, market: str, channel: str) -> np.ndarray:
    """The published definition, written out week by week."""
    curve = next(c for c in company.truth.parameters["curves"] if (c["market"], c["channel"]) == (market, channel))
    carried, contribution = 0.0, []
    for spent in spend[(spend.market == market) & (spend.channel == channel)].sort_values("week").spend:
        carried = (1 - curve["retention"]) * spent + curve["retention"] * carried
        ratio = (carried / curve["half_saturation"]) ** curve["slope"]
        contribution.append(curve["coefficient"] * ratio / (1 + ratio))
    return np.array(contribution)


def test_contributions_follow_from_the_media_table_and_the_published_curves(company: SampleCompany):
    for (market, channel), truth in company.truth.contributions.groupby(["market", "channel"]):
        recomputed = contribution_by_curve(company, company.media, market, channel)
        np.testing.assert_allclose(truth.sort_values("week").contribution, recomputed, rtol=1e-9, atol=1e-9)


def test_kpi_scatters_around_expected_revenue_as_independent_orders_do(company: SampleCompany):
    expected = expected_revenue(company)
    kpi = company.kpi.set_index(["week", "market"]).kpi
    standardised = (kpi - expected) / np.sqrt(expected * revenue_per_order_noise(company))
    cells = len(standardised)
    assert abs(standardised.mean()) < 3.5 / np.sqrt(cells)
    assert (standardised**2).mean() == pytest.approx(1.0, abs=4 * np.sqrt(2 / cells))
    lagged = standardised.groupby("market").shift()
    assert abs(standardised.corr(lagged)) < 4 / np.sqrt(cells)


def test_noise_and_media_share_are_those_of_a_real_business(company: SampleCompany):
    expected = expected_revenue(company)
    kpi = company.kpi.set_index(["week", "market"]).kpi
    within = kpi - kpi.groupby("market").transform("mean")
    explained = 1 - ((kpi - expected) ** 2).sum() / (within**2).sum()
    assert 0.85 < explained < 0.97
    roas = company.truth.roas[company.truth.roas.market == "all"].set_index("channel")
    assert 0.2 < roas.contribution.sum() / kpi.sum() < 0.35
    assert 0.4 < roas.roas.min() < 1 < 4 < roas.roas.max() < 5.5


def test_returns_are_contribution_per_spend_and_its_slope(company: SampleCompany):
    roas = company.truth.roas.set_index(["market", "channel"])
    more = company.media.assign(spend=company.media.spend * 1.001)
    for market, channel in [("DE", "tv"), ("GB", "social"), ("IT", "search")]:
        bought = company.media[(company.media.market == market) & (company.media.channel == channel)].spend.sum()
        now = contribution_by_curve(company, company.media, market, channel).sum()
        then = contribution_by_curve(company, more, market, channel).sum()
        assert roas.roas[market, channel] == pytest.approx(now / bought, rel=1e-9)
        assert roas.marginal_roas[market, channel] == pytest.approx((then - now) / (0.001 * bought), rel=2e-3)


@pytest.mark.parametrize("channel", ["tv", "search", "social"])
def test_without_a_channel_the_orders_that_it_causes_are_missing(small: SampleCompany, channel: str):
    counterfactual = simulate_company(**SMALL, without=(channel,))
    missing = small.kpi.kpi.sum() - counterfactual.kpi.kpi.sum()
    truth = small.truth.contributions
    caused = truth[truth.channel == channel].contribution.sum()
    # Two worlds, each with the noise of its own orders.
    spread = np.sqrt(2 * small.kpi.kpi.sum() * revenue_per_order_noise(small))
    assert abs(missing - caused) < 3.5 * spread
    assert caused > 5 * spread


def test_geo_lift_is_the_change_along_the_curves_for_the_extra_spend(company: SampleCompany):
    planned = simulate_company(without=("social_uplift",)).media
    extra = company.media.spend - planned.spend
    tested = company.media[extra.abs() > 1e-9]
    lift = 0.0
    for market in ("GB", "ES"):
        after = contribution_by_curve(company, company.media, market, "social")
        before = contribution_by_curve(company, planned, market, "social")
        window = company.media.drop_duplicates("week").week.isin(tested.week).to_numpy()
        lift += (after - before)[window].sum()
    truth = company.truth.lifts["social_uplift"]
    assert set(tested.market) == {"GB", "ES"}
    assert set(tested.channel) == {"social"}
    assert truth["lift"] == pytest.approx(lift, rel=1e-9)
    assert truth["spend_change"] == pytest.approx(extra.sum())


def test_geo_table_shows_the_lift(company: SampleCompany):
    """Treated over untreated revenue, weekly, during the test against before it."""
    start = company.geo.date.min() + pd.Timedelta(weeks=26)
    treated = company.geo.market.str[:2].isin(["GB", "ES"])
    week = (company.geo.date - company.geo.date.min()).dt.days // 7
    revenue = company.geo.groupby([week, treated]).kpi.sum().unstack()
    log_ratio = np.log(revenue[True] / revenue[False])
    before, during = log_ratio[:26], log_ratio[26:]
    error = before.std() * np.sqrt(1 / len(before) + 1 / len(during))
    truth = company.truth.lifts["social_uplift"]["relative_lift"]
    assert abs(during.mean() - before.mean() - np.log1p(truth)) < 3 * error
    assert np.log1p(truth) > 2.5 * error
    assert start + pd.Timedelta(weeks=len(during)) == company.geo.date.max() + pd.Timedelta(days=1)


def test_holdouts_lift_is_what_the_curves_lose_without_its_weeks_of_video(company: SampleCompany):
    start = company.kpi.week.max() + pd.Timedelta(weeks=1 - 19)
    inside = (company.media.week >= start) & (company.media.week < start + pd.Timedelta(weeks=12))
    without = company.media.assign(spend=company.media.spend.where(~inside, 0.0))
    weeks = company.media.drop_duplicates("week").week
    window = ((weeks >= start) & (weeks < start + pd.Timedelta(weeks=12))).to_numpy()
    lift = 0.0
    for market in company.media.market.unique():
        seen = contribution_by_curve(company, company.media, market, "video")
        lift += (seen - contribution_by_curve(company, without, market, "video"))[window].sum()
    truth = company.truth.lifts["video_holdout"]
    assert truth["lift"] == pytest.approx(lift, rel=1e-9)
    bought = company.media[inside & (company.media.channel == "video")].spend.sum()
    assert truth["spend_change"] == pytest.approx(bought, abs=0.01)
    assert truth["incremental_roas"] == pytest.approx(lift / bought, rel=1e-6)


def test_holdout_readout_is_within_three_standard_errors_of_its_truth(company: SampleCompany):
    groups = company.units[company.units.experiment_id == "video_holdout"].groupby("variant").revenue
    difference = groups.mean()["shown"] - groups.mean()["hidden"]
    error = np.sqrt((groups.var() / groups.size()).sum())
    assert abs(difference - company.truth.lifts["video_holdout"]["revenue"]) < 3 * error


def test_banner_truth_follows_from_its_declared_effects_and_visitors_click_at_those_rates(company: SampleCompany):
    rates = pd.DataFrame(company.truth.lifts["spring_banner"]["click_rate"])
    odds = np.log(rates / (1 - rates))
    plain = odds.loc["new / product / buy"]
    assert odds.mobile["quality / people / discover"] - plain.mobile == pytest.approx(0.10 + 0.05 + 0.12 + 0.15)
    assert odds.desktop["quality / people / discover"] - plain.desktop == pytest.approx(0.42 - 0.45)
    assert rates.idxmax().to_dict() == {
        "mobile": "quality / people / discover",
        "desktop": "price / product / discover",
    }
    units = company.units[company.units.experiment_id == "spring_banner"]
    cells = units.groupby(["variant", "device"]).clicked.agg(["sum", "size"]).unstack()
    true = rates.loc[cells.index]
    standardised = (cells["sum"] - cells["size"] * true) / np.sqrt(cells["size"] * true * (1 - true))
    assert stats.chi2.sf(float((standardised.astype(float) ** 2).to_numpy().sum()), 24) > 1e-3


@pytest.mark.parametrize("metric", ["revenue", "orders", "converted", "unsubscribed"])
def test_email_readout_is_within_three_standard_errors_of_its_truth(company: SampleCompany, metric: str):
    units = company.units[company.units.experiment_id == "winter_email"]
    groups = units.groupby("variant")[metric]
    difference = groups.mean()["email"] - groups.mean()["control"]
    error = np.sqrt((groups.var() / groups.size()).sum())
    assert abs(difference - company.truth.lifts["winter_email"][metric]) < 3 * error


def test_without_the_email_exactly_the_orders_that_it_causes_are_missing(company: SampleCompany):
    counterfactual = simulate_company(without=("winter_email",))
    missing = company.kpi.kpi.sum() - counterfactual.kpi.kpi.sum()
    truth = company.truth.lifts["winter_email"]
    orders = len(company.transactions) - len(counterfactual.transactions)
    treated = (company.units.variant == "email").sum()
    assert abs(orders - truth["orders"] * treated) < 3.5 * np.sqrt(truth["orders"] * treated)
    assert abs(missing - truth["total_revenue"]) < 3.5 * np.sqrt(orders * (company.transactions.revenue**2).mean())
    assert counterfactual.truth.lifts["winter_email"]["revenue"] == 0.0


def test_future_orders_follow_from_the_customers_latent_behaviour(company: SampleCompany):
    latent = company.truth.customers
    assert (latent.orders[~latent.alive] == 0).all()
    expected = latent.alive * -np.expm1(-latent.rate * latent.dropout * 52) / latent.dropout
    # The markets' clocks run at one on average, but not in each year.
    assert latent.orders.sum() == pytest.approx(expected.sum(), rel=0.06)
    quintile = pd.qcut(expected[latent.alive], 5)
    ordered = latent.orders[latent.alive].groupby(quintile).mean()
    np.testing.assert_allclose(ordered, expected[latent.alive].groupby(quintile).mean(), rtol=0.1)
    bought = latent[latent.orders >= 20]
    assert (bought.revenue / bought.orders / bought.mean_value).mean() == pytest.approx(1.0, abs=0.01)
