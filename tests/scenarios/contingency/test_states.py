"""Scenarios of the configuration become states of the world, or are refused in a sentence."""

import numpy as np
import pytest
from pydantic import ValidationError

from workbench.config.contingency import DEFAULT_SCENARIOS, Scenario, Triggers
from workbench.errors import SpecError
from workbench.scenarios.contingency.states import build_states

CHANNELS = ("tv", "search")


def states(**scenarios):
    return build_states(scenarios, budget=1000.0, weeks=13, channels=CHANNELS, teams=("sales",))


def test_factors_hold_from_their_week_on_and_for_the_channels_named():
    _, rival = states(rival=Scenario(kind="opportunity", response={"search": 1.3}, price={"tv": 2.0}, from_week=3))
    np.testing.assert_array_equal(rival.response_of(CHANNELS, 4), [[1, 1], [1, 1], [1, 1.3], [1, 1.3]])
    np.testing.assert_array_equal(rival.price_of(CHANNELS, 3), [[1, 1], [1, 1], [2, 1]])


def test_one_factor_is_that_of_all_channels_and_budgets_change_by_share_or_amount():
    expected, half, found = states(
        half=Scenario(kind="under", response=0.5, baseline=0.5, budget_share=-0.2, probability=0.15),
        found=Scenario(kind="over", budget=50.0, probability=0.25),
    )
    np.testing.assert_array_equal(half.response_by_channel(CHANNELS), [0.5, 0.5])
    np.testing.assert_array_equal(half.baseline_of(2), [0.5, 0.5])
    assert [state.budget for state in (expected, half, found)] == [1000, 800, 1050]
    assert expected.probability == pytest.approx(0.6)


def test_a_scenario_after_the_horizon_is_left_out():
    assert [state.name for state in states(late=Scenario(kind="over", budget=1.0, from_week=14))] == ["expected"]


def test_the_usual_scenarios_stand_without_configuration():
    assert [state.kind for state in states(**DEFAULT_SCENARIOS)] == ["expected", "under", "over", "opportunity"]


@pytest.mark.parametrize(
    ("scenarios", "message"),
    [
        (
            {"a": Scenario(kind="under", response={"radio": 0.5})},
            "a.response names radio, which is none of the channels",
        ),
        ({"a": Scenario(kind="under", price={"radio": 2.0})}, "a.price names radio"),
        ({"a": Scenario(kind="under", capacity={"care": 0.5})}, "a.capacity names care.*teams with a capacity: sales"),
        ({"a": Scenario(kind="under", budget=-1000.0)}, "leaves a budget of 0"),
        ({"expected": Scenario(kind="over", budget=1.0)}, "has the name of the plan itself"),
        (
            {name: Scenario(kind="over", budget=1.0, probability=0.6) for name in ("a", "b")},
            "sum to 1.20; at most one of them comes true",
        ),
    ],
)
def test_scenarios_that_mean_nothing_are_refused(scenarios, message):
    with pytest.raises(SpecError, match=message):
        states(**scenarios)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "nothing differs from the plan"),
        ({"response": -0.1}, "greater than or equal to 0"),
        ({"response": float("nan")}, "finite"),
        ({"price": {"tv": 0.0}}, "greater than 0"),
        ({"budget": float("inf")}, "finite"),
        ({"budget": 5.0, "budget_share": 0.1}, "keep one of them"),
        ({"baseline": 0.5, "probability": 1.0}, "less than 1"),
        ({"baseline": 0.5, "from_week": 0}, "greater than or equal to 1"),
        ({"reponse": 0.5}, "Extra inputs"),
    ],
)
def test_bad_configuration_is_refused(values, message):
    with pytest.raises(ValidationError, match=message):
        Scenario(kind="under", **values)


@pytest.mark.parametrize("values", [{"false_alarms": 0.0}, {"false_alarms": 1.0}, {"watch": []}, {"lead_weeks": -1}])
def test_bad_triggers_are_refused(values):
    with pytest.raises(ValidationError):
        Triggers(**values)


def test_a_quantity_is_watched_once():
    with pytest.raises(ValidationError, match="watch names revenue twice"):
        Triggers(watch=("revenue", "revenue"))
