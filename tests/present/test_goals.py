"""What page and chart say of goals is what the review found."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from tests.present.svg_text import covered_points
from workbench.config import Goal
from workbench.present.display import figure
from workbench.present.figures.goals import goals_ahead
from workbench.present.goal_tables import goal_displays, goal_rules_table, goals_table
from workbench.scenarios.goals import GoalInputs, WeeklyPaths, kpi_registry, review_goals

ON = date(2026, 1, 5)
DAYS = {"start": ON, "by": date(2026, 2, 1), "owner": "CMO"}


def review(goals):
    revenue = np.linspace(200.0, 300.0, 101)
    paths = {"revenue": np.repeat(revenue[:, None, None], 4, axis=1), "spend": np.full((1, 4, 1), 50.0)}
    ahead = WeeklyPaths(weeks=pd.date_range(ON, periods=4, freq="7D"), markets=("DE",), paths=paths)
    measured = {"good": {"revenue": 900.0}, "bad": {"spend": 180.0}}
    inputs = GoalInputs(
        goals=goals, registry=kpi_registry({}, "EUR"), measured=measured, first_open=ON, markets=("DE",)
    )
    return review_goals(inputs, ahead)


@pytest.fixture
def found():
    return review(
        {
            "good": Goal(kpi="revenue", target=840.0, label="Winter", **DAYS),
            "bad": Goal(kpi="spend", target=190.0, **DAYS),
            "far": Goal(kpi="ltv", target=100.0, **DAYS),
        }
    )


def test_the_table_tells_each_goal_in_its_unit(found):
    block = goals_table(found.goals).block
    names = [column.name for column in block.columns]
    rows = [dict(zip(names, row, strict=True)) for row in block.rows]
    # 840 of four weeks is 210 a week, reached by the paths from 210 to 300.
    assert rows[0] == {
        "Goal": "Winter",
        "Until": "2026-02-01",
        "Before": "€900",
        "Target": "€840",
        "Expected": "€1k",
        "90% interval": "€820 to €1.18k",
        "Chance": "90%",
        "Stands": "on course",
    }
    assert rows[1]["Goal"] == "Bad"
    assert (rows[1]["Target"], rows[1]["Expected"], rows[1]["Chance"]) == ("€190", "€200", "< 1%")
    assert (rows[2]["Expected"], rows[2]["Chance"], rows[2]["Stands"]) == ("–", "–", "not known")


def test_the_rules_are_marked_goal_by_goal(found):
    block = goal_rules_table(found.rules, found.goals).block
    assert [column.name for column in block.columns][1:] == [
        "Owner",
        "Specific",
        "Measurable",
        "Assigned",
        "Achievable",
        "Time bound",
    ]
    marks = {row[0]: row[1:] for row in block.rows}
    assert marks["Winter"] == ("CMO", *("yes",) * 5)
    assert marks["Far"][2] == "–"
    assert marks["Far"][4] == "–"


def test_the_chart_stands_where_outcomes_do(found):
    axes = goals_ahead(found.goals).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["Bad (at most)", "Winter"]
    expected = axes.collections[-1].get_offsets()
    np.testing.assert_allclose(expected[:, 0], [200 / 190, 1000 / 840])
    assert axes.get_title(loc="left") == "1 of 2 goals on course"
    assert {text.get_text() for text in axes.texts} == {"90%: on course", "< 1%: at risk"}


def test_a_label_stands_beside_what_came_before(found):
    further = found.goals.assign(before=found.goals["upper"].fillna(found.goals["expected"]) * 1.05)
    assert covered_points(figure(goals_ahead(further)).block.data) == []


def test_without_goals_a_sentence_says_how_to_set_some():
    (only,) = goal_displays(review({}))
    assert "[goals]" in only.block.markdown


def test_goals_without_any_outcome_have_no_chart(found):
    assert len(goal_displays(found)) == 4
    assert len(goal_displays(review({"far": Goal(kpi="ltv", target=100.0, **DAYS)}))) == 2
