"""Sentences and the chart of capacity say what the tables hold."""

import numpy as np
import pandas as pd
import pytest

from tests.scenarios.capacity.fakes import CurvedWeeks, team
from workbench.present.capacity_tables import capacity_displays, week_table
from workbench.present.figures.capacity import room_and_demand
from workbench.scenarios.capacity import (
    CapacityValue,
    capacity_check,
    capacity_findings,
    compare_plans,
    team_weeks,
)

WEEKS = pd.date_range("2026-01-05", periods=4, freq="7D")


def reviewed(room: list[float], spend: float = 4.0, **changed: object) -> tuple[pd.DataFrame, pd.DataFrame]:
    media = CurvedWeeks(gain=np.full((3, 1, 1), 10.0))
    value = CapacityValue(
        media=media, demand=np.full((3, 5, 1), 100.0), teams=(team(room, retention=0.0, step=1.0, **changed),)
    )
    plan, other = np.full((4, 1, 1), spend), np.full((4, 1, 1), 2 * spend)
    return team_weeks(value, plan, WEEKS, level=0.9), compare_plans(value, {"plan": plan, "ignores": other}, level=0.9)


def test_full_weeks_their_loss_and_the_worth_of_more_room_are_named():
    # Demand 10, 20 spent on media brings 2 leads at once and 1 a week later: 12 in week one, 13 after it.
    weeks, plans = reviewed([12.0, 11.0, 11.0, 20.0, 20.0], step_cost=8.0)
    full, lost, step = capacity_findings(weeks, plans, currency="EUR", level=0.9)
    assert full == (
        "Sales is full in 2 of 4 weeks (the weeks of 12 Jan to 19 Jan): in the week of 12 January 13 leads come and it can take 11."
    )
    # 20 a week for four weeks and 10 a week later four times: 120 in all, of which 2 leads of €10 are lost twice.
    assert lost == "Of €120 that media would cause with room for all, €40.00 is lost to full weeks."
    assert step == (
        "One more rep of sales in the week of 12 January is worth €10.00 (90% interval €10.00 to €10.00) and costs €8.00; "
        "up to 2 more pay in the weeks of 12 Jan to 19 Jan."
    )


def test_what_ignoring_capacity_would_cost_is_said_where_it_costs():
    weeks, plans = reviewed([12.0, 11.0, 11.0, 20.0, 20.0])
    worse = plans.assign(worth=[100.0, 70.0], unlimited=[120.0, 130.0])
    first = capacity_findings(weeks, worse, currency="EUR", level=0.9)[0]
    assert first.startswith("Sales is full in 2 of 4 weeks")
    assert first.endswith(
        "; a plan that ignores capacity would promise €130 and keep €70.00, €30.00 less than this one."
    )


def test_room_enough_is_said_and_passes():
    weeks, plans = reviewed([50.0] * 5)
    (only,) = capacity_findings(weeks, plans.iloc[:1], currency="EUR", level=0.9)
    assert only.startswith("Sales has room for what the plan brings in each of its 4 weeks")
    check = capacity_check(plans, weeks)
    assert check.passed
    assert check.value == pytest.approx(0.0)


def test_a_plan_that_finds_no_room_fails_with_a_mend():
    weeks, plans = reviewed([12.0, 11.0, 11.0, 20.0, 20.0])
    check = capacity_check(plans, weeks)
    assert not check.passed
    assert check.value == pytest.approx(40 / 120)
    assert "make room in the weeks of 12 Jan to 19 Jan" in check.detail


def test_the_chart_draws_room_and_cost():
    weeks, _ = reviewed([12.0, 11.0, 11.0, 20.0, 20.0], step_cost=8.0)
    figure = room_and_demand(weeks, "EUR")
    demand, worth = figure.axes
    np.testing.assert_allclose(demand.patches[-1].get_data().values, [12, 11, 11, 20])
    assert worth.lines[0].get_ydata()[0] == 8.0
    assert "full in 2 of 4 weeks" in demand.get_title(loc="left")


def test_the_report_shows_a_chart_and_two_tables_and_nothing_without_teams():
    weeks, plans = reviewed([12.0, 11.0, 11.0, 20.0, 20.0], step_cost=8.0)
    chart, compared, by_week = (display.block for display in capacity_displays(weeks, plans, "EUR"))
    assert "full in 2 of 4 weeks" in chart.alt
    assert compared.rows[0][-1] == "€40.00"
    second = dict(zip(by_week.columns, by_week.rows[1], strict=True))
    assert "team" not in week_table(weeks)
    assert "more_that_pay" not in week_table(weeks.assign(step_cost=0.0))
    assert "€10" in str(second)
    assert not list(capacity_displays(weeks.iloc[:0], plans, "EUR"))


def test_teams_without_a_price_for_more_room_have_no_column_of_what_pays():
    weeks, plans = reviewed([12.0, 11.0, 11.0, 20.0, 20.0], step_cost=0.0)
    *_, by_week = capacity_displays(weeks, plans, "EUR")
    names = [
        column["name"] for column in by_week._repr_mimebundle_()["application/vnd.workbench.block+json"]["columns"]
    ]
    assert "More that pay" not in names
    assert names[-1] == "One more is worth"
