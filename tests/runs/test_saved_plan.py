"""A saved plan: all that is handed on comes of it alone, its triggers keep their promise, any two are compared, and it is reviewed."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.mmm.posteriors import result_of
from tests.mmm.worlds import simulate
from tests.scenarios.with_levers import promoted_company
from workbench.config.planning import Planning
from workbench.errors import DataError, RunError, SpecError
from workbench.mmm import ResponseModel
from workbench.mmm.posterior.outlook import outlook, weeks_after
from workbench.runs import save_run
from workbench.runs.company_plan import plan_company
from workbench.runs.compare_plans import compare_plans
from workbench.runs.handoff import write_handoff
from workbench.runs.performance import review_performance
from workbench.runs.plan_capacity import plan_capacity
from workbench.runs.plan_contingency import plan_contingency
from workbench.runs.plan_goals import plan_goals
from workbench.runs.plan_to_sign import plan_to_sign
from workbench.runs.saved_plan import saved_plan
from workbench.scenarios import PlanRequest
from workbench.scenarios.capacity import teams_of
from workbench.scenarios.contingency.predicted import demand_watched, revenue_watched
from workbench.scenarios.contingency.triggers import first_alarms
from workbench.scenarios.pacing.course import Planned
from workbench.scenarios.pacing.nearness import saved_bands
from workbench.scenarios.prepared import PreparedPlan
from workbench.scenarios.response import ResponseValue
from workbench.scenarios.response.blocks import blocks_of
from workbench.workspace import Workspace, open_workspace

WEEKS, SEEN = 6, 4
CONFIG = """
[workspace]
name = "Tiny"

[tables]
media = { path = "media.parquet" }
kpi = { path = "kpi.parquet" }
deliveries = { path = "deliveries.parquet" }

[planning]
margin = 0.4
max_change = 0.2

[planning.triggers]
watch = ["revenue", "markets", "demand"]

[planning.capacity.sales]
per_kpi = 0.01
unit = "leads"
weekly = {room}
half_life_days = 7

