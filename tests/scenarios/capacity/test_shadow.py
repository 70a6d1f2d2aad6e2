"""What more room is worth: linear-programming duals, all that is served, and the newsvendor."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.scenarios.capacity.fakes import CurvedWeeks, team
from tests.scenarios.capacity.test_queue import transport
from workbench.scenarios.capacity import CapacityValue, step_worth, steps_that_pay, team_weeks

WEEKS = pd.date_range("2026-01-05", periods=4, freq="7D")


def curved(draws: int = 3) -> CurvedWeeks:
    return CurvedWeeks(gain=np.random.default_rng(0).uniform(5.0, 9.0, (draws, 1, 2)))


def test_weeks_of_a_team_by_hand():
    crew = team([8, 20, 20, 20, 20], retention=0.5, step=1.0, step_cost=2.0)
    value = CapacityValue(media=curved(), demand=np.full((3, 5, 1), 100.0), teams=(crew,))
    weeks = team_weeks(value, np.zeros((4, 1, 2)), WEEKS, level=0.9)
    # 10 leads a week, worth €10 each; two of the first week wait and are served in the second at half their worth.
    np.testing.assert_allclose(weeks.arrive, 10)
    np.testing.assert_allclose(weeks.handled, [8, 12, 10, 10])
    np.testing.assert_allclose(weeks.waiting, [2, 0, 0, 0])
    np.testing.assert_allclose(weeks.short, [1, 0, 0, 0])
    np.testing.assert_allclose(weeks.step_worth, [5, 0, 0, 0])
    assert list(weeks.steps_that_pay) == [2, 0, 0, 0]


def test_a_small_step_is_worth_the_dual_price_of_room():
    rng = np.random.default_rng(1)
    for _ in range(20):
        came, room, value = rng.exponential(1.0, (6, 2)), rng.exponential(1.5, 6), rng.uniform(0.5, 3.0, 2)
        crew = team(room, markets=(0, 1), load=1.0 / value, retention=0.7, step=1e-6)
        _, duals = transport(came, room, value, 0.7)
        worth = [step_worth(came[None], crew, week)[0] / 1e-6 for week in range(6)]
        np.testing.assert_allclose(worth, duals, atol=1e-6)


def test_a_step_is_worth_what_all_that_is_served_gains_by_it():
    """Oracle: the value of everything, with and without media, under the calendar with one more step."""
    rng = np.random.default_rng(2)
    media, demand, crew = curved(40), rng.lognormal(4.6, 0.3, (40, 5, 1)), team(np.full(5, 11.0))
    spend = np.full((4, 1, 2), 3.0)
    value = CapacityValue(media=media, demand=demand, teams=(crew,))
    all_of_it = CapacityValue(media=media, demand=np.zeros_like(demand), teams=(crew,))
    total = value.service(crew, spend)[1].worth
    more = crew.with_room(crew.room + 2.0 * (np.arange(5) == 1))
    gained = value.with_teams((more,)).service(more, spend)[1].worth - total
    weeks = team_weeks(value, spend, WEEKS, level=0.9)
    assert weeks.step_worth[1] == pytest.approx(gained.mean())
    assert weeks.step_worth_lower[1] <= np.median(gained) <= weeks.step_worth_upper[1]
    np.testing.assert_allclose(all_of_it.worth(spend), all_of_it.service(crew, spend)[1].worth)


@pytest.mark.parametrize("cost", [0.2, 0.5, 0.8])
def test_steps_that_pay_are_the_newsvendors_fractile(cost):
    """Units that can't wait and are worth 1, demand normal(100, 10): staff up to the quantile 1 - cost."""
    came = stats.norm(100.0, 10.0).ppf((np.arange(20_000) + 0.5) / 20_000).reshape(-1, 1, 1)
    crew = team([85.0], load=np.array([1.0]), retention=0.0, step=1.0, step_cost=cost)
    assert 85.0 + steps_that_pay(came, crew, 0) == pytest.approx(stats.norm(100.0, 10.0).ppf(1.0 - cost), abs=1.0)
