"""The plan of a company whose teams can take so much a week: against closed forms, plans made anew, and the plan without teams."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.scenarios.capacity.fakes import CurvedWeeks, team
from tests.scenarios.small_company import small_media_mix
from workbench.config.capacity import Capacity
from workbench.config.planning import Planning
from workbench.errors import InfeasiblePlan
from workbench.result import Provenance
from workbench.scenarios import PlanRequest, ScenarioResult, make_plan
from workbench.scenarios.answer import by_channel
from workbench.scenarios.capacity import CapacityValue, step_worth
from workbench.scenarios.plan import plan_ignoring_capacity, plan_result
from workbench.scenarios.problem import Limits
from workbench.scenarios.solve import THOROUGH, solve

WEEKS = 4
# The small company's weeks bring some 3,000 + 1,000 without media, and 3,000 more by them.
ORDERS = {"per_kpi": 0.1, "unit": "orders", "step": 10.0, "step_name": "packer", "step_cost": 40.0}


def made(weekly: float | None, mode: str = "budget", short: float | None = None, **asked):
    """With room for so many orders a week, and in the second week for `short` of them."""
    teams = {} if weekly is None else {"shop": Capacity(**ORDERS, weekly=weekly, queue="lost")}
    media_mix = small_media_mix(draws=60)
    second = media_mix.weeks[-1] + pd.Timedelta(weeks=2)
    calendar = None
    if short is not None:
        calendar = pd.DataFrame({"week": [second], "market": "all", "team": "shop", "units": [short]})
    return make_plan(
        media_mix,
        Planning(capacity=teams),
        PlanRequest(mode=mode, **asked),
        horizon_weeks=WEEKS,
        calendar=calendar,
        seed=1,
    )


@pytest.fixture(scope="module")
def free():
    return made(None)


@pytest.fixture(scope="module")
def tight():
    return made(720.0, short=450.0)


def test_room_for_all_gives_the_plan_of_a_company_without_teams(free):
    roomy = made(1e9)
    np.testing.assert_allclose(roomy.answered.spend, free.answered.spend, rtol=1e-6, atol=1e-6 * free.answered.budget)
    np.testing.assert_allclose(
        roomy.value.worth(roomy.answered.spend), roomy.media.worth(roomy.answered.spend), rtol=1e-9
    )
    assert roomy.answered.judged == pytest.approx(free.answered.judged, rel=1e-9)
    assert roomy.answered.bound == pytest.approx(free.answered.bound, rel=1e-6)
    np.testing.assert_allclose(roomy.answered.by_channel, free.answered.by_channel, rtol=1e-6)


def test_without_room_media_bring_nothing_and_the_certificate_says_so():
    closed = made(0.0)
    assert closed.answered.judged == 0.0
    assert closed.answered.bound == pytest.approx(0.0, abs=1e-6)
    assert closed.answered.gap == 0.0


def test_the_bound_holds_for_the_plan_that_ignores_capacity_and_hundreds_of_others(tight):
    limits = tight.found.limits
    others = [plan_ignoring_capacity(tight, seed=1), tight.problem.cells.reference]
    rng = np.random.default_rng(0)
    drawn = limits.lower + (limits.upper - limits.lower) * rng.random((300, *limits.shape))
    others += [spend * min(1.0, limits.budget / spend.sum()) for spend in drawn]
    worths = [tight.value.worth(spend).mean() for spend in others]
    assert max(worths) <= tight.answered.judged * (1 + 1e-9) <= tight.answered.bound * (1 + 1e-9)
    assert tight.answered.judged > 1.002 * worths[0]
    assert tight.answered.gap < 0.01


def test_channels_share_what_is_served_of_them(tight):
    kept = tight.capacity.kept(tight.answered.spend)
    shares = by_channel(tight.media, tight.answered.spend, kept)
    np.testing.assert_allclose(shares.sum(axis=1), tight.value.worth(tight.answered.spend), rtol=1e-9)
    assert (shares.mean(axis=0) < by_channel(tight.media, tight.answered.spend).mean(axis=0)).all()


def test_one_full_week_in_closed_form():
    """Lost units, one channel, √ curves without carry-over: money leaves the full week once its room is used, the rest is shared evenly."""
    weeks, gain, budget, room = 4, 30.0, 400.0, 25.0
    media = CurvedWeeks(gain=np.full((1, 1, 1), gain), carried=0.0)
    crew = team([room, *[1e6] * 4], load=np.array([0.1]), retention=0.0, queue="lost", step=1.0)
    value = CapacityValue(media=media, demand=np.full((1, weeks + 1, 1), 100.0), teams=(crew,))
    limits = Limits(lower=np.full((weeks, 1, 1), 1e-6), upper=np.full((weeks, 1, 1), budget)).with_budget(budget)
    plan = solve(value, limits, effort=THOROUGH)
    # 25 units are 250 currency, of which 100 come anyway: media may bring 150 = 30 √25 there.
    first = ((room / 0.1 - 100.0) / gain) ** 2
    rest = (budget - first) / (weeks - 1)
    np.testing.assert_allclose(plan.spend.ravel(), [first, *[rest] * (weeks - 1)], rtol=0.02)
    best = gain * np.sqrt(first) + (weeks - 1) * gain * np.sqrt(rest)
    assert plan.judged == pytest.approx(best, rel=1e-3)
    assert best <= plan.bound <= 1.003 * best


def test_the_worth_of_a_step_is_the_slope_of_plans_made_anew():
    """Envelope theorem: for small steps, made anew or not, a plan gains what the step is worth to it."""
    media = CurvedWeeks(gain=np.random.default_rng(0).uniform(5.0, 9.0, (200, 1, 2)))
    demand = np.random.default_rng(3).lognormal(3.0, 0.3, (200, 5, 1))
    limits = Limits(lower=np.full((4, 1, 2), 1e-6), upper=np.full((4, 1, 2), 30.0)).with_budget(100.0)
    effort = replace(THOROUGH, search_draws=200, steps=300, looks=40)
    crew, step = team([6.0, 9.0, 9.0, 9.0, 9.0], step=0.05), 0.05
    found = {}
    for sign in (-1, 0, 1):
        moved = crew.with_room(crew.room + sign * step * (np.arange(5) == 0))
        value = CapacityValue(media=media, demand=demand, teams=(moved,))
        found[sign] = (value, solve(value, limits, effort=effort).spend)
    totals = {sign: value.service(value.teams[0], spend)[1].worth.mean() for sign, (value, spend) in found.items()}
    value, spend = found[0]
    came, _ = value.service(crew, spend)
    up = float(step_worth(came, crew, 0).mean())
    down = float(step_worth(came, crew.with_room(crew.room - step * (np.arange(5) == 0)), 0).mean())
    # The central difference: what a plan made anew gains beyond that is of second order.
    assert totals[1] - totals[-1] == pytest.approx(up + down, rel=0.02)


def test_a_saved_plan_keeps_its_teams(tight, tmp_path):
    result = plan_result(small_media_mix(draws=60), tight, Provenance())
    result.save(tmp_path)
    loaded = ScenarioResult.load(tmp_path)
    assert loaded.capacity is not None
    np.testing.assert_allclose(loaded.capacity.worth(loaded.spend), tight.value.worth(tight.answered.spend))
    for name, kept in vars(tight.capacity.teams[0]).items():
        assert np.all(getattr(loaded.capacity.teams[0], name) == kept), name
    # What stands on page one, in the tables and on the slider is what is served.
    revenue = result.estimate("revenue", "plan").estimate
    assert result.plan["revenue"].sum() == pytest.approx(revenue)
    assert result.comparison.set_index("plan").revenue["plan"] == pytest.approx(revenue)
    asked = result.frontier[np.isclose(result.frontier["budget"], result.budget)].iloc[0]
    assert 0.99 * revenue <= asked["revenue"] <= asked["bound"] * (1 + 1e-9)


def test_refusals_name_the_budget_and_the_room_that_would_do(tight):
    budget, target = 0.7 * float(tight.answered.budget), 0.87 * tight.answered.bound
    with pytest.raises(InfeasiblePlan) as refused:
        made(720.0, "least_spend", 450.0, target=target, budget=budget)
    assert "more orders of capacity of shop in" in str(refused.value)
    more = made(720.0, "least_spend", 450.0, target=target).answered.budget / budget - 1
    told = re.search(r"about (\d+)% more budget", str(refused.value))
    assert told is not None
    assert float(told[1]) / 100 == pytest.approx(more, rel=0.2)


def test_a_goal_counts_what_is_served_by_the_last_week(tight):
    usual = tight.capacity.until(WEEKS)
    total = float(np.median(usual.worth(tight.problem.cells.reference) + usual.anyway))
    found = made(720.0, "goal", 450.0, target=total, probability=0.6)
    served = found.capacity.until(WEEKS)
    reached = np.mean(served.worth(found.answered.spend) + served.anyway >= total)
    assert found.found.probability == pytest.approx(reached)
    assert reached >= 0.6
    # By hand: per market and week, the revenue of orders up to the room for them, those of the horizon alone.
    wanted = (found.capacity.demand + found.media.weekly(found.answered.spend))[:, :WEEKS].sum(axis=2)
    by_hand = np.minimum(wanted, [7200.0, 4500.0, 7200.0, 7200.0]).sum(axis=1)
    np.testing.assert_allclose(served.worth(found.answered.spend) + served.anyway, by_hand)


def test_units_of_the_kpi_are_those_that_are_served():
    media_mix = small_media_mix(draws=60)
    media_mix.posterior["value_per_kpi"][:] = 20.0
    teams = {"shop": Capacity(**{**ORDERS, "per_kpi": 1.0}, weekly=6200.0, queue="lost")}
    request = PlanRequest(mode="target_cpa", target=0.95)
    plan = make_plan(media_mix, Planning(capacity=teams), request, horizon_weeks=WEEKS, seed=1)
    units = plan.value.worth(plan.answered.spend).mean() / 20.0
    assert plan.answered.spend.sum() / units <= 0.95 * (1 + 1e-6)
    assert plan.media.worth(plan.answered.spend).mean() / 20.0 > units


def test_calendars_reach_the_plan():
    weeks = pd.date_range(made(None).problem.cells.weeks[0], periods=WEEKS, freq="7D")
    calendar = pd.DataFrame({"week": weeks, "market": "all", "team": "shop", "units": [620.0, 0.0, 620.0, 620.0]})
    plan = make_plan(
        small_media_mix(draws=20),
        Planning(capacity={"shop": Capacity(**ORDERS, queue="lost")}),
        PlanRequest(),
        horizon_weeks=WEEKS,
        calendar=calendar,
        seed=1,
    )
    np.testing.assert_allclose(plan.capacity.teams[0].room[:5], [620.0, 0.0, 620.0, 620.0, 620.0])
    assert (plan.capacity.price(plan.answered.spend)[:, 1] == 0.0).all()


def test_teams_must_handle_what_is_spent_after_the_plan_too():
    """Where all weeks are alike, the last one is planned like those before it: the room after it is as full as in it."""
    media_mix = small_media_mix(draws=40)
    media_mix.posterior["slope"][:] = 1.0
    teams = {"shop": Capacity(**ORDERS, weekly=780.0, queue="lost")}
    plan = make_plan(media_mix, Planning(capacity=teams), PlanRequest(), horizon_weeks=12, seed=1)
    price = plan.capacity.price(plan.answered.spend).mean(axis=(0, 2))
    assert price[4:12].max() < 0.9
    np.testing.assert_allclose(price[12:15].mean(), price[4:12].mean(), rtol=0.15)
    spend = plan.answered.spend.sum(axis=(1, 2))
    assert spend[-1] == pytest.approx(spend[4:-1].mean(), rel=0.15)