[planning.scenarios.half]
kind = "under"
response = 0.5
baseline = 0.5
budget_share = -0.2
from_week = 2
"""


@pytest.fixture(scope="module")
def media_mix():
    return result_of(simulate(seed=1, weeks=118, markets=2).panel, draws=40)


@pytest.fixture(scope="module")
def company(tmp_path_factory, media_mix) -> Workspace:
    """A workspace whose tables know the first weeks after the media mix, at what a fifth more money than usual brings."""
    root = tmp_path_factory.mktemp("company")
    weeks = pd.date_range(media_mix.weeks[-1] + pd.Timedelta(weeks=1), periods=WEEKS, freq="7D")
    response = media_mix.response
    spend = 1.2 * np.broadcast_to(response.spend_history[-WEEKS:].mean(axis=0), (WEEKS, 2, 2))
    known = outlook(media_mix, weeks, seed=1)
    caused = response.kpi_of_exposure(spend * response.exposure_per_spend).sum(axis=-1)
    kpi = (known.baseline + caused).mean(axis=0)
    cells = pd.MultiIndex.from_product(
        [weeks, response.markets, response.channels], names=["week", "market", "channel"]
    )
    pd.DataFrame({"spend": spend.ravel()}, index=cells).reset_index().to_parquet(root / "media.parquet")
    cells = pd.MultiIndex.from_product([weeks, response.markets], names=["week", "market"])
    pd.DataFrame({"kpi": kpi.ravel()}, index=cells).reset_index().to_parquet(root / "kpi.parquet")
    arrived = 0.01 * kpi.sum(axis=1)
    # Room for a little more than what usually comes.
    (root / "workbench.toml").write_text(CONFIG.replace("{room}", f"{1.02 * arrived.mean():.0f}"), encoding="utf-8")
    handled = pd.DataFrame({"week": weeks, "market": "all", "team": "sales", "arrived": arrived, "handled": arrived})
    handled.to_parquet(root / "deliveries.parquet")
    return open_workspace(root)


def planned_with(company: Workspace, media_mix, **request) -> PreparedPlan:
    plan = plan_company(company, media_mix, PlanRequest(**request), horizon_weeks=WEEKS, force=True, seed=1)
    return plan_to_sign(
        plan.result,
        goals=plan_goals(company, plan),
        capacity=plan_capacity(plan),
        contingency=plan_contingency(company, plan),
    )


@pytest.fixture(scope="module")
def plan(company, media_mix) -> PreparedPlan:
    return planned_with(company, media_mix)


@pytest.fixture(scope="module")
def saved(company, media_mix, plan) -> list[Path]:
    """A media mix, a plan, and the same plan with a tenth more money in one channel."""
    more = plan.scenario_plans.assign(
        spend=plan.scenario_plans["spend"] * np.where(plan.scenario_plans["channel"] == "channel 1", 1.1, 1.0)
    )
    other = replace(plan, limits_hash="another", scenario_plans=more)
    results = (media_mix, plan, other)
    return [save_run(result, handoff=getattr(result, "handoff", None), workspace=company) for result in results]


def test_all_that_is_handed_on_comes_of_the_saved_plan_alone_byte_for_byte(saved, tmp_path):
    folder = saved[1]
    write_handoff(PreparedPlan.load(folder / "result").handoff, tmp_path)
    names = sorted(path.name for path in (folder / "handoff").iterdir())
    assert {"media_plan_weekly.csv", "bid_modifiers.csv", "contingency.json"} <= set(names)
    assert names == sorted(path.name for path in tmp_path.iterdir())
    for name in names:
        assert (tmp_path / name).read_bytes() == (folder / "handoff" / name).read_bytes(), name


def test_the_weekly_plan_and_the_contingencies_name_the_same_scenario_and_the_same_money(saved):
    rows = pd.read_csv(saved[1] / "handoff" / "media_plan_weekly.csv")
    document = json.loads((saved[1] / "handoff" / "contingency.json").read_text())
    assert rows["scenario_hash"].unique().tolist() == [document["scenarios"][0]["hash"]]
    planned = sum(sum(row["weekly"]) for row in document["scenarios"][0]["spend"])
    assert planned == pytest.approx(rows["spend"].sum())
    assert [row["team"] for row in document["capacity"]] == ["sales"] * WEEKS


def test_triggers_of_the_saved_plan_sound_as_seldom_as_it_states(company, saved, media_mix):
    """4,000 times four fresh quarters of the plan as a review measures them: what teams handle, and what comes to them."""
    plan = PreparedPlan.load(saved[1] / "result")
    response, weeks = ResponseModel.from_dataset(plan.world), pd.DatetimeIndex(plan.world["plan_week"].to_numpy())
    capacities = company.config.planning.capacity
    settings = {"tail": 0, "markets": response.markets, "value_per_kpi": response.value_per_kpi}
    ahead = outlook(media_mix, weeks_after(media_mix, WEEKS + response.carry_over_weeks), seed=1)
    course = Planned(
        response=response,
        outlook=ahead.first(WEEKS),
        spend=plan.spend,
        price=plan.world["price_factor"].to_numpy(),
        teams=teams_of(capacities, None, weeks, **settings),
    )
    handled = course.revenue_paths(np.random.default_rng(9), 16_000)
    wanted = replace(course, teams=()).revenue_paths(np.random.default_rng(9), 16_000)
    assert (handled < wanted - 1).mean() > 0.02, "teams are full at times"
    quarters = revenue_watched(handled, response.markets) | demand_watched(wanted, course.teams)
    bands = saved_bands(plan.triggers)
    assert {band.watch for band in bands} == {"revenue", *response.markets, "demand on sales"}
    assert first_alarms(bands, quarters)["week"].notna().mean() == pytest.approx(plan.false_alarms, abs=0.01)


def test_two_saved_plans_differ_where_they_were_made_to(company, saved, plan):
    found = compare_plans(company, "previous", saved[2].name)
    assert (found.first, found.second) == (saved[1].name, saved[2].name)
    assert found.ground.loc[~found.ground["same"], "what"].tolist() == ["limits"]
    by_channel = found.by_channel.set_index("channel")
    spent = plan.plan_weekly.loc[plan.plan_weekly["channel"] == "channel 1", "spend"].sum()
    assert by_channel["change"].to_dict() == pytest.approx({"channel 0": 0.0, "channel 1": 0.1 * spent}, abs=0.01)
    assert by_channel.loc["channel 1", "relative_change"] == pytest.approx(0.1, abs=1e-4)
    assert found.money.set_index("quantity").loc["spend", "change"] == pytest.approx(0.1 * spent)
    assert found.findings[1] == "They differ in limits."
    assert compare_plans(company, saved[1].name, str(saved[1])).findings == ("They are the same scenario.",)


def test_two_worlds_of_one_plan_are_compared_draw_by_draw(company, saved, plan):
    found = compare_plans(company, saved[1].name, f"{saved[1].name}:half")
    revenue = [
        plan.scenario_draws.loc[plan.scenario_draws["scenario"] == name, "revenue"] for name in ("expected", "half")
    ]
    change = revenue[1].to_numpy() - revenue[0].to_numpy()
    row = found.money.set_index("quantity").loc["revenue"]
    assert row["change"] == pytest.approx(change.mean())
    assert [row["change_lower"], row["change_upper"]] == pytest.approx(np.quantile(change, [0.05, 0.95]).tolist())
    spent, profit = (found.money.set_index("quantity").loc[name, "change"] for name in ("spend", "profit"))
    assert profit == pytest.approx(0.4 * change.mean() - spent)
    world = found.ground.set_index("what").loc["world", "second"]
    assert world.startswith("all response × 0.5, what comes without media × 0.5, budget")
    with pytest.raises(SpecError, match="has no scenario doubled; it holds expected, half"):
        compare_plans(company, "latest", "latest:doubled")


def test_plans_that_cannot_be_told_or_read_are_refused(company, saved, tmp_path):
    with pytest.raises(RunError, match="there is no run 'nobody'"):
        saved_plan(company, "nobody")
    with pytest.raises(RunError, match="is a media_mix, not a plan; name one of scenario_planning"):
        saved_plan(company, saved[0].name)
    old = tmp_path / "old"
    shutil.copytree(saved[1], old)
    (old / "result" / "triggers.parquet").unlink()
    with pytest.raises(RunError, match="run old was saved before plans kept their triggers; run scenario_planning"):
        saved_plan(company, str(old))


def test_two_reviews_in_sequence_score_each_other_and_report_the_planners_bias(company, saved, plan):
    first = review_performance(company, saved[1].name, weeks=2)
    assert (first.plan_run, first.weeks_seen) == (saved[1].name, 2)
    assert {"media_mix", "plan", "media", "kpi", "deliveries"} <= set(first.provenance.inputs)
    save_run(first, workspace=company)
    save_run(review_performance(company, saved[2].name, weeks=SEEN), workspace=company)
    second = review_performance(company, saved[1].name, weeks=SEEN)
    assert second.record[["plan_run", "after_week", "weeks"]].to_numpy().tolist() == [
        [saved[1].name, 0, SEEN],
        [saved[1].name, 2, SEEN - 2],
        [saved[2].name, 0, SEEN],
    ]
    told = next(check for check in second.checks if check.name == "forecast_bias").detail
    assert told.startswith(f"Over 2 plans ({2 * SEEN} weeks) the planner foresaw")
    assert second.triggers["watch"].tolist() == ["revenue", *plan.world["market"].to_numpy(), "demand on sales"]
    assert second.triggers["unit"].tolist() == ["EUR"] * 3 + ["leads"]


def test_a_review_holds_a_plan_to_the_limits_that_it_was_made_under(company, saved):
    """Today's prices, teams and limits are other ones: no number of the review moves."""
    stated = company.config.planning
    today = stated.model_copy(
        update={
            "price": {"channel 0": 3.0},
            "max_change": 0.01,
            "capacity": {"sales": stated.capacity["sales"].model_copy(update={"weekly": 1.0})},
        }
    )
    changed = Workspace(root=company.root, config=company.config.model_copy(update={"planning": today}))
    before, after = (review_performance(each, saved[1].name, weeks=2) for each in (company, changed))
    for name in ("course", "spend", "variance", "triggers"):
        pd.testing.assert_frame_equal(getattr(before, name), getattr(after, name))
    assert [check.value for check in before.checks] == pytest.approx(
        [check.value for check in after.checks], nan_ok=True
    )


