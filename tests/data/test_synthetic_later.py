"""The weeks after the sample company's data: their own randomness, their own truth, limits that bind."""

from dataclasses import fields

import numpy as np
import pandas as pd
import pytest

from workbench.data.synthetic import SampleCompany, company, later, simulate_company
from workbench.data.synthetic.business import CHANNEL_NAMES, MARKET_NAMES

LATER = {"capacity", "commitments", "later_media", "later_kpi", "later_controls", "deliveries"}
SMALL = {"seed": 5, "customers": 3_000, "weeks": 104}


@pytest.fixture(scope="module")
def sample() -> SampleCompany:
    return simulate_company(seed=3, customers=20_000)


def by_week(frame: pd.DataFrame, value: str) -> np.ndarray:
    return frame.pivot(index="week", columns="market", values=value)[list(MARKET_NAMES)].to_numpy()


def test_what_comes_later_changes_no_table_of_the_data(monkeypatch: pytest.MonkeyPatch):
    one = simulate_company(**SMALL)
    draw = later.draw_later
    monkeypatch.setattr(company.later, "draw_later", lambda world, _: draw(world, np.random.default_rng(99)))
    other = simulate_company(**SMALL)
    for field in fields(one):
        if isinstance(table := getattr(one, field.name), pd.DataFrame) and field.name not in LATER:
            pd.testing.assert_frame_equal(table, getattr(other, field.name))
    assert not one.later_kpi.kpi.equals(other.later_kpi.kpi)


def test_the_first_nine_streams_are_those_of_nine():
    nine, ten = np.random.default_rng(5).spawn(9), np.random.default_rng(5).spawn(10)
    assert [a.random() for a in nine] == [b.random() for b in ten[:9]]


def test_it_begins_the_week_after_the_data_and_lasts_eight(sample: SampleCompany):
    first = sample.kpi.week.max() + pd.Timedelta(weeks=1)
    weeks = pd.date_range(first, periods=8, freq="7D")
    for name in ("later_media", "later_kpi", "later_controls", "deliveries"):
        assert (np.sort(getattr(sample, name).week.unique()) == weeks.to_numpy()).all()
    assert sample.capacity.week.is_unique
    assert sample.capacity.week.min() == first
    assert len(sample.capacity) == 52


def test_dearer_media_bring_less_and_the_truth_says_how_much(sample: SampleCompany):
    cpm = sample.later_media.groupby("channel")[["spend", "impressions"]].sum().eval("spend / impressions")
    before = sample.media.groupby("channel")[["spend", "impressions"]].sum().eval("spend / impressions")
    ratio = (cpm / before)[list(CHANNEL_NAMES)]
    np.testing.assert_allclose(ratio, [later.PRICES.get(name, 1.0) for name in CHANNEL_NAMES], rtol=2e-3)
    assert (sample.truth.later.expected < sample.truth.later.at_old_prices).all()


def test_demand_scatters_around_its_truth_as_independent_orders_do():
    """Over 40 companies: standardised by a compound Poisson sum's variance (order values' second moment, known)."""
    world = company.simulate_world(seed=1, customers=20_000, weeks=104, without=())
    deviations = []
    for seed in range(40):
        came = later.draw_later(world, np.random.default_rng(seed))
        # Gamma(6) values whose rate is Gamma(6, 75): E[v²] / E[v] = (p + 1) gamma / (q - 2).
        deviations.append((came.demand - came.expected) / np.sqrt(came.expected * 7.0 * 75.0 / 4.0))
    z = np.concatenate(deviations).ravel()
    # 1,600 values: the standard error of the mean is 0.025, of the standard deviation 0.018.
    assert abs(z.mean()) < 0.1
    assert z.std() == pytest.approx(1.0, abs=0.08)


def test_nobody_handles_more_than_capacity_and_what_waits_is_partly_lost(sample: SampleCompany):
    handled = sample.deliveries.set_index("week")
    planned = sample.capacity.set_index("week").units.loc[handled.index]
    assert (handled.handled <= planned).all()
    truth = sample.truth.later
    wanted, sent = by_week(truth, "wanted"), by_week(truth, "sent")
    np.testing.assert_array_equal(by_week(sample.later_kpi, "kpi"), sent)
    assert 0.9 * wanted.sum() < sent.sum() < wanted.sum()
    first_wait = np.flatnonzero((handled.handled < handled.arrived).to_numpy())[0]
    np.testing.assert_allclose(sent[:first_wait], wanted[:first_wait], atol=0.01)


def test_two_waiting_cohorts_by_hand():
    shares = later.handled_shares(np.array([10.0, 10.0, 0.0]), np.array([4.0, 12.0, 8.0]))
    np.testing.assert_allclose(shares, [[0.4, 0.2, 0.4], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    half = 2.0 ** (-7.0 / later.CANCELLATION_HALF_LIFE_DAYS)
    np.testing.assert_allclose(later.still_wanted(3)[0], [1.0, half, half**2])
    assert later.still_wanted(3)[2, 0] == 0.0


def test_less_is_booked_than_is_bought(sample: SampleCompany):
    keys = ["week", "market", "channel"]
    both = sample.commitments.merge(sample.later_media, on=keys, suffixes=("_booked", ""))
    assert len(both) == len(sample.commitments) > 0
    assert (both.spend_booked <= both.spend).all()
    assert both[both.channel == "audio"].cancellable_until.isna().all()
    assert (both[both.channel == "tv"].cancellable_until < both[both.channel == "tv"].week).all()
