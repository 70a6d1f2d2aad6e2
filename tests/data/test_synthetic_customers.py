"""What was planted in the tables of customers can be read from them by plain statistics."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.special import beta as beta_function

from workbench.data.synthetic import SampleCompany, simulate_company
from workbench.data.synthetic.campaigns import RECENCY_BANDS
from workbench.data.synthetic.numbering import numbered

HORIZON = pd.Timedelta(days=28)
END = pd.Timestamp("2023-01-02") + pd.Timedelta(weeks=156)


@pytest.fixture(scope="module")
def company() -> SampleCompany:
    return simulate_company()


@pytest.fixture(scope="module")
def responses(company: SampleCompany) -> pd.DataFrame:
    """Contacts with orders in the four weeks after, days since the order before, and age."""
    contacts = company.contacts.reset_index(names="contact").merge(company.customers[["customer_id", "age_band"]])
    orders = company.transactions[["customer_id", "ordered_at"]]
    pairs = contacts[["contact", "customer_id", "contacted_at"]].merge(orders, on="customer_id")
    after = (pairs.ordered_at >= pairs.contacted_at) & (pairs.ordered_at < pairs.contacted_at + HORIZON)
    last = pairs[pairs.ordered_at < pairs.contacted_at].groupby("contact").ordered_at.max().dt.floor("D")
    contacts["orders"] = contacts.contact.map(pairs[after].groupby("contact").size()).fillna(0.0)
    contacts["days"] = (contacts.contacted_at - contacts.contact.map(last)).dt.days
    contacts["recency"] = pd.cut(contacts.days, [-1, 30, 120, 365, 10_000], labels=RECENCY_BANDS).astype(str)
    return contacts


def difference(treated: pd.Series, control: pd.Series) -> tuple[float, float]:
    return treated.mean() - control.mean(), float(np.sqrt(treated.sem() ** 2 + control.sem() ** 2))


@pytest.mark.parametrize(
    ("campaign", "action"),
    [
        ("spring_voucher", "voucher"),
        ("early_postcard", "postcard"),
        ("winter_offer", "voucher"),
        ("winter_offer", "postcard"),
    ],
)
def test_randomised_campaigns_show_the_declared_effects(
    company: SampleCompany, responses: pd.DataFrame, campaign: str, action: str
):
    effects = pd.DataFrame(company.truth.parameters["contacts"])
    effects = effects[effects.action == action].rename(columns={"days_since_last": "recency"})
    rows = responses[responses.campaign_id == campaign].merge(
        effects.drop(columns="action"), on=["recency", "age_band"]
    )
    assert len(rows) == (responses.campaign_id == campaign).sum()
    for _, group in rows[rows.lost_share == 0].groupby(["recency", "age_band"]):
        if len(group) > 200:
            found, error = difference(group[group.action == action].orders, group[group.action == "none"].orders)
            assert abs(found - group.extra_orders.iloc[0]) < 4 * error
    dogs = rows[rows.lost_share > 0]
    if action == "voucher":
        control = dogs[dogs.action == "none"].orders
        found, error = difference(dogs[dogs.action == action].orders, control)
        assert found < -2 * error
        assert abs(found + 0.6 * control.mean()) < 4 * error


def test_probabilities_are_those_of_the_draw_and_missing_where_nothing_was_drawn(company: SampleCompany):
    contacts = company.contacts
    targeted = contacts.campaign_id == "best_catalogue"
    assert contacts.probability.isna().equals(targeted)
    drawn = contacts[~targeted].groupby(["campaign_id", "action"]).agg(n=("cost", "size"), p=("probability", "first"))
    total = drawn.groupby("campaign_id").n.transform("sum")
    spread = np.sqrt(total * drawn.p * (1 - drawn.p))
    assert ((drawn.n - total * drawn.p).abs() < 4 * spread).all()


def test_the_targeted_campaign_would_flatter_itself(company: SampleCompany, responses: pd.DataFrame):
    """Its customers order far more than others do at that time, while it brings one order of a hundred contacts."""
    best = responses[responses.campaign_id == "best_catalogue"]
    others = responses[(responses.campaign_id == "early_postcard") & (responses.action == "none")]
    found, error = difference(best.orders, others.orders)
    assert found - 3 * error > 5 * 0.01


def test_only_customers_who_agreed_are_contacted_and_after_their_first_order(company: SampleCompany):
    contacts = company.contacts.merge(company.customers, on="customer_id")
    assert contacts.consent_marketing.all()
    assert (contacts.acquired_at < contacts.contacted_at).all()
    assert not company.contacts.duplicated(["campaign_id", "customer_id"]).any()


def test_campaigns_revenue_is_that_of_their_extra_and_lost_orders(company: SampleCompany, responses: pd.DataFrame):
    """The randomised campaigns' lift over their control groups, and the catalogue's declared one, within its noise."""
    expected = company.truth.baseline.query("component == 'campaigns'").revenue.sum()
    mean_value = company.truth.customers.set_index("customer_id").mean_value
    value = responses.orders * responses.customer_id.map(mean_value)
    lift, variance = 0.01 * value[responses.action == "catalogue"].size * mean_value.mean(), 0.0
    for (_, action), rows in responses[responses.probability.notna()].groupby(["campaign_id", "action"]):
        control = responses[(responses.campaign_id == rows.campaign_id.iloc[0]) & (responses.action == "none")]
        if action != "none":
            found, error = difference(value[rows.index], value[control.index])
            lift, variance = lift + found * len(rows), variance + (error * len(rows)) ** 2
    assert abs(lift - expected) < 4 * np.sqrt(variance)


def test_uplift_of_the_next_four_weeks_follows_the_declared_effects(company: SampleCompany):
    last = company.transactions.groupby("customer_id").ordered_at.max().dt.floor("D")
    days = (END - last).dt.days.rename("days").reset_index()
    rows = company.truth.uplift.merge(company.customers).merge(days)
    young = rows[(rows.age_band == "18-29") & rows.days.between(31, 120)]
    assert young.voucher.to_numpy() == pytest.approx(0.08 * 1.5)
    old = rows[(rows.age_band == "60+") & rows.days.between(121, 365)]
    assert old.postcard.to_numpy() == pytest.approx(0.06 * 1.5)
    assert (rows[rows.age_band == "60+"].voucher <= 0).all()


def test_leads_are_won_as_the_logistic_truth_says(company: SampleCompany):
    leads = company.leads.drop(columns="value").merge(company.truth.leads, on="lead_id")
    truth = company.truth.parameters["leads"]
    kinds = {"origin": "origins", "company_size": "sizes", "language": "languages"}
    declared = {
        f"{column}_{level}": effect
        for (column, levels) in kinds.items()
        for level, effect in zip(truth[levels], truth["size" if column == "company_size" else column], strict=True)
    }
    design = pd.get_dummies(leads[list(kinds)], dtype=float)
    design = design.drop(columns=["origin_direct", "company_size_1-9", "language_local"]).assign(
        page=leads.pages_viewed
    )
    fitted = sm.Logit(leads.won.astype(float), sm.add_constant(design)).fit(disp=0)
    for name, estimate in fitted.params.items():
        expected = {"const": truth["intercept"], "page": truth["page"]}.get(name, declared.get(name))
        assert abs(estimate - expected) < 4 * fitted.bse[name], name


def test_leads_lag_leak_and_open_end(company: SampleCompany):
    leads = company.leads.merge(company.truth.leads[["lead_id", "won"]], on="lead_id")
    lag = (leads.won_at - leads.created_at).dt.total_seconds() / 86_400
    early = leads.created_at < END - pd.Timedelta(days=365)
    assert lag[early].median() == pytest.approx(14, rel=0.15)
    assert (leads.won_at.dropna() < END).all()
    still_open = leads.won & leads.won_at.isna()
    assert still_open.sum() > 0
    assert (leads[still_open].created_at > END - pd.Timedelta(days=365)).mean() > 0.9
    # Calls are made until the decision: they tell who was won, and nobody knows them when the lead comes.
    assert leads[leads.won].sales_calls.mean() > 3 * leads[~leads.won].sales_calls.mean()


def test_sales_neglect_one_group_of_leads(company: SampleCompany):
    """Same origin, size and pages, odds lower by exp(−1.2): the bias that a fairness audit is to find."""
    leads = company.leads.merge(company.truth.leads[["lead_id", "probability"]], on="lead_id")
    odds = np.log(leads.probability / (1 - leads.probability))
    by = leads.assign(odds=odds).groupby(["origin", "company_size", "pages_viewed", "language"]).odds.mean().unstack()
    np.testing.assert_allclose((by.english - by.local).dropna(), -1.2)
    assert 3 <= (leads.language == "other").sum() < 50


def test_subscribers_leave_as_a_shifted_beta_geometric_does(company: SampleCompany):
    truth = company.truth.parameters["subscriptions"]
    alpha, beta = truth["alpha"], truth["beta"]
    passes = company.subscriptions
    months = (
        (passes.ended_at.dt.year - passes.started_at.dt.year) * 12
        + passes.ended_at.dt.month
        - passes.started_at.dt.month
    )
    observed = passes.started_at < END - pd.Timedelta(days=400)
    for renewals in (1, 3, 6, 12):
        survival = beta_function(alpha, beta + renewals) / beta_function(alpha, beta)
        stayed = ~(months[observed] <= renewals)
        assert abs(stayed.mean() - survival) < 4 * np.sqrt(survival * (1 - survival) / observed.sum())


def test_orders_and_visits_follow_the_customers_preferences(company: SampleCompany):
    shares = company.truth.preferences.set_index("customer_id")
    assert shares.sum(axis=1).to_numpy() == pytest.approx(1.0)
    for deeds in (company.transactions, company.touchpoints):
        for category in shares.columns:
            expected = deeds.customer_id.map(shares[category])
            spread = np.sqrt((expected * (1 - expected)).sum())
            assert abs((deeds.category == category).sum() - expected.sum()) < 4 * spread


def test_touchpoints_lie_in_the_last_year_after_or_shortly_before_the_first_order(company: SampleCompany):
    events = company.touchpoints.merge(company.customers[["customer_id", "acquired_at"]])
    assert events.happened_at.between(END - pd.Timedelta(weeks=52), END, inclusive="left").all()
    assert (events.happened_at > events.acquired_at - pd.Timedelta(days=15)).all()
    assert company.touchpoints.happened_at.is_monotonic_increasing


def test_a_few_customers_asked_to_be_erased(company: SampleCompany):
    share, customers = len(company.erasures) / len(company.customers), len(company.customers)
    assert abs(share - 0.003) < 4 * np.sqrt(0.003 / customers)
    assert company.erasures.customer_id.isin(company.customers.customer_id).all()
    assert company.erasures.customer_id.is_unique


def test_ids_are_padded_numbers():
    assert list(numbered("C", 3, 6)) == ["C000001", "C000002", "C000003"]
    assert numbered("L", 100_000, 5)[-1] == "L100000"
