"""Figures show the numbers of the result."""

import numpy as np
import pytest
from matplotlib.collections import PathCollection

from tests.scenarios.small_company import small_media_mix
from workbench.config.planning import Planning
from workbench.present.figures.scenarios import budget_frontier, plan_against_current, plan_calendar, response_curves
from workbench.result import Provenance
from workbench.scenarios import PlanRequest, ScenarioResult, plan_budget


@pytest.fixture(scope="module")
def planned() -> ScenarioResult:
    return plan_budget(
        small_media_mix(draws=40), Planning(), PlanRequest(), horizon_weeks=4, provenance=Provenance(), seed=1
    )


def points(ax) -> np.ndarray:
    """All markers drawn by `scatter`, shape (marker, 2)."""
    return np.concatenate(
        [np.asarray(drawn.get_offsets()) for drawn in ax.collections if isinstance(drawn, PathCollection)]
    )


def test_spend_and_revenue_stand_where_the_plan_says(planned):
    spend_ax, revenue_ax = plan_against_current(planned).axes
    plan = planned.plan.sort_values("planned_spend")
    np.testing.assert_allclose(points(spend_ax)[:, 0], [*plan["current_spend"], *plan["planned_spend"]])
    np.testing.assert_allclose(points(revenue_ax)[:, 0], [*plan["current_revenue"], *plan["revenue"]])
    assert [label.get_text() for label in spend_ax.get_yticklabels()] == plan["channel"].tolist()


def test_the_frontier_passes_through_the_plan(planned):
    (ax,) = budget_frontier(planned).axes
    best, _ = ax.lines
    comparison = planned.comparison.set_index("plan")
    for name, (spend, revenue) in zip(("current", "plan"), points(ax), strict=True):
        assert (spend, revenue) == pytest.approx(tuple(comparison.loc[name, ["spend", "revenue"]]))
    plan_spend, plan_revenue = points(ax)[1]
    assert np.interp(plan_spend, *best.get_data()) == pytest.approx(plan_revenue, rel=1e-3)


def test_each_curve_is_shaded_from_where_experience_ends(planned):
    plan = planned.plan
    axes = response_curves(planned).axes
    assert len(axes) == len(plan)
    for ax, observed, name in zip(axes, plan["observed"], plan["channel"], strict=True):
        (shade,) = ax.patches
        assert shade.get_x() == pytest.approx(observed)
        assert ax.get_title(loc="left").startswith(name)


def test_the_calendar_has_a_cell_a_channel_and_week(planned):
    (ax,) = plan_calendar(planned).axes
    cells = ax.collections[0].get_array()
    spend = planned.plan_weekly.pivot_table(index="channel", columns="week", values="spend", aggfunc="sum", sort=False)
    share = spend.div(spend.max(axis=1), axis=0).loc[planned.plan["channel"]].to_numpy()
    np.testing.assert_allclose(np.asarray(cells).reshape(share.shape), share)
