"""Plans made ahead, and orders of cutting and adding, against plans that calculus gives."""

import numpy as np
import pandas as pd
import pytest

from tests.scenarios.contingency.worlds import worlds_of
from workbench.config.contingency import Scenario
from workbench.errors import SpecError
from workbench.scenarios.contingency.compare import (
    plan_difference,
    revenue_difference,
    scenario_draws,
    scenario_plans,
    scenario_table,
)
from workbench.scenarios.contingency.orders import cut_order, order_table, reinvest_order
from workbench.scenarios.contingency.presolve import presolve
from workbench.scenarios.contingency.states import build_states, expected_state

BUDGET = 900.0
K = np.array([[3.0, 2.0, 1.0]])
SPREAD = np.linspace(0.5, 1.5, 21)


def best_of_roots(k, budget):
    """Of Σ k √x under Σ x = budget: x ∝ k², and the value is √(budget Σ k²)."""
    return k**2 * budget / (k**2).sum()


def test_cuts_of_square_roots_keep_the_split_and_lose_what_calculus_says():
    planned = best_of_roots(K, BUDGET)[:, None, :]
    order = cut_order(worlds_of(K, spread=SPREAD), expected_state(BUDGET), planned)
    budgets = BUDGET * (1 - 0.05 * np.arange(7))
    np.testing.assert_allclose(order.plans[:, 0, 0], [best_of_roots(K[0], budget) for budget in budgets], rtol=5e-3)
    np.testing.assert_allclose(order.worth.mean(axis=1), np.sqrt(budgets * (K**2).sum()), rtol=1e-5)
    assert order.cost_of_nesting < 1e-4
    table = order_table(order, ("all",), ("a", "b", "c"))
    lost = table.groupby("step")["value"].first()
    np.testing.assert_allclose(lost, -np.diff(np.sqrt(budgets * (K**2).sum())), rtol=0.02)
    np.testing.assert_allclose(table.groupby("step")["amount"].sum(), 0.05 * BUDGET, rtol=1e-4)
    assert table.groupby("step")["channel"].first().eq("a").all()


def test_cuts_of_straight_returns_take_the_worst_first_and_additions_the_best():
    returns = np.array([[3.0, 1.0, 2.0]])
    worlds = worlds_of(returns, power=1.0, upper=np.array([[400.0, 400.0, 400.0]]))
    planned = np.array([400.0, 200.0, 300.0])[None, None, :]
    cuts = order_table(cut_order(worlds, expected_state(BUDGET), planned), ("all",), ("a", "b", "c"))
    by_channel = cuts.groupby("channel")["amount"].sum()
    assert by_channel["b"] == pytest.approx(200.0, rel=1e-3)
    assert by_channel["c"] == pytest.approx(70.0, rel=1e-3)
    assert "a" not in by_channel
    assert cuts.loc[cuts["step"] == 1, "return"].iloc[0] == pytest.approx(1.0, rel=1e-4)
    added = order_table(reinvest_order(worlds, expected_state(BUDGET), planned), ("all",), ("a", "b", "c"))
    assert added.loc[added["step"] == 1, "channel"].tolist() == ["c"]
    assert added["amount"].sum() == pytest.approx(270.0, rel=1e-3)
    assert added.groupby("channel")["amount"].sum()["c"] == pytest.approx(100.0, rel=1e-3)
    narrow = worlds_of(returns, power=1.0, upper=np.array([[400.0, 200.0, 350.0]]))
    short = reinvest_order(narrow, expected_state(BUDGET), planned)
    assert short.plans[-1].sum() == pytest.approx(950.0), "an order ends where limits leave nothing to add"


def test_no_step_takes_back_an_earlier_one_even_where_a_new_plan_would():
    """With limits that bind one after the other, plans made afresh aren't nested; the order is."""
    rng = np.random.default_rng(3)
    returns = rng.uniform(0.5, 3, (4, 5))
    worlds = worlds_of(returns, upper=rng.uniform(20, 120, (4, 5)))
    planned = worlds.replan(expected_state(BUDGET), np.zeros((4, 1, 5))).spend
    cut = cut_order(worlds, expected_state(BUDGET), planned, lead_weeks=1)
    add = reinvest_order(worlds, expected_state(BUDGET), planned, lead_weeks=1)
    assert (np.diff(cut.plans, axis=0) <= 1e-9).all()
    assert (np.diff(add.plans, axis=0) >= -1e-9).all()
    for order in (cut, add):
        np.testing.assert_allclose(order.plans[:, 0], np.broadcast_to(planned[0], order.plans[:, 0].shape), rtol=1e-6)
        assert order.cost_of_nesting < 0.01
        assert order.steps > 3


