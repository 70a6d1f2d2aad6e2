"""Factors on bids follow marginal returns, and nothing else."""

import numpy as np
import pandas as pd
import pytest

from tests.scenarios.problem.company import problem_of
from workbench.scenarios.bids import bid_modifiers, marginal_returns
from workbench.scenarios.response import media_value

MARKETS, CHANNELS = ("north", "south"), ("search", "social")
WEEKS = pd.date_range("2026-01-05", periods=4, freq="7D")
SPEND = np.array([[100.0, 50.0], [300.0, 0.0]])


def bids(marginal, spend=SPEND):
    return bid_modifiers(np.asarray(marginal), spend, markets=MARKETS, channels=CHANNELS, weeks=WEEKS)


def test_equal_returns_ask_for_no_change():
    frame = bids(np.full((20, 2, 2), 1.7))
    assert frame["modifier"].tolist() == [1.0, 1.0, 1.0]
    assert frame[["market", "channel"]].to_numpy().tolist() == [
        ["north", "search"],
        ["north", "social"],
        ["south", "search"],
    ]
    assert (frame["valid_from"].iloc[0], frame["valid_to"].iloc[0]) == (WEEKS[0], pd.Timestamp("2026-02-01"))


def test_the_factor_is_the_root_of_the_return_against_the_channels_mean():
    frame = bids(np.full((5, 1, 1), 1.0) * np.array([[4.0, 1.0], [2.0, 1.0]])).set_index(["market", "channel"])
    mean = (100 * 4 + 300 * 2) / 400
    assert frame.loc[("north", "search"), "modifier"] == pytest.approx(np.sqrt(4 / mean))
    assert frame.loc[("south", "search"), "modifier"] == pytest.approx(np.sqrt(2 / mean))


def test_another_currency_or_value_of_the_kpi_changes_no_factor_and_more_return_never_lowers_it():
    rng = np.random.default_rng(1)
    marginal = rng.lognormal(0, 0.4, (200, 2, 2))
    columns = ["modifier", "modifier_lower", "modifier_upper"]
    pd.testing.assert_frame_equal(bids(marginal)[columns], bids(100 * marginal, 5 * SPEND)[columns])
    better = marginal.copy()
    better[:, 0, 0] *= 1.3
    raised = bids(better)["modifier"] / bids(marginal)["modifier"]
    assert raised.iloc[0] > 1
    assert raised.iloc[2] < 1


def test_factors_stay_between_half_and_double_where_a_market_returns_nothing_or_all():
    frame = bids(np.ones((3, 1, 1)) * np.array([[90.0, 1.0], [-1.0, 1.0]]))
    assert frame["modifier"].between(0.5, 2.0).all()
    assert frame["modifier_lower"].le(frame["modifier_upper"]).all()


def test_marginal_returns_are_those_of_the_planners_gradient():
    problem = problem_of(horizon_weeks=6, price={"tv": 1.2})
    spend = problem.cells.reference
    value = media_value(problem.response, problem.cells, problem.limits)
    _, slope = value.gradient(spend, np.full(value.draws, 1 / value.draws))
    growing = (slope * spend).sum(axis=0) / spend.sum(axis=0)
    marginal = marginal_returns(problem.response, problem.cells, spend)
    np.testing.assert_allclose(marginal.mean(axis=0), growing, rtol=0.01)
    silent = spend.copy()
    silent[:, 0, 1] = 0.0
    assert (marginal_returns(problem.response, problem.cells, silent)[:, 0, 1] == 0).all()
