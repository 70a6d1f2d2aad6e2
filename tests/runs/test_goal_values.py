"""What goals are judged by, against the same numbers counted by pandas."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from tests.mmm.posteriors import orders_and_impressions, result_of
from workbench.experiments import ExperimentResult
from workbench.experiments.result import EFFECT_COLUMNS, typed_frame
from workbench.mmm.posterior.outlook import outlook, weeks_after
from workbench.result import Estimate, Result, estimates_frame
from workbench.runs import save_run
from workbench.runs.company_plan import CompanyPlan
from workbench.runs.goal_report import check_goals
from workbench.runs.goal_tables import Days, count_leads, count_orders
from workbench.runs.goal_values import goal_inputs
from workbench.runs.goal_weeks import media_revenue
from workbench.runs.plan_goals import plan_goals
from workbench.scenarios import PlanRequest, make_plan
from workbench.scenarios.goals import review_goals
from workbench.scenarios.goals.foreseen import foreseen
from workbench.workspace import open_workspace

CONFIG = """
[workspace]
name = "Shop"
currency = "EUR"

[tables]
transactions = { path = "transactions.csv" }
leads = { path = "leads.csv" }
kpi = { path = "kpi.csv" }
later_kpi = { path = "later_kpi.csv" }
media = { path = "media.csv" }
later_media = { path = "later_media.csv" }

[planning]
margin = 0.4

[experiments.mail]
control = "none"
[[experiments.mail.metrics]]
name = "revenue"
role = "primary"

