"""What comes with revenue: intervals hold as often as they say, whether rates wander or only scatter, and quantities move together."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from workbench.config import Goal
from workbench.scenarios.goals import GoalInputs, WeeklyPaths, kpi_registry, rates_ahead, review_goals

STRETCHES, WORLDS = 8, 1500


def held(rates: np.ndarray) -> float:
    """Share of worlds whose next rate lies in the 90% interval told from the ones before; `rates` has the shape (WORLDS, STRETCHES + 1)."""
    inside = []
    for world, own in enumerate(rates):
        revenue = np.random.default_rng(world).uniform(1e5, 3e5, STRETCHES)
        counts = [{"orders": rate * total} for rate, total in zip(own, revenue, strict=False)]
        drawn = rates_ahead(counts, revenue.tolist(), seed=world)["orders"]
        lower, upper = np.quantile(drawn, [0.05, 0.95])
        inside.append(lower <= own[-1] <= upper)
    return float(np.mean(inside))


def test_the_interval_of_a_rate_that_wanders_and_of_one_that_scatters_holds_nine_of_ten():
    rng = np.random.default_rng(1)
    noise = rng.normal(size=(WORLDS, STRETCHES + 1))
    wanders = 0.01 * np.exp(0.05 * noise.cumsum(axis=1))
    scatters = 0.01 * np.exp(0.05 * noise)
    assert held(wanders) == pytest.approx(0.9, abs=0.025)
    # Moves of what scatters go to and fro, so that their spread is known better than that of a walk.
    assert held(scatters) == pytest.approx(0.9, abs=0.035)


def test_quantities_move_as_they_have_moved_together():
    revenue = [1e5, 1.3e5, 0.9e5, 1.1e5, 1e5]
    buyers = [100.0, 150.0, 80.0, 120.0, 100.0]
    drawn = rates_ahead([{"orders": 2 * n, "customers": n} for n in buyers], revenue, seed=1)
    np.testing.assert_allclose(drawn["orders"], 2 * drawn["customers"])


def test_too_few_stretches_and_what_ever_was_nothing_tell_no_rate():
    stretch = {"orders": 10.0, "leads": 3.0}
    assert rates_ahead([stretch] * 3, [1e3] * 3, seed=1) == {}
    assert rates_ahead([stretch] * 5, [1e3] * 4 + [0.0], seed=1) == {}
    assert set(rates_ahead([{"orders": 10.0, "leads": 0.0}] + [stretch] * 4, [1e3] * 5, seed=1)) == {"orders"}


def test_value_of_new_customers_per_cost_is_foreseen_by_a_plan():
    """60,000 of revenue bring 0.01 new customers each, so 600, for 30,000 of spend: 50 each, of which one is worth 100: 2."""
    weeks = pd.date_range("2026-01-05", periods=4, freq="7D")
    ahead = WeeklyPaths(
        weeks=weeks,
        markets=("a", "b"),
        paths={"revenue": np.full((400, 4, 2), 7_500.0), "spend": np.full((1, 4, 2), 3_750.0)},
    )
    goal = Goal(
        kpi="ltv_to_cac", target=1.5, start=date(2026, 1, 5), by=date(2026, 2, 1), owner="CRM", label="Worth it"
    )
    inputs = GoalInputs(
        goals={"worth": goal},
        registry=kpi_registry({}, "EUR"),
        measured={"worth": {"ltv": 100.0, "spend": 1.0, "new_customers": 1.0}},
        constants={"ltv": np.full(4_000, 100.0)},
        rates={"worth": {"new_customers": np.full(4_000, 0.01)}},
        first_open=date(2026, 1, 5),
        markets=("a", "b"),
    )
    (row,) = review_goals(inputs, ahead).goals.to_dict("records")
    assert row["expected"] == pytest.approx(2.0)
    assert row["verdict"] == "on course"
    check = review_goals(inputs, ahead).checks[0]
    assert check.title == "Goal: Worth it"
    without = GoalInputs(**{**vars(inputs), "rates": {}})
    told = review_goals(without, ahead).checks[0].detail
    assert told.startswith(
        "How likely Worth it is to be reached isn't known, since too little is known of how new customers came"
    )
    unmeasured = GoalInputs(**{**vars(inputs), "constants": {}})
    assert (
        "the value of a new customer is not known: it comes from a segmentation"
        in review_goals(unmeasured, ahead).checks[0].detail
    )
