"""The split adds up to the cent, each cause alone is found as what it did, and causes that didn't move get nothing."""

from dataclasses import replace

import numpy as np
import pytest

from tests.scenarios.pacing.worlds import (
    MARKETS,
    as_planned,
    came,
    course,
    outlook,
    planned,
    response,
    team,
)
from workbench.scenarios.pacing.actuals import Actuals
from workbench.scenarios.pacing.course import Planned
from workbench.scenarios.pacing.variance import variance_split

SEEN = 4


def split(plan: Planned, actual: Actuals, **known: object):
    found = variance_split(replace(course(plan, actual), **known))
    return found.set_index("source")


def certain(teams=(), **changes) -> Planned:
    """A plan whose media and level are known."""
    return planned(teams, **({"outlook": outlook(drift=0.0), "response": response(spread=0.0)} | changes))


def exact(plan: Planned, draw: int = 0, **changes) -> Actuals:
    """What comes without any surprise."""
    kpi = plan.outlook.baseline[draw] + plan.media(changes.get("exposure", plan.exposure))[draw]
    return as_planned(plan, kpi, **changes).first(SEEN)


@pytest.mark.parametrize("seed", range(3))
def test_the_parts_add_up_to_the_cent_in_any_world(seed):
    rng = np.random.default_rng(seed)
    plan = planned(teams=(team(3500.0),))
    spend = plan.spend * rng.uniform(0, 2, size=plan.spend.shape)
    actual = replace(
        came(plan, seed, rng, SEEN),
        spend=spend[:SEEN],
        exposure=spend[:SEEN] / rng.uniform(0.7, 1.4),
        handled={"fulfilment": np.array([2500.0, 2600.0, 2400.0, 2500.0])},
        arrived={"fulfilment": np.array([2700.0, 2600.0, 2500.0, 2600.0])},
    )
    warmer = replace(plan.outlook, baseline=plan.outlook.baseline + 15.0)
    parts = split(plan, actual, known=warmer)
    expected = plan.outlook.baseline.mean(axis=0) + plan.media(plan.exposure).mean(axis=0)
    assert parts["estimate"].sum() == pytest.approx(actual.revenue.sum() - expected[:SEEN].sum(), abs=0.01)
    assert set(parts.index) == {"spend", "media price", "controls", "response", "capacity", "unexplained"}


def test_spend_alone_is_what_more_spend_brings():
    """100 more a cell, four weeks, two markets, returns of 2 and 3."""
    plan = certain()
    actual = exact(plan, spend=plan.spend + 100.0, exposure=plan.exposure + 100.0)
    parts = split(plan, actual)["estimate"]
    assert parts["spend"] == pytest.approx(SEEN * MARKETS * 100.0 * (2 + 3))
    np.testing.assert_allclose(parts.drop("spend"), 0, atol=0.01)


def test_price_alone_is_the_exposure_that_the_same_money_no_longer_buys():
    plan = certain()
    parts = split(plan, exact(plan, exposure=plan.exposure / 1.25))["estimate"]
    assert parts["media price"] == pytest.approx(-SEEN * MARKETS * 20.0 * (2 + 3))
    np.testing.assert_allclose(parts.drop("media price"), 0, atol=0.01)


def test_spend_and_price_together_share_what_they_do_together():
    """Twice the money at half the exposure: the Shapley value of x·p from (1, 1) to (2, ½) is ± ¾ of the planned effect."""
    plan = certain()
    parts = split(plan, exact(plan, spend=2 * plan.spend))["estimate"]
    whole = SEEN * MARKETS * 100.0 * (2 + 3)
    assert parts["spend"] == pytest.approx(0.75 * whole)
    assert parts["media price"] == pytest.approx(-0.75 * whole)


def test_controls_alone_are_what_they_bring():
    plan = certain()
    warmer = replace(plan.outlook, baseline=plan.outlook.baseline + 30.0)
    actual = exact(replace(plan, outlook=warmer))
    parts = split(plan, actual, known=warmer)["estimate"]
    assert parts["controls"] == pytest.approx(SEEN * MARKETS * 30.0)
    np.testing.assert_allclose(parts.drop("controls"), 0, atol=0.01)


def test_capacity_alone_is_what_the_missing_hands_cost():
    """3,000 come a week, which the plan has room for; in week 3 only 2,400 are handled and nothing waits."""
    plan = certain(teams=(team(3500.0, retention=0.0, queue="lost"),))
    came_units = np.full(SEEN, 3000.0)
    handled = np.array([3000.0, 3000.0, 2400.0, 3000.0])
    whole = exact(plan)
    actual = replace(
        whole,
        kpi=whole.kpi * (handled / came_units)[:, None],
        handled={"fulfilment": handled},
        arrived={"fulfilment": came_units},
    )
    parts = split(plan, actual)["estimate"]
    assert parts["capacity"] == pytest.approx(-600.0)
    np.testing.assert_allclose(parts.drop("capacity"), 0, atol=0.01)


def test_response_alone_is_found_where_the_weeks_can_tell_it():
    """Little noise and a known level: a truth with far better media is told as response, within its interval."""
    quiet = outlook(drift=0.0, noise=np.full((1000, MARKETS), 3.0), week_noise=np.zeros((1000, MARKETS)))
    plan = planned(outlook=quiet)
    media = plan.media(plan.exposure)[:, :SEEN].sum(axis=(1, 2))
    best = int(np.argsort(media)[-30])
    parts = split(plan, exact(plan, best))
    truth = media[best] - media.mean()
    assert parts.loc["response", "estimate"] == pytest.approx(truth, rel=0.05)
    assert parts.loc["response", "lower"] < truth < parts.loc["response", "upper"]


@pytest.mark.slow
def test_intervals_of_response_hold_over_true_worlds():
    plan, rng, held = planned(), np.random.default_rng(11), []
    media = plan.media(plan.exposure)[:, :SEEN].sum(axis=(1, 2))
    for world in range(120):
        draw = int(rng.integers(1000))
        parts = variance_split(course(plan, came(plan, draw, rng, SEEN), seed=world)).set_index("source")
        truth = media[draw] - media.mean()
        held.append(parts.loc["response", "lower"] <= truth <= parts.loc["response", "upper"])
    assert np.mean(held) == pytest.approx(0.9, abs=0.06)
