"""What explains a change of revenue: exact sums, causes switched on one at a time, and a world with known contributions."""

from dataclasses import replace

import numpy as np
import pytest

from tests.mmm.posteriors import orders_and_impressions, result_of
from tests.mmm.worlds import World, simulate
from workbench.config import MediaMix
from workbench.errors import SpecError
from workbench.mmm.fit import fit_media_mix
from workbench.mmm.posterior.shapley import shapley_shares
from workbench.mmm.prepare import prepare
from workbench.mmm.result import MediaMixResult
from workbench.result import Provenance

BEFORE, AFTER = ("2022-01-03", "2022-12-26"), ("2023-01-02", "2023-12-25")


@pytest.fixture(scope="module")
def result() -> MediaMixResult:
    return result_of(orders_and_impressions())


def test_the_parts_add_up_to_the_change_of_revenue(result):
    weekly = result.fit.groupby("week").actual.sum()
    for by_cause in (False, True):
        change = result.change(BEFORE, AFTER, by_cause=by_cause)
        assert change.revenue_before == pytest.approx(weekly[BEFORE[0] : BEFORE[1]].sum())
        assert change.revenue_after == pytest.approx(weekly[AFTER[0] : AFTER[1]].sum())
        assert change.parts.estimate.sum() == pytest.approx(change.revenue_after - change.revenue_before, rel=1e-9)
        assert (change.parts.lower <= change.parts.upper).all()


def test_causes_add_up_to_their_channel_and_markets_to_their_total(result):
    whole = result.change(BEFORE, AFTER).parts.set_index("component").estimate
    by_cause = result.change(BEFORE, AFTER, by_cause=True).parts
    assert set(by_cause.query("kind == 'media'").cause) == {"spend", "price of exposure", "effectiveness"}
    np.testing.assert_allclose(by_cause.groupby("component").estimate.sum()[whole.index], whole, rtol=1e-9)
    markets = [
        result.change(BEFORE, AFTER, markets=[m]).parts.set_index("component").estimate for m in result.response.markets
    ]
    np.testing.assert_allclose(sum(markets)[whole.index], whole, rtol=1e-9, atol=1e-6)


def test_media_and_baseline_change_as_their_weekly_contributions(result):
    """Where the value of an order stays, a part's change is the difference of its weekly contributions."""
    panel = orders_and_impressions()
    steady = result_of(replace(panel, value=np.full_like(panel.value, 40.0)))
    change = steady.change(BEFORE, AFTER).parts.set_index("component").estimate
    weekly = steady.contributions.pivot_table(index="week", columns="component", values="estimate", aggfunc="sum")
    moved = weekly[AFTER[0] : AFTER[1]].sum() - weekly[BEFORE[0] : BEFORE[1]].sum()
    np.testing.assert_allclose(change[moved.index], moved, rtol=1e-6)
    assert "value per KPI unit" not in change.index


def test_the_value_of_an_order_explains_what_it_changed(result):
    """Twice the value in the second year on the same orders: the change of value is the mean of fitted orders times it."""
    panel = orders_and_impressions()
    value = np.where(np.arange(len(panel.weeks))[:, None] < 52, 40.0, 80.0) * np.ones_like(panel.kpi)
    dear = result_of(replace(panel, value=value))
    orders = dear.fit.assign(fitted=dear.fit.fitted / value.ravel()).groupby("week").fitted.sum()
    expected = 40.0 * (orders[BEFORE[0] : BEFORE[1]].sum() + orders[AFTER[0] : AFTER[1]].sum()) / 2
    found = dear.change(BEFORE, AFTER).parts.set_index("kind").loc["value", "estimate"]
    assert found == pytest.approx(expected, rel=1e-6)


def test_dearer_exposure_for_the_same_money_is_a_matter_of_price():
    """The same weeks of spend twice, at twice the price the second time: nothing is put down to spend."""
    panel = simulate(seed=3, weeks=112, markets=1).panel
    year = panel.spend[:56]
    spend = np.concatenate([year[-13:], year, year])
    price = np.where(np.arange(len(spend))[:, None, None] < 13 + 56, 1.0, 2.0)
    twice = result_of(replace(panel, spend=spend, exposure=spend / price), knots=0)
    periods = [(twice.weeks[i], twice.weeks[i + 29]) for i in (20, 76)]
    parts = (
        twice.change(*periods, by_cause=True).parts.query("kind == 'media'").set_index(["component", "cause"]).estimate
    )
    whole = twice.change(*periods).parts.set_index("component").estimate
    for channel in twice.response.channels:
        assert whole[channel] < 0
        assert parts[channel, "spend"] == pytest.approx(0.0, abs=1e-9 * abs(whole[channel]))
        assert parts[channel, "price of exposure"] == pytest.approx(whole[channel])


