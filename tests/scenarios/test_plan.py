"""The whole planner on a media mix whose curves we chose."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from tests.scenarios.small_company import small_media_mix
from workbench.config.planning import Planning
from workbench.errors import InfeasiblePlan, SpecError
from workbench.result import Provenance
from workbench.scenarios import PlanRequest, ScenarioResult, checks, make_plan, media_plan_weekly, plan_budget
from workbench.scenarios.ground import Ground
from workbench.scenarios.tables import weekly_table
from workbench.wording import money

WEEKS = 5


def plan_of(media_mix=None, planning=None, force=False, commitments=None, **request):
    return plan_budget(
        media_mix or small_media_mix(draws=40),
        planning or Planning(),
        PlanRequest(**request),
        horizon_weeks=WEEKS,
        force=force,
        commitments=commitments,
        provenance=Provenance(),
        seed=1,
    )


def made(planning=None, weeks=WEEKS, **request):
    asked = PlanRequest(**request)
    return make_plan(small_media_mix(draws=40), planning or Planning(), asked, horizon_weeks=weeks, seed=1)


@pytest.fixture(scope="module")
def planned():
    return plan_of()


def caused(media_mix, spend, after):
    """Currency of a plan by draw, from the media mix itself; `after` goes on being spent a week when it is over."""
    after = np.broadcast_to(after, (media_mix.response.carry_over_weeks, *spend.shape[1:]))
    both = [np.concatenate([plan, after]) for plan in (spend, np.zeros_like(spend))]
    worth, nothing = (media_mix.response.contribution(plan).sum(axis=(1, 2, 3)) for plan in both)
    return worth - nothing


def test_scipy_finds_no_better_plan_on_the_media_mix_itself(planned):
    """SLSQP over all cells from the plan and from the reference, with the limits written down anew."""
    media_mix = small_media_mix(draws=40)
    reference, scale = planned.reference, planned.budget
    top = (media_mix.response.spend_history.max(axis=0) * 1.5)[None].repeat(WEEKS, axis=0)
    total, after = reference.sum(axis=0), planned.world["after"].to_numpy()

    def loss(share):
        return -caused(media_mix, scale * share.reshape(reference.shape), after).mean() / scale

    def room(share):
        spent = scale * share.reshape(reference.shape).sum(axis=0)
        return np.concatenate([(1.5 * total - spent).ravel(), (spent - 0.5 * total).ravel()]) / scale

    bounds = [(0, most / scale) for most in np.minimum(top, 1.5 * total).ravel()]
    limits = [{"type": "ineq", "fun": lambda share: 1 - share.sum()}, {"type": "ineq", "fun": room}]
    found = [
        minimize(
            loss, start.ravel() / scale, method="SLSQP", bounds=bounds, constraints=limits, options={"maxiter": 30}
        )
        for start in (planned.spend, reference)
    ]
    best = scale * max(-end.fun for end in found if room(end.x).min() > -1e-6)
    revenue = planned.estimate("revenue", "plan").estimate
    assert revenue == pytest.approx(caused(media_mix, planned.spend, after).mean(), rel=1e-6)
    assert revenue >= best * (1 - 2e-3)
    frontier = planned.frontier.set_index("budget")
    assert frontier.loc[planned.budget, "bound"] >= best * (1 - 1e-9)
    assert planned.estimate("optimality_gap", "plan").estimate < 0.02


def test_tables_findings_and_estimates_tell_one_story(planned):
    plan, comparison = planned.plan, planned.comparison.set_index("plan")
    assert plan["planned_spend"].sum() == pytest.approx(planned.budget, rel=1e-4)
    assert comparison.loc["current", "spend"] == pytest.approx(plan["current_spend"].sum())
    assert comparison.loc["plan", "revenue"] == pytest.approx(plan["revenue"].sum())
    assert comparison.loc["current", "revenue"] == pytest.approx(plan["current_revenue"].sum())
    gain = planned.estimate("gain", "plan")
    assert gain.estimate == pytest.approx(comparison.loc["plan", "revenue"] - comparison.loc["current mix", "revenue"])
    assert gain.lower < gain.estimate < gain.upper
    assert comparison["revenue"].max() == comparison.loc["plan", "revenue"]
    by_channel = planned.plan_weekly.groupby("channel", sort=False)["spend"].sum()[plan["channel"]]
    np.testing.assert_allclose(by_channel, plan["planned_spend"])
    assert (plan["range_lower"] <= plan["planned_spend"] * (1 + 1e-9)).all()
    assert (plan["range_upper"] >= plan["planned_spend"] * (1 - 1e-9)).all()
    decision, moves, worth, certificate, *_ = planned.findings
    assert decision.startswith(f"Spend {money(planned.budget, 'EUR')} over the next 5 weeks")
    assert money(gain.estimate, "EUR") in decision
    assert "more on tv" in moves
    assert money(comparison.loc["plan", "net_revenue"], "EUR") in worth
    assert "proven to be within" in certificate


def test_revenue_of_the_frontier_rises_with_the_budget_and_stays_below_its_bound(planned):
    frontier = planned.frontier
    assert frontier["budget"].iloc[[0, -1]].tolist() == pytest.approx(
        [planned.budget / 2, 1.5 * planned.budget], rel=1e-5
    )
    assert frontier["revenue"].is_monotonic_increasing
    assert (frontier["revenue"] >= frontier["current_mix_revenue"] * (1 - 1e-9)).all()
    assert (frontier["revenue"] <= frontier["bound"]).all()


def test_another_currency_changes_money_and_nothing_else(planned):
    doubled = plan_of(small_media_mix(draws=40, currency_factor=2.0))
    money = ["planned_spend", "revenue", "revenue_lower", "revenue_upper"]
    np.testing.assert_allclose(doubled.plan[money], 2 * planned.plan[money], rtol=5e-3)
    np.testing.assert_allclose(doubled.plan["marginal_return"], planned.plan["marginal_return"], rtol=5e-3)


def test_a_saved_result_holds_all_that_another_answer_takes(planned, tmp_path):
    planned.save(tmp_path / "result")
    loaded = ScenarioResult.load(tmp_path / "result")
    worth = loaded.media.worth(loaded.spend)
    assert worth.mean() == pytest.approx(planned.estimate("revenue", "plan").estimate, rel=1e-9)
    assert loaded.ahead.plan(loaded.budget, 0.0).sum() <= loaded.budget * (1 + 1e-9)
    pd.testing.assert_frame_equal(loaded.plan, planned.plan)


def test_plans_found_ahead_mix_into_plans_that_keep_the_budget_and_their_bounds(planned):
    ahead, same = planned.ahead, made()
    ground = Ground(problem=same.problem, media=same.media, capacity=None, outlook=same.outlook)
    for budget in np.linspace(ahead.budgets[0], ahead.budgets[-1], 7):
        for risk in (0.0, 0.3, 1.0):
            assert ahead.plan(budget, risk).sum() <= budget * (1 + 1e-9)
        for risk in (0.0, 1.0):
            fresh = ground.answer(PlanRequest(budget=float(budget), risk=risk), seed=1).plan
            assert fresh.judged <= ahead.bound_at(budget, risk) * (1 + 1e-9)


def test_bookings_stay_in_the_plan(planned):
    week = planned.plan_weekly["week"].iloc[0]
    booked = pd.DataFrame({"week": [week], "market": ["north"], "channel": ["social"], "spend": [250.0]})
    mix = small_media_mix(draws=40)
    found = make_plan(mix, Planning(), PlanRequest(), horizon_weeks=WEEKS, commitments=booked, seed=1)
    table = weekly_table(found.problem.cells, found.answered.spend, forced=False)
    first = table.set_index(["week", "market", "channel"]).loc[(week, "north", "social")]
    assert first["committed"] == 250.0
    assert first["spend"] >= 250.0 - 1e-6
    assert table["committed"].sum() == 250.0


def test_plans_that_break_limits_say_which(planned):
    week = planned.plan_weekly["week"].iloc[0]
    booked = pd.DataFrame({"week": [week], "market": ["north"], "channel": ["social"], "spend": [650.0]})
    found = plan_of(commitments=booked).comparison.set_index("plan")["breaks"]
    assert found["plan"] == ""
    assert "committed" in found["current"]
    assert planned.comparison.set_index("plan").loc["current", "breaks"] == ""
    assert "change" in planned.comparison.set_index("plan").loc["uniform", "breaks"]


def test_a_budget_above_all_limits_stays_partly_unspent(planned):
    answered = made(budget=2 * planned.budget).answered
    assert answered.unspent == pytest.approx(0.5 * planned.budget, rel=1e-3)
    assert checks.budget_spent(answered, "EUR").passed is False


def test_a_forced_plan_says_so_everywhere(planned):
    doubtful = small_media_mix(draws=40, converged=False)
    with pytest.raises(SpecError, match=r"failed its convergence check \(R-hat reaches 1\.30"):
        plan_of(doubtful)
    forced = plan_of(doubtful, force=True)
    assert forced.checks[0].name == "media_mix_convergence"
    assert "FORCED" in forced.title
    assert forced.findings[0].startswith("FORCED")
    assert forced.stamp.startswith("FORCED")
    assert planned.stamp == ""
    assert media_plan_weekly(forced)["forced"].all()
    assert not media_plan_weekly(planned)["forced"].any()


def test_modes_reach_their_aims_and_say_what_no_plan_can(planned):
    revenue = planned.estimate("revenue", "plan").estimate
    cheap = made(mode="least_spend", target=0.8 * revenue)
    assert cheap.answered.revenue.estimate >= 0.8 * revenue * (1 - 1e-6)
    assert cheap.answered.spend.sum() < 0.8 * planned.budget
    assert "no plan under" in cheap.found.told
    profit = made(mode="profit", margin=0.6)
    own = 0.6 * profit.answered.revenue.estimate - profit.answered.spend.sum()
    other = 0.6 * revenue - planned.spend.sum()
    assert own >= other - 1e-6 * abs(other)


@pytest.mark.parametrize(
    ("request_", "planning", "error", "message"),
    [
        ({"budget": -1.0}, {}, SpecError, "budget is -1.0"),
        ({"budget": 1000.0}, {}, InfeasiblePlan, r"no plan keeps all limits with a budget of €.*more budget"),
        ({"weeks": 0}, {}, SpecError, "horizon_weeks is 0"),
        ({"risk": 1.5}, {}, SpecError, "risk is 1.5"),
        ({"mode": "most"}, {}, SpecError, "mode is 'most'"),
        ({"mode": "target_roas"}, {}, SpecError, "give the value"),
        ({"target": 5.0}, {}, SpecError, "takes no target"),
        ({}, {"minimum": {"radio": 5.0}}, SpecError, "names radio"),
        ({"mode": "least_spend", "target": 1e9}, {}, InfeasiblePlan, "out of reach"),
    ],
)
def test_requests_that_cannot_be_met_are_refused(request_, planning, error, message):
    with pytest.raises(error, match=message):
        made(planning=Planning(**planning), **request_)


def test_a_cautious_plan_has_better_bad_outcomes(planned):
    cautious = made(risk=1.0)
    media_mix = small_media_mix(draws=40)
    mean, worst = {}, {}
    for risk, spend in ((0.0, planned.spend), (1.0, cautious.answered.spend)):
        revenue = np.sort(caused(media_mix, spend, planned.world["after"].to_numpy()))
        mean[risk], worst[risk] = revenue.mean(), revenue[:4].mean()
    assert worst[1.0] > worst[0.0]
    assert mean[1.0] < mean[0.0]
    assert cautious.answered.gap < 0.02


def test_one_percent_of_anything_does_not_flip_this_plan(planned):
    assert planned.nudges["share"].max() < 0.05
    names = planned.nudges["nudge"]
    for kind, count in (("budget", 2), ("returns of", 6), ("price of", 6), ("total spend of", 2), ("don't hold", 1)):
        assert names.str.contains(kind).sum() >= count


@pytest.mark.parametrize("factor", [0.8, 1.3])
def test_a_plan_ends_as_it_goes_on(factor):
    """Where curves bend from the start, weeks alike get money alike, the last one too, however much more or less than before is spent."""
    media_mix = small_media_mix(draws=40)
    media_mix.posterior["slope"][:] = 1.0
    budget = (
        factor * make_plan(media_mix, Planning(), PlanRequest(), horizon_weeks=12, seed=1).problem.cells.reference.sum()
    )
    spend = make_plan(media_mix, Planning(), PlanRequest(budget=budget), horizon_weeks=12, seed=1).answered.spend.sum(
        axis=1
    )
    bent = spend[:, :2]
    np.testing.assert_allclose(bent[-2:], np.broadcast_to(bent[6:-2].mean(axis=0), (2, 2)), rtol=0.08)


def test_a_media_mix_without_its_baseline_is_to_be_fitted_again():
    media_mix = small_media_mix(draws=10)
    media_mix = replace(media_mix, posterior=media_mix.posterior.drop_vars("baseline_coefficient"))
    with pytest.raises(SpecError, match="saved by an earlier version, without its baseline; run media_mix again"):
        plan_of(media_mix)