[kpis.mail]
formula = "effect_mail"
unit = "%"
"""
GOAL = """
[goals.{name}]
kpi = "{kpi}"
market = "{market}"
target = 1.0
start = {start}
by = {by}
owner = "CMO"
"""
START, BY = date(2025, 3, 31), date(2025, 4, 27)  # four weeks, beginning with the last but one of the later ones
BEFORE = Days(first=date(2025, 3, 3), last=date(2025, 3, 30))


@pytest.fixture(scope="module")
def tables():
    rng = np.random.default_rng(1)
    orders = 4_000
    transactions = pd.DataFrame(
        {
            "order_id": [f"O{i}" for i in range(orders)],
            "customer_id": rng.choice([f"C{i}" for i in range(700)], orders),
            "ordered_at": pd.Timestamp("2025-01-06") + pd.to_timedelta(rng.uniform(0, 84, orders), "D").floor("s"),
            "revenue": rng.choice([-20.0, 0.0, 35.5, 80.25], orders, p=[0.05, 0.05, 0.5, 0.4]),
            "market": rng.choice(["north", "south"], orders),
            "test": rng.choice([True, False, None], orders, p=[0.05, 0.9, 0.05]),
        }
    )
    leads = pd.DataFrame(
        {
            "lead_id": [f"L{i}" for i in range(900)],
            "created_at": pd.Timestamp("2025-01-06") + pd.to_timedelta(rng.uniform(0, 84, 900), "D").floor("s"),
            "value": rng.choice([100.0, 250.0], 900),
        }
    )
    won = leads.created_at + pd.to_timedelta(rng.uniform(0, 30, 900), "D").floor("s")
    leads["won_at"] = won.where(rng.uniform(size=900) < 0.3)
    weeks = pd.date_range("2025-01-06", periods=14, freq="7D")
    grid = pd.MultiIndex.from_product([weeks, ["north", "south"]], names=["week", "market"]).to_frame(index=False)
    kpi = grid.assign(kpi=rng.integers(80, 120, len(grid)), value_per_conversion=50.0)
    media = grid.merge(pd.DataFrame({"channel": ["tv", "search"]}), how="cross")
    media = media.assign(spend=rng.uniform(100, 300, len(media)).round(2))
    return {"transactions": transactions, "leads": leads, "kpi": kpi, "media": media}


def write(folder, tables, *goals):
    for name in ("kpi", "media"):
        late = tables[name].week >= "2025-03-31"
        tables[name][~late].to_csv(folder / f"{name}.csv", index=False)
        tables[name][late].to_csv(folder / f"later_{name}.csv", index=False)
    for name in ("transactions", "leads"):
        tables[name].to_csv(folder / f"{name}.csv", index=False)
    filled = {"market": "", "start": START, "by": BY}
    text = "".join(GOAL.format(**{**filled, "name": f"g{i}", **goal}) for i, goal in enumerate(goals))
    (folder / "workbench.toml").write_text(CONFIG + text)
    return open_workspace(folder)


def purchases(transactions, market=""):
    kept = transactions[(transactions.revenue >= 0) & (transactions.test != True)]  # noqa: E712 (missing is not a test)
    return kept[kept.market == market] if market else kept


def within(moments, days):
    return (moments.dt.date >= days.first) & (moments.dt.date <= days.last)


@pytest.mark.parametrize("market", ["", "south"])
def test_orders_and_customers_are_those_that_pandas_counts(tmp_path, tables, market):
    days = Days(first=BEFORE.first, last=BEFORE.last, market=market)
    found = count_orders(write(tmp_path, tables).table("transactions"), days)
    rows = purchases(tables["transactions"], market)
    now, earlier = rows[within(rows.ordered_at, days)], rows[within(rows.ordered_at, days.before)]
    firsts = rows.groupby("customer_id").ordered_at.min()
    assert found == {
        "orders": len(now),
        "order_revenue": pytest.approx(now.revenue.sum()),
        "customers": now.customer_id.nunique(),
        "new_customers": int(within(firsts, days).sum()),
        "earlier_customers": earlier.customer_id.nunique(),
        "returning_customers": len(set(now.customer_id) & set(earlier.customer_id)),
    }
    assert 0 < found["returning_customers"] < found["earlier_customers"]
    assert 0 < found["new_customers"] < found["customers"]


def test_leads_are_those_that_came_and_those_that_were_won(tmp_path, tables):
    leads = tables["leads"]
    won = within(leads.won_at, BEFORE)
    workspace = write(tmp_path, tables)
    assert count_leads(workspace.table("leads"), BEFORE) == {
        "leads": within(leads.created_at, BEFORE).sum(),
        "won_leads": won.sum(),
        "won_value": leads.value[won].sum(),
    }
    assert count_leads(workspace.table("leads"), Days(first=BEFORE.first, last=BEFORE.last, market="north")) == {}


def test_days_that_a_table_doesnt_reach_are_not_told(tmp_path, tables):
    orders = write(tmp_path, tables).table("transactions")
    first_weeks = Days(first=date(2025, 1, 6), last=date(2025, 2, 2))
    assert {"orders", "new_customers"} <= count_orders(orders, first_weeks).keys()
    assert "earlier_customers" not in count_orders(orders, first_weeks)
    assert count_orders(orders, Days(first=date(2024, 12, 30), last=date(2025, 2, 2))) == {}


def test_a_goal_ahead_is_measured_over_as_many_days_before_it(tmp_path, tables):
    workspace = write(
        tmp_path, tables, {"kpi": "roas"}, {"kpi": "cac"}, {"kpi": "aov", "market": "south"}, {"kpi": "cpa"}
    )
    inputs = goal_inputs(workspace)
    assert inputs.first_open == date(2025, 4, 14)
    media, kpi = tables["media"], tables["kpi"]
    weeks = (media.week >= "2025-03-03") & (media.week <= "2025-03-24")
    assert inputs.measured["g0"] == {"spend": pytest.approx(media.spend[weeks].sum())}
    rows = purchases(tables["transactions"])
    new = within(rows.groupby("customer_id").ordered_at.min(), BEFORE).sum()
    table = review_goals(inputs).goals.set_index("goal")
    # Orders end on 30 March, and so does what costs are compared over.
    assert table.before["g1"] == pytest.approx(media.spend[weeks].sum() / new)
    south = purchases(tables["transactions"], "south")
    assert table.before["g2"] == pytest.approx(south.revenue[within(south.ordered_at, BEFORE)].mean())
    units = kpi.kpi[(kpi.week >= "2025-03-03") & (kpi.week <= "2025-03-24")].sum()
    assert table.before["g3"] == pytest.approx(media.spend[weeks].sum() / units)


def test_the_running_goal_counts_what_later_weeks_brought_so_far(tmp_path, tables):
    inputs = goal_inputs(write(tmp_path, tables, {"kpi": "revenue"}, {"kpi": "revenue", "market": "north"}))
    kpi = tables["kpi"]
    late = kpi[kpi.week >= "2025-03-31"]
    table = review_goals(inputs).goals.set_index("goal")
    assert table.so_far["g0"] == pytest.approx(50 * late.kpi.sum())
    assert table.so_far["g1"] == pytest.approx(50 * late.kpi[late.market == "north"].sum())


def test_a_goal_that_is_over_is_measured_over_its_own_days(tmp_path, tables):
    over = {"start": date(2025, 3, 3), "by": date(2025, 3, 30)}
    inputs = goal_inputs(write(tmp_path, tables, {"kpi": "conversion", **over}, {"kpi": "retention", **over}))
    table = review_goals(inputs).goals.set_index("goal")
    leads = tables["leads"]
    share = within(leads.won_at, BEFORE).sum() / within(leads.created_at, BEFORE).sum()
    assert table.expected["g0"] == pytest.approx(share)
    assert table.verdict.tolist() == ["missed", "missed"]


def readout(relative, **changes):
    row = {
        "variant": "mail",
        "metric": "revenue",
        "role": "primary",
        "relative": relative,
        "relative_lower": relative - 0.0196,
        "relative_upper": relative + 0.0196,
        "level": 0.95,
    }
    effects = typed_frame([dict.fromkeys(EFFECT_COLUMNS, np.nan) | row | changes], EFFECT_COLUMNS)
    empty = pd.DataFrame()
    return ExperimentResult(
        title="Mail",
        estimates=estimates_frame([]),
        experiment_id="mail",
        kind="users",
        currency="EUR",
        verdict="ship",
        decided_by="",
        would_change="",
        decisions=empty,
        effects=effects,
    )


def test_the_newest_readout_tells_an_experiments_effect_with_its_interval(tmp_path, tables):
    workspace = write(tmp_path, tables, {"kpi": "mail"})
    assert goal_inputs(workspace).measured["g0"] == {}
    save_run(readout(0.3), workspace=workspace)
    save_run(readout(0.1), workspace=workspace)
    row = review_goals(goal_inputs(workspace)).goals.iloc[0]
    assert row.before == pytest.approx(0.1, abs=1e-6)
    # ±1.645 standard errors of 1 point.
    np.testing.assert_allclose([row.before_lower, row.before_upper], [0.1 - 0.01645, 0.1 + 0.01645], atol=2e-4)


class Plan(Result):
    analysis = "scenario_planning"


def test_check_tells_mistakes_as_problems_and_what_isnt_known_as_notes(tmp_path, tables):
    past = {"start": date(2025, 3, 3), "by": date(2025, 3, 30)}
    workspace = write(
        tmp_path, tables, {"kpi": "revenue"}, {"kpi": "revenu"}, {"kpi": "roas"}, {"kpi": "spend", **past}
    )
    report = check_goals(workspace)
    assert any(
        "goals.g1 says nothing that can be computed: 'revenu' is no KPI; did you mean revenue?" in told
        for told in report.problems
    )
    assert any("goals.g3.by is 30 Mar 2025, in the past of 14 Apr 2025" in told for told in report.problems)
    assert not any("goals.g0" in told or "goals.g2" in told for told in report.problems)
    assert any("goals.g2 needs media_revenue" in told and "workbench run media_mix" in told for told in report.notes)
    assert "How likely G0 is to be reached isn't known, since no plan foresees its days yet." in report.notes

    chance = Estimate(quantity="goal_probability", entity="g0", estimate=0.834, unit="%")
    save_run(Plan(title="Plan", estimates=estimates_frame([chance])), workspace=workspace)
    notes = check_goals(workspace).notes
    assert "G0 is 83% likely to be reached under the newest plan." in notes
    assert not any("How likely goals.g0" in told for told in notes)


def test_a_workspace_without_weeks_measures_what_it_has(tmp_path, tables):
    workspace = write(tmp_path, tables, {"kpi": "aov", "start": date(2025, 3, 31), "by": date(2025, 4, 27)})
    kept = "\n".join(
        line
        for line in (tmp_path / "workbench.toml").read_text().splitlines()
        if "kpi = {" not in line and "media = {" not in line
    )
    (tmp_path / "workbench.toml").write_text(kept)
    workspace = open_workspace(tmp_path)
    inputs = goal_inputs(workspace)
    assert inputs.past is None
    assert inputs.first_open == date(2025, 3, 31)
    rows = purchases(tables["transactions"])
    table = review_goals(inputs).goals
    assert table.before[0] == pytest.approx(rows.revenue[within(rows.ordered_at, BEFORE)].mean())


@pytest.fixture(scope="module")
def media_mix():
    return result_of(orders_and_impressions())


def test_media_revenue_of_fitted_weeks_is_what_the_media_mix_says_of_them(media_mix):
    weeks, markets = media_mix.weeks[-10:], tuple(sorted(media_mix.response.markets))
    found = media_revenue(media_mix, pd.DataFrame(columns=["week", "market", "channel", "spend"]), weeks, markets)
    for market in (None, markets[1]):
        said = media_mix.returns(weeks[0].date(), weeks[-1].date(), markets=None if market is None else [market])
        expected = said[said.quantity == "contribution"].estimate.sum()
        columns = [0, 1, 2] if market is None else [1]
        assert found[:, :, columns].sum(axis=(1, 2)).mean() == pytest.approx(expected)


def test_media_revenue_of_later_weeks_follows_their_spend(media_mix):
    response, ahead = media_mix.response, weeks_after(media_mix, 3)
    spend = np.random.default_rng(3).uniform(50, 150, (3, len(response.markets), len(response.channels)))
    index = pd.MultiIndex.from_product(
        [ahead, response.markets, response.channels], names=["week", "market", "channel"]
    )
    rows = pd.DataFrame({"spend": spend.ravel()}, index=index).reset_index()
    markets = tuple(reversed(response.markets))
    weeks = pd.DatetimeIndex(media_mix.weeks[-2:].append(ahead))
    found = media_revenue(media_mix, rows, weeks, (*markets, "elsewhere"))
    np.testing.assert_allclose(found[:, 2:, :-1], response.contribution(spend).sum(axis=3)[..., ::-1])
    assert np.isnan(found[..., -1]).all()
    assert np.isfinite(found[..., :-1]).all()


def test_paths_of_a_plan_are_its_baseline_media_and_noise(media_mix):
    response = media_mix.response
    known = outlook(media_mix, weeks_after(media_mix, 4), seed=2)
    spend = np.full((4, len(response.markets), len(response.channels)), 80.0)
    value, media = known.value_per_kpi, response.contribution(spend).sum(axis=3)
    ahead = foreseen(known, media - known.carried * value, spend, seed=5, paths=40 * known.draws)
    expected = (known.baseline * value + media).mean(axis=0)
    error = ahead.paths["revenue"].std(axis=0) / np.sqrt(40 * known.draws)
    assert np.all(np.abs(ahead.paths["revenue"].mean(axis=0) - expected) < 4.5 * error)
    np.testing.assert_allclose(ahead.paths["conversions"] * value, ahead.paths["revenue"])
    np.testing.assert_allclose(ahead.paths["spend"], np.full((1, 4, 3), 80.0 * len(response.channels)))
    # What media cause is a matter of draws, without the weeks' noise.
    np.testing.assert_allclose(ahead.paths["media_revenue"][known.draws : 2 * known.draws], media)
    within_draw = ahead.paths["revenue"].reshape(40, known.draws, 4, 3).std(axis=0, ddof=1)
    noise = np.sqrt((known.noise**2 + known.week_noise**2) * (1 - known.persistence**2)) * value
    np.testing.assert_allclose((within_draw[:, 0] ** 2).mean(axis=0), (noise**2).mean(axis=0), rtol=0.1)


def test_a_goal_that_runs_into_a_plan_is_what_came_and_what_the_plan_brings(tmp_path, tables, media_mix):
    response, fitted = media_mix.response, media_mix.weeks
    weeks = weeks_after(media_mix, 6)
    grid = pd.MultiIndex.from_product([fitted, response.markets], names=["week", "market"]).to_frame(index=False)
    came = {
        "kpi": grid.assign(kpi=media_mix.posterior["kpi"].to_numpy().ravel(), value_per_conversion=25.0),
        "media": grid.assign(channel=response.channels[0], spend=1.0),
    }
    start, by = fitted[-4].date(), (weeks[3] + pd.Timedelta(days=2)).date()
    write(tmp_path, tables | came, {"kpi": "conversions", "start": start, "by": by, "market": response.markets[1]})
    text = (tmp_path / "workbench.toml").read_text().replace("later_", "# later_")
    (tmp_path / "workbench.toml").write_text(text.replace("target = 1.0", "target = 100.0"))
    for name in ("kpi", "media"):
        came[name].to_csv(tmp_path / f"{name}.csv", index=False)
    company = open_workspace(tmp_path)
    planned = make_plan(media_mix, company.config.planning, PlanRequest(), horizon_weeks=6, force=True, seed=3)
    plan = CompanyPlan(media_mix=media_mix, planned=planned, result=None, seed=3)

    row = plan_goals(company, plan).goals.iloc[0]
    known, spend = planned.outlook.first(6), planned.answered.spend
    caused = response.contribution(spend).sum(axis=3) - known.carried * known.value_per_kpi
    ahead = foreseen(known, caused, spend, seed=3).paths["conversions"][:, :, 1]
    before = media_mix.posterior["kpi"].to_numpy()[-4:, 1].sum()
    total = before + ahead[:, :3].sum(axis=1) + ahead[:, 3] * 3 / 7
    assert row.so_far == pytest.approx(before)
    assert row.expected == pytest.approx(total.mean())
    assert row.probability == pytest.approx((total >= 100).mean())
