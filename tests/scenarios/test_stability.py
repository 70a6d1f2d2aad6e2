"""A 1% change that flips a plan is told: ties as ties, cliffs as cliffs, and what can't flip it isn't accused."""

from dataclasses import replace

import numpy as np
import pytest

from tests.scenarios.response.worlds import cells_of, free_limits, random_response
from workbench.scenarios import checks
from workbench.scenarios.nudged import Question
from workbench.scenarios.objective import VOLUME
from workbench.scenarios.problem import Labels
from workbench.scenarios.problem.rows import Limits, Rule, Switch, budget_rule
from workbench.scenarios.problem.sums import cell_sums
from workbench.scenarios.response import media_value
from workbench.scenarios.solve import solve
from workbench.scenarios.stability import nudges

WEEKS = 2


def straight(returns, draws=8):
    """One market, channels that return so much per currency at once, whatever is spent."""
    response = random_response(channels=len(returns), draws=draws, forms=("none",) * len(returns), seed=1)
    return replace(
        response,
        half_life=np.full_like(response.half_life, 1e-4),
        coefficient=np.broadcast_to(np.array(returns, dtype=float), response.coefficient.shape),
        exposure_per_spend=np.ones_like(response.exposure_per_spend),
        value_per_kpi=np.ones_like(response.value_per_kpi),
    )


def nudged(response, limits):
    cells = cells_of(response, WEEKS)
    value = media_value(response, cells, limits)
    plan = solve(value, limits)
    asked = Question(media=value, capacity=None, cells=cells, doubt=np.zeros(cells.shape[1:]), limits=limits)
    frame = nudges(asked, VOLUME, plan.spend, response.channels)
    return plan, frame, checks.stability(frame, plan.tie, "EUR", Labels())


def test_channels_of_equal_return_are_a_tie_and_a_channel_that_is_clearly_better_is_none():
    limits = free_limits((WEEKS, 1, 3), 50.0, 100.0)
    _, frame, check = nudged(straight([2.0, 2.0, 0.5]), limits)
    first = frame.iloc[0]
    assert {first["giver"], first["taker"]} == {"channel_0", "channel_1"}
    assert 0 < first["gain"] <= 0.01
    assert check.passed is False
    assert "tied, decide by other reasons" in check.detail
    _, frame, check = nudged(straight([2.0, 1.5, 0.5]), limits)
    assert frame["share"].max() < 0.02
    assert check.passed is True


def test_prices_and_returns_of_a_straight_channel_move_the_plan_alike():
    _, frame, _ = nudged(straight([2.0, 2.001, 0.5]), free_limits((WEEKS, 1, 3), 50.0, 100.0))
    moved = frame.set_index("nudge")["moved"]
    for channel in ("channel_0", "channel_1", "channel_2"):
        assert moved[f"the price of {channel} 1% lower"] == pytest.approx(moved[f"returns of {channel} 1% higher"])
        assert moved[f"the price of {channel} 1% higher"] == pytest.approx(moved[f"returns of {channel} 1% lower"])
    assert moved["returns of channel_0 1% higher"] > 10.0


def capped(most: float) -> Limits:
    """The best channel is all or nothing at 60, and a rule lets it have no more than `most`."""
    shape = (WEEKS, 1, 2)
    rows = cell_sums(shape, [(slice(None), slice(None), 0)])
    rule = Rule(
        name="most spend of channel_0",
        reason="a limit",
        kind="group",
        rows=rows,
        lower=np.array([-np.inf]),
        upper=np.array([most]),
        size=most,
    )
    switch = Switch(name="on", reason="a switch", cells=rows.indices, least=60.0, most=200.0)
    return Limits(
        lower=np.zeros(shape), upper=np.full(shape, 100.0), rules=(budget_rule(4, 100.0), rule), switches=(switch,)
    )


def test_a_limit_that_keeps_a_switch_off_by_less_than_one_percent_is_told_as_a_cliff():
    plan, frame, check = nudged(straight([5.0, 1.0]), capped(59.8))
    assert plan.spend[:, :, 0].sum() < 1e-6
    told = frame.set_index("nudge")
    for nudge in ("limits on most spend of channel_0 1% wider", "all or nothing by a switch 1% wider"):
        assert told.loc[nudge, "share"] > 0.5
        assert told.loc[nudge, "gain"] > 0.5
    assert check.passed is False
    assert "make sure of that number before you sign" in check.detail
    _, frame, check = nudged(straight([5.0, 1.0]), capped(50.0))
    assert frame["share"].max() < 0.02
    assert check.passed is True


def test_a_limit_without_which_there_would_be_no_plan_is_told():
    limits = capped(60.0)
    must = replace(limits.rules[1], name="least spend of channel_0", lower=np.array([59.9]), upper=np.array([60.1]))
    _, frame, check = nudged(
        straight([5.0, 1.0]), replace(limits, rules=(limits.rules[0], limits.rules[1], must), switches=())
    )
    assert frame["moved"].isna().any()
    assert "There would be no plan with limits on most" in check.detail
    assert "and limits on least spend of channel_0 1% narrower." in check.detail