def test_a_plan_whose_media_mix_is_gone_is_refused(company, saved, plan):
    folder = save_run(replace(plan, model_hash="gone"), workspace=company)
    with pytest.raises(RunError, match=r"the media mix that run .* was made from \(model gone\) is no longer"):
        saved_plan(company, folder.name)


def test_deliveries_of_a_team_that_nobody_configured_are_refused(company, saved, tmp_path):
    strange = pd.read_parquet(company.root / "deliveries.parquet").assign(team="service")
    strange.to_parquet(company.root / "strange.parquet")
    config = company.config.model_copy(
        update={
            "tables": company.config.tables
            | {"deliveries": company.config.tables["kpi"].model_copy(update={"path": "strange.parquet"})}
        }
    )
    with pytest.raises(DataError, match="deliveries names the team service"):
        review_performance(Workspace(root=company.root, config=config), saved[1].name)


def test_contingencies_say_in_a_levers_own_unit_how_far_it_is_moved(tmp_path):
    """What it is set to in the plan for levers, and the units in the contingencies, are the same moves."""
    company = promoted_company(draws=30)
    planning = Planning.model_validate(
        {
            "levers": {"promo": {"control": "promotion", "cost": {"north": 250.0, "south": 125.0}, "unit": "share"}},
            "price": {"promo": 1.25},
        }
    )
    (tmp_path / "workbench.toml").write_text('[workspace]\nname = "Tiny"\n')
    opened = open_workspace(tmp_path)
    workspace = Workspace(root=tmp_path, config=opened.config.model_copy(update={"planning": planning}))
    handed = planned_with(workspace, company).handoff
    document, moves = handed["contingency.json"], handed["lever_plan_weekly.csv"]
    (described,) = document.levers
    assert (described.unit, described.cost) == ("share", {"north": 250.0, "south": 125.0})
    moved = (moves["set_to"] - moves["otherwise"]).groupby(moves["market"]).sum()
    assert moved.sum() > 0.1
    for row in document.scenarios[0].spend:
        if row.channel == "promo":
            assert sum(row.units) == pytest.approx(moved[row.market], rel=1e-3)
            assert row.weekly == pytest.approx([1.25 * described.cost[row.market] * units for units in row.units])
        else:
            assert row.units is None
    steps = [move for step in document.cut_order for move in step.moves if move.channel == "promo"]
    for move in steps:
        assert move.amount == pytest.approx(1.25 * described.cost[move.market] * sum(move.units))