def test_effectiveness_is_what_the_same_exposure_caused():
    panel = simulate(seed=3, weeks=112, markets=1).panel
    year = panel.spend[:56]
    spend = np.concatenate([year[-13:], year, year])
    worn = result_of(replace(panel, spend=spend, exposure=spend), knots=2)
    periods = [(worn.weeks[i], worn.weeks[i + 29]) for i in (20, 76)]
    parts = worn.change(*periods, by_cause=True).parts.query("kind == 'media'")
    assert set(parts.cause) == {"spend", "effectiveness"}
    whole = worn.change(*periods).parts.query("kind == 'media'").estimate.to_numpy()
    np.testing.assert_allclose(parts.query("cause == 'effectiveness'").estimate, whole, rtol=1e-9)


def test_shapley_shares_of_a_known_game():
    """The glove game: a left glove and either of two right ones make a pair; known shares 2/3, 1/6, 1/6."""
    shares = shapley_shares(lambda have: np.array(float("l" in have and len(have) > 1)), ("l", "r1", "r2"))
    np.testing.assert_allclose([shares["l"], shares["r1"], shares["r2"]], [2 / 3, 1 / 6, 1 / 6])


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (("2022-01-03", "2022-06-27"), AFTER, "the periods have 26 and 52 weeks; only periods of equal length compare"),
        (None, ("2022-03-07", "2022-12-26"), "only 9 weeks lie before the 43 weeks of the later period"),
        (BEFORE, ("2023-06-05", "2024-06-03"), "reaches beyond the data"),
    ],
)
def test_periods_that_do_not_compare_are_refused(result, before, after, words):
    with pytest.raises(SpecError, match=words):
        result.change(before, after)


def test_the_last_year_is_compared_with_the_one_before(result):
    change = result.change()
    assert change.after == (result.weeks[-52], result.weeks[-1])
    assert change.before == (result.weeks[-104], result.weeks[-53])


@pytest.fixture(scope="module")
def grown() -> tuple[World, MediaMixResult]:
    world = _grown(simulate(seed=14, weeks=104, markets=3))
    fitted = fit_media_mix(
        prepare(world.panel, MediaMix(trend_knots_per_year=2, yearly_harmonics=2), {}),
        provenance=Provenance(),
        seed=2,
        draws=300,
        tune=300,
        chains=2,
    )
    return world, fitted


@pytest.mark.slow
def test_the_change_of_each_channel_is_the_true_one_within_its_interval(grown):
    world, result = grown
    true = world.media[52:].sum(axis=(0, 1)) - world.media[:52].sum(axis=(0, 1))
    parts = result.change().parts.query("kind == 'media'")
    wider = 0.25 * (parts.upper - parts.lower).to_numpy()
    assert ((parts.lower - wider <= true) & (true <= parts.upper + wider)).all()
    assert parts.estimate.iloc[1] == pytest.approx(true[1], rel=0.15)
    assert true[1] > 0.15 * world.media[..., 1].sum()


@pytest.mark.slow
def test_returns_of_a_quarter_are_the_true_ones_within_their_intervals(grown):
    world, result = grown
    inside = []
    for first in range(0, 104, 13):
        weeks = slice(first, first + 13)
        true = world.media[weeks].sum(axis=(0, 1)) / world.panel.window_spend[weeks].sum(axis=(0, 1))
        found = result.returns(result.weeks[first], result.weeks[first + 12]).query("quantity == 'roas'")
        inside += list((found.lower <= true) & (true <= found.upper))
        np.testing.assert_allclose(found.estimate, true, rtol=0.2)
    assert np.mean(inside) >= 0.7


def _grown(world: World, factor: float = 2.0) -> World:
    """The same business with more spend of the second channel in the second year."""
    panel, media = world.panel, world.media.copy()
    spend = panel.spend.copy()
    spend[panel.carry_in + 52 :, :, 1] *= factor
    for m in range(len(panel.markets)):
        half, acting, shares = 1.2 * panel.spend[:, m, 1].mean(), 0.0, []
        for amount in spend[:, m, 1]:
            acting = 0.6 * acting + 0.4 * amount
            shares.append(acting**1.3 / (acting**1.3 + half**1.3))
        first_year = np.array(shares[panel.carry_in :][:52])
        media[:, m, 1] = np.array(shares[panel.carry_in :]) * world.media[:52, m, 1].sum() / first_year.sum()
    kpi = panel.kpi + (media - world.media).sum(axis=-1)
    return replace(world, panel=replace(panel, kpi=kpi, spend=spend, exposure=spend), media=media)
