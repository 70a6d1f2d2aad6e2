"""Limits that contradict each other are refused with the mend."""

import numpy as np
import pytest

from workbench.config.analyses import Planning
from workbench.errors import InfeasiblePlan, SpecError
from workbench.scenarios.limits import free_limits, planning_limits, refuse_infeasible

REFERENCE = np.array([1300.0, 650.0])


def limits_of(**planning):
    return planning_limits(Planning(**planning), ("tv", "search"), REFERENCE, horizon_weeks=13, currency="EUR")


def test_the_narrower_of_weekly_limit_and_largest_change_holds():
    limits = limits_of(max_change=0.5, minimum={"tv": 80.0, "search": 10.0}, maximum={"search": 60.0})
    np.testing.assert_allclose(limits.lower, [1040.0, 325.0])
    np.testing.assert_allclose(limits.upper, [1950.0, 780.0])
    assert limits.binding(np.array([1040.0, 780.0])) == ("planning.minimum", "planning.maximum")
    assert limits.binding(np.array([1950.0, 325.0])) == ("a rise of at most 50%", "a cut of at most 50%")
    assert limits.binding(np.array([1500.0, 500.0])) == ("", "")


def test_a_change_limit_above_one_lets_a_channel_be_stopped():
    limits = limits_of(max_change=2.0)
    np.testing.assert_allclose(limits.lower, 0.0)
    assert limits.binding(np.array([0.0, 100.0])) == ("nothing is left to cut", "")


def test_a_channel_without_spend_in_the_reference_period_stays_without():
    limits = planning_limits(Planning(), ("tv", "new"), np.array([1300.0, 0.0]), horizon_weeks=13, currency="EUR")
    np.testing.assert_allclose(limits.upper, [1950.0, 0.0])
    assert limits.binding(np.array([1300.0, 0.0])) == ("", "no spend in the reference period that could change")


def test_a_flighted_channel_may_return_to_what_the_same_weeks_a_year_ago_cost():
    silent, year_ago = np.array([1300.0, 0.0]), np.array([900.0, 400.0])
    limits = planning_limits(Planning(), ("search", "tv"), silent, horizon_weeks=13, currency="EUR", year_ago=year_ago)
    np.testing.assert_allclose(limits.lower, [650.0, 0.0])
    np.testing.assert_allclose(limits.upper, [1950.0, 600.0])
    assert limits.binding(np.array([1300.0, 600.0])) == ("", "a rise of at most 50% on the same weeks a year ago")


def test_a_channel_may_have_a_change_limit_of_its_own():
    limits = limits_of(max_change={"tv": 0.1})
    np.testing.assert_allclose(limits.lower, [1170.0, 325.0])
    np.testing.assert_allclose(limits.upper, [1430.0, 975.0])


@pytest.mark.parametrize(
    ("planning", "error", "message"),
    [
        ({"minimum": {"radio": 1.0}}, SpecError, "planning.minimum names radio.*tv, search"),
        (
            {"minimum": {"tv": 200.0}},
            InfeasiblePlan,
            r"tv must spend at least €2\.6k.*at most €1\.95k.*give way by €650",
        ),
    ],
)
def test_limits_that_no_plan_meets_are_refused(planning, error, message):
    with pytest.raises(error, match=message):
        limits_of(**planning)


def test_a_budget_below_the_least_spend_names_what_is_missing():
    limits = free_limits(("a", "b"), np.array([10.0, 10.0]), np.array([600.0, 200.0]) / 100)
    with pytest.raises(InfeasiblePlan, match=r"add €3\.00 \(60\.0%\).*first that of a"):
        refuse_infeasible(limits, 5.0, "EUR")
    refuse_infeasible(limits, 8.0, "EUR")


@pytest.mark.parametrize("budget", [0.0, -5.0, float("nan"), float("inf")])
def test_a_budget_that_is_no_amount_is_refused(budget):
    with pytest.raises(SpecError, match="budget is"):
        refuse_infeasible(free_limits(("a",), np.array([1.0])), budget)
