"""The smallest relaxation, against hand calculation and against trying: enough is enough, and 1% less isn't."""

from dataclasses import replace

import numpy as np
import pytest

from tests.scenarios.problem.company import problem_of
from workbench.errors import InfeasiblePlan, SpecError
from workbench.scenarios.problem import Limits, Relaxation, Switch, refuse_infeasible, relaxations
from workbench.scenarios.problem.agreements import _lower, _upper
from workbench.scenarios.problem.sums import cell_sums


def test_a_budget_below_the_least_spend_needs_exactly_the_difference():
    problem = problem_of()
    least = 0.5 * problem.cells.reference.sum()
    with pytest.raises(InfeasiblePlan, match=r"with a budget of €5k; it needs €9k \(180\.1%\) more budget"):
        refuse_infeasible(problem.limits, 5000.0, "EUR")
    (way, *_) = relaxations(problem.limits.with_budget(5000.0)).alone
    assert (way.name, way.amount) == ("budget", pytest.approx(least - 5000.0))
    refuse_infeasible(problem.limits, least * 1.0001, "EUR")


def test_limits_that_no_single_one_mends_give_way_together():
    """Two channels must each take 8 of at most 5: both must give way."""
    rows = [cell_sums((1, 1, 2), [(0, 0, c)]) for c in range(2)]
    rules = [
        rule
        for c in range(2)
        for rule in (
            _lower(f"least of {c}", "a minimum", rows[c], 8.0),
            _upper(f"most of {c}", "a maximum", rows[c], 5.0),
        )
    ]
    limits = Limits(lower=np.zeros((1, 1, 2)), upper=np.full((1, 1, 2), 100.0), rules=tuple(rules))
    needed = relaxations(limits)
    assert not needed.alone
    assert [(way.name, way.side) for way in needed.together] == [("least of 0", "lower"), ("least of 1", "lower")]
    np.testing.assert_allclose([way.amount for way in needed.together], 3.0)
    with pytest.raises(InfeasiblePlan, match="no single limit is to blame; it needs least of 0 €3.00.*and least of 1"):
        refuse_infeasible(limits, 1000.0, "EUR")


def test_a_switch_gives_way_by_the_size_of_its_step():
    """At least 6 of 10 must be spent, but the only channel takes nothing or 8, and the budget is 7."""
    everything = cell_sums((1, 1, 1), [(0, 0, 0)])
    limits = Limits(
        lower=np.zeros((1, 1, 1)),
        upper=np.full((1, 1, 1), 10.0),
        rules=(_lower("floor", "a floor", everything, 6.0),),
        switches=(Switch(name="step", reason="a step", cells=np.array([0]), least=8.0, most=10.0),),
    ).with_budget(7.0)
    ways = {way.name: way.amount for way in relaxations(limits).alone}
    assert ways == {"step": pytest.approx(1.0), "budget": pytest.approx(1.0), "floor": pytest.approx(6.0)}


def relaxed(limits: Limits, relaxation: Relaxation) -> Limits:
    """The limits after one of them gave way."""
    down = relaxation.amount if relaxation.side == "lower" else 0.0
    up = relaxation.amount if relaxation.side == "upper" else 0.0
    rules = tuple(
        replace(rule, lower=rule.lower - down, upper=rule.upper + up) if rule.name == relaxation.name else rule
        for rule in limits.rules
    )
    switches = tuple(
        replace(switch, least=switch.least - down) if switch.name == relaxation.name else switch
        for switch in limits.switches
    )
    return replace(limits, rules=rules, switches=switches)


@pytest.mark.parametrize("seed", range(6))
def test_each_relaxation_alone_is_enough_and_a_little_less_is_not(seed):
    rng = np.random.default_rng(seed)
    problem = problem_of(
        max_change=float(rng.uniform(0.1, 0.6)),
        minimum={"tv": float(rng.uniform(400.0, 1900.0))},
        groups={"brand": {"share_upper": float(rng.uniform(0.2, 0.5))}, "performance": {"upper": 7000.0}},
        weekly_change=0.2,
    )
    limits = problem.limits.with_budget(float(rng.uniform(0.5, 0.9)) * problem.cells.reference.sum())
    needed = relaxations(limits)
    assert needed.alone or needed.together
    for way in needed.alone:
        assert relaxations(relaxed(limits, replace(way, amount=way.amount * 1.0001))) is None
        assert relaxations(relaxed(limits, replace(way, amount=way.amount * 0.99))) is not None


def test_a_plan_that_is_known_to_keep_the_limits_saves_the_search():
    problem = problem_of()
    refuse_infeasible(problem.limits, problem.cells.reference.sum(), "EUR", [problem.cells.reference])


@pytest.mark.parametrize("budget", [0.0, -5.0, float("nan"), float("inf")])
def test_a_budget_that_is_no_amount_is_refused(budget):
    with pytest.raises(SpecError, match="budget is"):
        refuse_infeasible(problem_of().limits, budget, "EUR")


def test_a_share_beyond_ten_times_is_left_out():
    huge = Relaxation(name="budget", title="budget", reason="the budget", side="upper", amount=1e6, share=1e8)
    assert huge.sentence("EUR") == "€1m more budget"
    assert replace(huge, share=0.25).sentence("EUR") == "€1m (25.0%) more budget"


def test_a_budget_below_what_is_committed_says_what_is_committed():
    limits = Limits(lower=np.full((1, 1, 2), 60.0), upper=np.full((1, 1, 2), 100.0))
    with pytest.raises(
        InfeasiblePlan, match=r"with a budget of €100, while €120 is committed; it needs €20\.00 .*more budget"
    ):
        refuse_infeasible(limits, 100.0, "EUR")