def test_two_plans_are_compared_with_the_same_spending_afterwards(company, media_mix, saved, plan):
    """A plan of less money goes on with less, which alone would flatter its last weeks; by hand, both with the mean of the two."""
    half = planned_with(company, media_mix, budget=0.9 * float(plan.spend.sum()))
    folder = save_run(half, workspace=company)
    found = compare_plans(company, saved[1].name, folder.name)
    between = (plan.world["after"].to_numpy() + half.world["after"].to_numpy()) / 2
    worth = []
    for each in (plan, half):
        response = ResponseModel.from_dataset(each.world)
        blocks = blocks_of(response, each.world["price_factor"].to_numpy(), between)
        media = ResponseValue(blocks, np.zeros_like(each.spend), np.zeros_like(each.spend))
        worth.append(each.capacity.going_on(each.media, media).worth(each.spend).mean())
    row = found.money.set_index("quantity").loc["revenue"]
    assert [row["first"], row["second"]] == pytest.approx(worth)
    assert row["first"] != pytest.approx(plan.estimate("revenue", "plan").estimate, rel=1e-6)
    assert found.findings[-1].startswith("Both are valued with the same spending after the last week")
    other = compare_plans(company, f"{saved[1].name}:half", folder.name)
    assert other.findings[-1].startswith("Each is valued with its own spending after its last week")
