"""The reserve against the newsvendor's fractile, and against worlds in which all or nothing is right."""

import numpy as np
import pytest
from scipy import stats

from tests.scenarios.contingency.worlds import worlds_of
from workbench.config.contingency import Scenario
from workbench.scenarios.contingency.reserve import Outcomes, reserve_outcomes, size_reserve
from workbench.scenarios.contingency.states import build_states

QUARTERS = 20_000


def newsvendor(demand, *, short, idle, amounts):
    """What an amount brings where each unit called for gains `short` and each unit left over loses `idle`."""
    served = np.minimum(amounts[:, None], demand[None, :])
    gain = (short + idle) * served - idle * amounts[:, None]
    return Outcomes(amounts=amounts, probability=np.array([1.0, 0.0]), revenue=1000 + np.stack([gain, 0 * gain]))


@pytest.mark.parametrize(
    "law",
    [stats.norm(50, 10), stats.lognorm(0.4, scale=40), stats.gamma(3, scale=12)],
    ids=["normal", "lognormal", "gamma"],
)
@pytest.mark.parametrize(("short", "idle"), [(3.0, 1.0), (1.0, 1.0), (1.0, 4.0)])
def test_the_amount_is_the_newsvendors_fractile(law, short, idle):
    """Within three Monte-Carlo errors of the sample's fractile, and a step of the grid."""
    fractile = short / (short + idle)
    demand = law.rvs(20_000, random_state=np.random.default_rng(11))
    amounts = np.linspace(0, 120, 41)
    reserve, _ = size_reserve(newsvendor(demand, short=short, idle=idle, amounts=amounts), quarters=QUARTERS, seed=1)
    right = law.ppf(fractile)
    error = np.sqrt(fractile * (1 - fractile) / QUARTERS) / law.pdf(right)
    # The simulated quarters draw from a sample of demand of the same size, so the error counts twice.
    assert reserve.amount == pytest.approx(right, abs=3 * np.sqrt(2) * error + amounts[1])
    assert reserve.amount_lower <= reserve.amount <= reserve.amount_upper


def test_intervals_of_the_amount_cover_the_fractile():
    law, amounts = stats.norm(50, 10), np.linspace(0, 100, 41)
    held = []
    for seed in range(20):
        demand = law.rvs(2_000, random_state=np.random.default_rng(100 + seed))
        outcomes = newsvendor(demand, short=1.0, idle=1.0, amounts=amounts)
        reserve, _ = size_reserve(outcomes, quarters=2_000, seed=seed)
        held.append(reserve.amount_lower <= np.median(demand) <= reserve.amount_upper)
    assert np.mean(held) > 0.8


def opportunity(gain, probability):
    """Straight returns of 1 in all weeks; the opportunity returns `gain` in the last two of four."""
    worlds = worlds_of(np.ones((4, 1)), power=1.0, upper=np.full((4, 1), 1000.0))
    states = build_states(
        {"chance": Scenario(kind="opportunity", probability=probability, response=gain, from_week=3)},
        budget=400.0,
        weeks=4,
        channels=("a",),
    )
    planned = np.array([400.0, 0.0, 0.0, 0.0])[:, None, None]
    return reserve_outcomes(worlds, states[0], states[1:], planned, share_upper=0.5)


def test_money_that_loses_nothing_by_waiting_is_held_back_as_far_as_allowed():
    reserve, curve = size_reserve(opportunity(2.0, 0.3), seed=1)
    assert reserve.amount == pytest.approx(200.0)
    assert reserve.gain == pytest.approx(0.3 * 200, rel=0.03)
    assert curve["gain"].is_monotonic_increasing
    assert reserve.called == 0.3


def test_nothing_is_held_back_for_a_chance_that_returns_less():
    reserve, _ = size_reserve(opportunity(0.5, 0.3), seed=1)
    assert reserve.amount == 0.0
    assert reserve.gain == 0.0


def test_what_the_search_left_open_is_no_gain():
    """Holding back can't bring anything when nothing comes; where it seems to, that is the search's error."""
    amounts = np.linspace(0, 100, 5)
    luck = 1000 + np.array([0.0, 30.0, 5.0, 0.0, -5.0])[:, None] * np.ones(100)
    outcomes = Outcomes(amounts=amounts, probability=np.array([0.1, 0.9]), revenue=np.stack([luck, luck]))
    reserve, _ = size_reserve(outcomes, seed=1)
    assert outcomes.search_error == pytest.approx(30.0)
    assert reserve.amount == 0.0
