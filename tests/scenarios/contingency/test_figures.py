"""Figures show the numbers of the frames."""

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from tests.scenarios.contingency.worlds import worlds_of
from workbench.config.contingency import Reserve, Scenario, Triggers
from workbench.present.contingency_tables import contingency_displays, order_summary
from workbench.present.figures.contingency import order_of_moves, scenarios_side_by_side, trigger_bounds
from workbench.scenarios.contingency.contingency import Origin, contingency
from workbench.scenarios.contingency.states import build_states


@pytest.fixture(scope="module")
def found():
    worlds = worlds_of(np.tile([3.0, 2.0, 1.0], (4, 1)), spread=np.linspace(0.5, 1.5, 11))
    states = build_states(
        {"half": Scenario(kind="under", response=0.5, budget_share=-0.2)},
        budget=1400.0,
        weeks=4,
        channels=worlds.cells.channels,
    )

    def paths(rng, count, state):
        return {"revenue": state.response_by_channel(("a",))[0] * (100 + 10 * rng.standard_normal((count, 4)))}

    return contingency(
        worlds,
        states,
        np.tile([225.0, 100.0, 25.0], (4, 1))[:, None, :],
        gap=0.0,
        paths=paths,
        units={"revenue": "EUR"},
        triggers=Triggers(lead_weeks=0),
        reserve=Reserve(),
        origin=Origin(model="m", limits="l", data={}, settings={}),
        seed=1,
    )


def test_bounds_stand_as_shares_of_the_plan_so_far(found):
    (ax,) = trigger_bounds(found).axes
    lower, upper, _ = ax.lines
    np.testing.assert_allclose(lower.get_ydata(), found.triggers["lower"] / found.triggers["planned"] - 1)
    np.testing.assert_allclose(upper.get_ydata(), found.triggers["upper"] / found.triggers["planned"] - 1)


def test_each_step_has_a_bar_as_high_as_its_return(found):
    cut, add = order_of_moves(found, "EUR").axes
    for ax, order in ((cut, found.cut_order), (add, found.reinvest_order)):
        bars = [patch.get_height() for patch in ax.patches if isinstance(patch, Rectangle)]
        np.testing.assert_allclose(bars, order.groupby("step")["return"].first())
    assert [text.get_text() for text in cut.texts] == ["a"] * 6


def test_every_world_has_its_row(found):
    (ax,) = scenarios_side_by_side(found, "EUR").axes
    assert [label.get_text() for label in ax.get_yticklabels()] == ["half", "expected"]
    assert "spend −20%" in [text.get_text() for text in ax.texts]
    assert found.reserve.quarters == 0, "no opportunity, no reserve"


def test_a_report_shows_all_and_sums_steps_over_markets(found):
    told, *shown = contingency_displays(found, "EUR")
    assert told.block.markdown.startswith("- Should")
    captions = [display.block.caption for display in shown]
    assert len(captions) == 8
    assert captions[-1].startswith("Spend if half comes true against expected")
    steps = order_summary(found.cut_order)
    assert steps["amount"].sum() == pytest.approx(found.cut_order["amount"].sum())
    assert steps["channels"].str.startswith("a, b").all()