def solved(**scenarios):
    worlds = worlds_of(np.repeat(K, 4, axis=0), spread=SPREAD)
    planned = np.repeat(best_of_roots(K, BUDGET / 4), 4, axis=0)[:, None, :]
    states = build_states(scenarios, budget=BUDGET, weeks=4, channels=worlds.cells.channels)
    return worlds, presolve(worlds, states, planned, 0.001), planned


def test_a_scenario_is_planned_for_its_own_world_from_its_week_on():
    _, (_, rival), planned = solved(rival=Scenario(kind="opportunity", response={"c": 3.0}, budget=90.0, from_week=3))
    np.testing.assert_allclose(rival.spend[:2], planned[:2], rtol=1e-6)
    left = BUDGET + 90 - planned[:2].sum()
    np.testing.assert_allclose(
        rival.spend[2:].sum(axis=(0, 1)), best_of_roots(np.array([3.0, 2.0, 3.0]), left), rtol=0.01
    )
    assert rival.worth.mean() > rival.kept.mean()


def test_found_money_brings_the_root_of_the_budget():
    _, (plan, found), _ = solved(found=Scenario(kind="over", budget_share=0.44))
    assert found.worth.mean() / plan.worth.mean() == pytest.approx(1.2, rel=1e-4)


def test_a_world_in_which_no_plan_keeps_the_limits_keeps_the_plan_and_says_why():
    worlds = worlds_of(K)
    limits = worlds.limits.within(np.full((1, 1, 3), 250.0), worlds.limits.upper)
    states = build_states(
        {"halved": Scenario(kind="under", budget_share=-0.5)}, budget=BUDGET, weeks=1, channels=worlds.cells.channels
    )
    planned = np.full((1, 1, 3), 300.0)
    tight = type(worlds)(cells=worlds.cells, limits=limits, value=worlds.value, solve=worlds.solve)
    _, halved = presolve(tight, states, planned, 0.0)
    assert halved.refusal
    np.testing.assert_array_equal(halved.spend, planned)


def test_any_two_scenarios_are_compared_draw_by_draw():
    worlds, presolved, _ = solved(
        cut=Scenario(kind="under", budget_share=-0.19), found=Scenario(kind="over", budget_share=0.21)
    )
    table = scenario_table(presolved, ["x", "y", "z"]).set_index("scenario")
    assert table.loc["cut", "gain"] == pytest.approx(
        presolved[1].worth.mean() - presolved[1].kept.mean() + 0.19 * BUDGET, rel=1e-6
    )
    estimate, lower, upper = revenue_difference(scenario_draws(presolved), "cut", "found")
    whole = np.sqrt(4 * BUDGET * (K**2).sum() / 1.0)
    assert estimate == pytest.approx((1.1 - 0.9) * whole, rel=1e-3)
    assert (lower, upper) == pytest.approx((0.2 * whole * 0.55, 0.2 * whole * 1.45), rel=1e-3)
    plans = scenario_plans(presolved, worlds.cells.weeks, worlds.cells.markets, worlds.cells.channels)
    change = plan_difference(plans, "cut", "found")
    assert change["change"].sum() == pytest.approx(0.4 * BUDGET, rel=1e-5)
    back = plan_difference(plans, "found", "cut", by=("week", "channel"))
    assert back["change"].sum() == pytest.approx(-0.4 * BUDGET, rel=1e-5)
    assert len(back) == 12
    with pytest.raises(SpecError, match="no scenario boom; compare two of expected, cut, found"):
        plan_difference(plans, "cut", "boom")


def test_saved_scenarios_say_the_same_when_read_again(tmp_path):
    worlds, presolved, _ = solved(found=Scenario(kind="over", budget_share=0.21))
    plans = scenario_plans(presolved, worlds.cells.weeks, worlds.cells.markets, worlds.cells.channels)
    plans.to_parquet(tmp_path / "plans.parquet")
    again = presolve(worlds, tuple(one.state for one in presolved), presolved[0].spend, presolved[0].gap)
    repeated = scenario_plans(again, worlds.cells.weeks, worlds.cells.markets, worlds.cells.channels)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "plans.parquet"), repeated, rtol=1e-9)
