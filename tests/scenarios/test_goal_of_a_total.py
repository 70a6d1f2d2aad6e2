"""A plan that is to reach a total by its last week, held against new courses of events from the outlook itself."""

import numpy as np
import pytest

from tests.scenarios.small_company import small_media_mix
from workbench.config.planning import Planning
from workbench.errors import InfeasiblePlan
from workbench.mmm.posterior.outlook import outlook, weeks_after
from workbench.scenarios import PlanRequest, make_plan

WEEKS = 5


@pytest.fixture(scope="module")
def media_mix():
    return small_media_mix(draws=80)


def total_by_the_last_week(media_mix, spend, paths=40_000):
    """What comes until then, from the response model and the outlook alone, nothing else of the planner, in so many courses."""
    ahead = outlook(media_mix, weeks_after(media_mix, WEEKS), seed=77)
    # The response with all its past, the carry-over into the plan included.
    media = media_mix.response.kpi_of_exposure(spend * media_mix.response.exposure_per_spend).sum(axis=-1)
    return ahead.paths(media, np.random.default_rng(5), paths).sum(axis=(1, 2))


@pytest.mark.parametrize("probability", [0.6, 0.9])
def test_the_cheapest_plan_for_a_total_reaches_it_as_often_as_was_asked(media_mix, probability):
    reference = make_plan(media_mix, Planning(), PlanRequest(), horizon_weeks=WEEKS, seed=1)
    usual = float(np.median(total_by_the_last_week(media_mix, reference.problem.cells.reference)))
    request = PlanRequest(mode="goal", target=usual, probability=probability)
    plan = make_plan(media_mix, Planning(), request, horizon_weeks=WEEKS, seed=1)
    reached = float(np.mean(total_by_the_last_week(media_mix, plan.answered.spend) >= usual))
    assert reached == pytest.approx(plan.found.probability, abs=0.03)
    assert reached >= probability - 0.03
    assert "a total of €" in plan.found.told


def test_a_total_that_comes_anyway_needs_the_least_that_limits_allow(media_mix):
    request = PlanRequest(mode="goal", target=1_000.0, probability=0.9)
    plan = make_plan(media_mix, Planning(), request, horizon_weeks=WEEKS, seed=1)
    assert plan.answered.spend.sum() == pytest.approx(0.5 * plan.problem.cells.reference.sum(), rel=0.01)


def test_a_total_out_of_reach_says_how_likely_the_surest_plan_is(media_mix):
    request = PlanRequest(mode="goal", target=1e6, probability=0.9)
    with pytest.raises(InfeasiblePlan, match=r"a total of €1m can't be reached .* none can reach it with more than 0%"):
        make_plan(media_mix, Planning(), request, horizon_weeks=WEEKS, seed=1)
