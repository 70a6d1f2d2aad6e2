"""Aims against closed forms: at the best plan the last unit returns the same in all channels."""

import numpy as np
import pytest
from scipy.optimize import brentq

from tests.scenarios.modes.curves import box, filled, frontier_of, lines, roots
from workbench.errors import InfeasiblePlan
from workbench.scenarios.problem import Limits, Switch
from workbench.scenarios.problem.agreements import _upper
from workbench.scenarios.problem.sums import cell_sums
from workbench.scenarios.solve.modes import highest_profit, least_spend, target_return
from workbench.wording import number

K = np.array([30.0, 40.0, 120.0])
FREE = box(3, 2e4)


def told(roas: float) -> str:
    return f"a return of {number(roas)}"


def worth(spend: np.ndarray) -> float:
    return float(roots(*K).worth(spend)[0])


def best_plan(aim) -> np.ndarray:
    """The plan whose channels all return the same at the margin and for which `aim` is 0."""
    return filled(K, brentq(lambda price: aim(filled(K, price)), 0.2, 5.9, xtol=1e-12))


@pytest.mark.parametrize("margin", [0.3, 1.0])
def test_the_highest_profit_spends_until_the_margin_of_the_last_unit_is_gone(margin):
    best = filled(K, 1 / margin)
    aimed = highest_profit(roots(*K), FREE, margin=margin)
    assert aimed.budget == pytest.approx(best.sum(), rel=2e-3)
    assert aimed.reached == pytest.approx(margin * worth(best) - best.sum(), rel=1e-4)
    assert aimed.reached <= aimed.proved <= aimed.reached * 1.01


def test_a_cost_of_r_gives_the_plan_whose_last_unit_returns_r():
    aimed = highest_profit(roots(*K), FREE, margin=1.0, cost=2.0)
    assert aimed.budget == pytest.approx(filled(K, 2.0).sum(), rel=3e-3)


@pytest.mark.parametrize("target", [100.0, 2500.0, 6000.0])
def test_the_least_spend_for_a_target_is_that_of_equal_margins(target):
    best = best_plan(lambda spend: worth(spend) - target)
    aimed = least_spend(frontier_of(roots(*K), FREE), target, "EUR")
    assert aimed.reached >= target * (1 - 1e-8)
    assert float(aimed.plan.spend.sum()) == pytest.approx(best.sum(), rel=3e-3)
    assert best.sum() * 0.997 <= aimed.proved <= best.sum() * (1 + 1e-6)


@pytest.mark.parametrize("roas", [2.0, 4.0])
def test_the_largest_plan_with_a_return_keeps_it_and_no_larger_one_does(roas):
    """An optimiser that minimises the distance to the target instead can land on either side of it."""
    best = best_plan(lambda spend: worth(spend) - roas * spend.sum())
    aimed = target_return(frontier_of(roots(*K), FREE), roas, told)
    assert aimed.reached >= roas * (1 - 1e-8)
    assert aimed.budget == pytest.approx(best.sum(), rel=3e-3)
    assert best.sum() * (1 - 1e-6) <= aimed.proved <= best.sum() * 1.003


def test_a_return_that_even_the_limits_keep_spends_all_that_they_allow():
    aimed = target_return(frontier_of(roots(*K), box(3, 100.0)), 2.0, told)
    assert aimed.budget == pytest.approx(300.0)


def test_a_target_out_of_reach_is_refused_with_the_most_that_is_reachable():
    with pytest.raises(InfeasiblePlan, match=r"target of €5k is out of reach: .* reaches €787, and none .* €787"):
        least_spend(frontier_of(roots(*K), box(3, 100.0)), 5000.0, "EUR")


def test_a_return_out_of_reach_is_refused_with_the_best_there_is():
    """At least 100 in each channel: the best return is the one at which the best surplus over it is nothing."""

    def surplus(roas: float) -> float:
        spend = np.maximum(filled(K, roas), 100.0)
        return worth(spend) - roas * float(spend.sum())

    best = number(brentq(surplus, 0.5, 5.9))
    with pytest.raises(InfeasiblePlan, match=f"a return of 9 is out of reach: the best plan .* a return of {best}"):
        target_return(frontier_of(roots(*K), box(3, 1e4, least=100.0)), 9.0, told)


def test_nothing_returns_more_than_the_steepest_line():
    frontier = frontier_of(lines(np.array([1.5, 0.5])), box(2, 100.0))
    with pytest.raises(InfeasiblePlan, match=r"a return of 2 is out of reach: .* has a return of 1\.5"):
        target_return(frontier, 2.0, told)
    # 100 at 1.5, then y at 0.5 with (150 + y/2) / (100 + y) = 1.2.
    aimed = target_return(frontier_of(lines(np.array([1.5, 0.5])), box(2, 100.0)), 1.2, told)
    assert aimed.budget == pytest.approx(100 + 30 / 0.7, rel=2e-3)


def test_other_limits_hold_for_every_aim():
    """The best channel gets at most 1,000; the others' last units return the same."""
    rule = _upper("most of the best", "a limit", cell_sums((1, 1, 3), [(0, 0, 2)]), 1000.0)
    limits = Limits(lower=FREE.lower, upper=FREE.upper, rules=(rule,))
    best = np.array([*filled(K[:2], 0.5), 1000.0])
    aimed = least_spend(frontier_of(roots(*K), limits), worth(best), "EUR")
    assert float(aimed.plan.spend.sum()) == pytest.approx(best.sum(), rel=4e-3)
    assert best.sum() * 0.995 <= aimed.proved <= best.sum() * (1 + 1e-6)


def test_all_or_nothing_minima_hold_for_the_least_spend():
    """The best channel takes nothing or 900 and more: at 900 it exceeds the target, without it others cost more."""
    switch = Switch(name="best", reason="a step", cells=np.array([2]), least=900.0, most=2e4)
    limits = Limits(lower=FREE.lower, upper=FREE.upper, switches=(switch,))
    aimed = least_spend(frontier_of(roots(*K), limits), 2000.0, "EUR")
    assert float(aimed.plan.spend.sum()) == pytest.approx(900.0, rel=5e-3)
    assert aimed.proved <= 900.0 * (1 + 1e-6)
