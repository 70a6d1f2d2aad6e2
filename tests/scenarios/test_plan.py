"""The whole planner on a media mix whose curves we chose."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from tests.scenarios.small_company import small_media_mix
from workbench.config.analyses import Planning
from workbench.errors import InfeasiblePlan, SpecError
from workbench.result import Provenance
from workbench.scenarios import ScenarioResult, answer, media_plan_weekly, plan_budget
from workbench.scenarios.horizon import build_horizon, caused_by


def plan_of(media_mix=None, **request):
    planning = Planning(**{name: request.pop(name) for name in ("max_change", "minimum", "maximum") if name in request})
    return plan_budget(media_mix or small_media_mix(), planning, provenance=Provenance(), seed=1, **request)


@pytest.fixture(scope="module")
def planned():
    return plan_of()


def test_scipy_finds_no_better_plan_on_the_exact_response(planned):
    """SLSQP from the plan and from elsewhere, evaluating the media mix itself rather than the planner's curves."""
    media_mix = small_media_mix()
    horizon = build_horizon(media_mix, 13)
    plan, scale = planned.plan, planned.budget

    def loss(share):
        return -caused_by(media_mix.response, horizon, scale * share[:, None]).sum(axis=0).mean() / scale

    bounds = list(zip(plan["lower_limit"] / scale, plan["upper_limit"] / scale, strict=True))
    spent = {"type": "ineq", "fun": lambda share: 1 - share.sum()}
    starts = [plan["planned_spend"] / scale, plan["current_spend"] / scale]
    found = [minimize(loss, start, method="SLSQP", bounds=bounds, constraints=spent) for start in starts]
    best = scale * max(-end.fun for end in found)
    assert planned.estimate("revenue", "plan").estimate == pytest.approx(best, rel=1e-4)
    assert planned.estimate("optimality_gap", "plan").estimate < 1e-3


def test_tables_findings_and_estimates_tell_one_story(planned):
    plan, comparison = planned.plan, planned.comparison.set_index("plan")
    assert plan["planned_spend"].sum() == pytest.approx(planned.budget)
    assert comparison.loc["current", "spend"] == pytest.approx(plan["current_spend"].sum())
    assert comparison.loc["plan", "revenue"] == pytest.approx(plan["revenue"].sum())
    gain = planned.estimate("gain", "plan")
    assert gain.estimate == pytest.approx(comparison.loc["plan", "revenue"] - comparison.loc["current mix", "revenue"])
    assert gain.lower < gain.estimate < gain.upper
    assert comparison["revenue"].max() == comparison.loc["plan", "revenue"]
    assert [check.name for check in planned.failed_checks] == ["within_observed_spend"]
    assert "spend more on tv" in planned.findings[0]
    assert "proven to be within 0.01%" in planned.findings[2]


def test_revenue_of_the_frontier_rises_with_the_budget_and_beats_the_current_mix(planned):
    frontier = planned.frontier
    assert frontier["budget"].iloc[[0, -1]].tolist() == pytest.approx([planned.budget / 2, 1.5 * planned.budget])
    assert frontier["revenue"].is_monotonic_increasing
    assert (frontier["revenue"] >= frontier["current_mix_revenue"] * (1 - 1e-9)).all()


def test_marginal_returns_of_unbound_channels_meet(planned):
    free = planned.plan[planned.plan["binding"] == ""]
    assert len(free) == 2
    assert free["marginal_return"].max() == pytest.approx(free["marginal_return"].min(), rel=0.02)


def test_another_currency_changes_money_and_nothing_else(planned):
    doubled = plan_of(small_media_mix(currency_factor=2.0))
    money = ["planned_spend", "revenue", "revenue_lower", "revenue_upper", "upper_limit"]
    np.testing.assert_allclose(doubled.plan[money], 2 * planned.plan[money], rtol=1e-6)
    np.testing.assert_allclose(doubled.plan["marginal_return"], planned.plan["marginal_return"], rtol=1e-6)


def test_a_saved_result_holds_all_that_another_answer_takes(planned, tmp_path):
    planned.save(tmp_path / "result")
    loaded = ScenarioResult.load(tmp_path / "result")
    again = answer(loaded.channel_curves, loaded.limits, loaded.budget, risk=loaded.risk)
    np.testing.assert_allclose(again.allocation.spend, planned.plan["planned_spend"], rtol=1e-3)
    pd.testing.assert_frame_equal(loaded.plan, planned.plan)
    assert loaded.limits.lower_reason == planned.limits.lower_reason


def test_the_media_plan_spreads_the_plan_over_weeks_and_markets(planned):
    handed = media_plan_weekly(planned)
    assert list(handed.columns) == ["week", "market", "channel", "spend", "currency"]
    assert len(handed) == 13 * 2 * 3
    assert not handed.duplicated(["week", "market", "channel"]).any()
    by_channel = handed.groupby("channel")["spend"].sum()[planned.plan["channel"]]
    np.testing.assert_allclose(by_channel, planned.plan["planned_spend"])


def test_a_budget_above_all_limits_stays_partly_unspent(planned):
    result = plan_of(budget=2 * planned.budget)
    assert result.estimate("unspent", "plan").estimate == pytest.approx(0.5 * planned.budget, rel=1e-4)
    assert "budget_spent" in [check.name for check in result.failed_checks]
    assert any("stays unspent" in finding for finding in result.findings)
    assert any("needs wider limits" in f or "need wider limits" in f for f in result.findings)


def test_an_unconverged_media_mix_is_refused_unless_forced():
    doubtful = small_media_mix(converged=False)
    with pytest.raises(SpecError, match=r"failed its convergence check \(R-hat reaches 1\.30"):
        plan_of(doubtful)
    forced = plan_of(doubtful, force=True)
    assert forced.checks[0].name == "media_mix_convergence"
    assert forced.checks[0].passed is False


@pytest.mark.parametrize(
    ("request_", "error", "message"),
    [
        ({"budget": -1.0}, SpecError, "budget is -1.0"),
        ({"budget": 1000.0}, InfeasiblePlan, r"below the least spend of all channels, €\d+.*add €"),
        ({"horizon_weeks": 0}, SpecError, "horizon_weeks is 0"),
        ({"risk": 1.5}, SpecError, "risk is 1.5"),
        ({"minimum": {"radio": 5.0}}, SpecError, "names radio"),
        ({"minimum": {"tv": 9000.0}}, InfeasiblePlan, "tv must spend at least"),
    ],
)
def test_requests_that_cannot_be_met_are_refused(request_, error, message):
    with pytest.raises(error, match=message):
        plan_of(**request_)


def test_a_cautious_plan_has_better_bad_outcomes(planned):
    cautious = plan_of(risk=1.0)
    mean, worst = {}, {}
    for result in (planned, cautious):
        revenue = np.sort(result.channel_curves.total(result.plan["planned_spend"].to_numpy()))
        mean[result.risk], worst[result.risk] = revenue.mean(), revenue[: len(revenue) // 10].mean()
    assert worst[1.0] > worst[0.0]
    assert mean[1.0] < mean[0.0]
    assert cautious.estimate("optimality_gap", "plan").estimate < 0.01
