"""The configuration's limits as rows over the cells of a plan, worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from tests.scenarios.problem.company import WEEKS, bookings, problem_of, rule_of
from tests.scenarios.small_company import small_media_mix
from workbench.config.planning import Planning
from workbench.errors import InfeasiblePlan, SpecError
from workbench.scenarios.contingency.fingerprint import limits_hash
from workbench.scenarios.problem import Labels, build_problem

HISTORY = small_media_mix(draws=2, weeks=WEEKS).response.spend_history
TV, SEARCH, SOCIAL = range(3)


def test_the_reference_is_the_last_weeks_or_the_same_weeks_a_year_ago():
    np.testing.assert_allclose(problem_of().cells.reference, HISTORY[-13:])
    np.testing.assert_allclose(problem_of(reference="last_year").cells.reference, HISTORY[28:41])


def test_each_market_keeps_the_change_limit_of_its_channel():
    problem = problem_of(max_change={"tv": 0.2}, market_change=0.4)
    total, markets = (rule_of(problem, f"total spend of tv{of}") for of in ("", " by market"))
    spent = HISTORY[-13:, :, TV].sum(axis=0)
    np.testing.assert_allclose(markets.lower, 0.6 * spent)
    np.testing.assert_allclose(markets.upper, 1.4 * spent)
    np.testing.assert_allclose([total.lower, total.upper], [[0.8 * spent.sum()], [1.2 * spent.sum()]])
    plan = np.random.default_rng(1).uniform(size=problem.cells.shape)
    np.testing.assert_allclose(markets.rows @ plan.ravel(), plan[:, :, TV].sum(axis=0))
    np.testing.assert_allclose(total.rows @ plan.ravel(), plan[:, :, TV].sum())


def test_the_reference_period_itself_keeps_all_default_limits():
    problem = problem_of()
    assert problem.limits.keeps(problem.cells.reference)
    assert not problem.limits.keeps(1.6 * problem.cells.reference)
    assert not problem.limits.keeps(0.4 * problem.cells.reference)


def test_a_week_gets_at_most_the_largest_so_far_and_the_change_on_top():
    largest = HISTORY.max(axis=0)
    np.testing.assert_allclose(problem_of().limits.upper, np.broadcast_to(1.5 * largest, (13, 2, 3)))


def test_a_flighted_channel_may_return_from_a_year_ago():
    media_mix = small_media_mix(draws=5, weeks=WEEKS)
    media_mix.posterior["spend_history"][-13:, :, TV] = 0.0
    problem = problem_of(media_mix=media_mix)
    rule = rule_of(problem, "total spend of tv by market")
    np.testing.assert_allclose(rule.lower, 0.0)
    np.testing.assert_allclose(rule.upper, 1.5 * HISTORY[28:41, :, TV].sum(axis=0))
    assert rule.reason == "a change of at most 50% against the same weeks a year ago"


def test_a_channel_silent_for_longer_stays_closed_unless_a_maximum_opens_it():
    media_mix = small_media_mix(draws=5, weeks=WEEKS)
    media_mix.posterior["spend_history"][20:, :, TV] = 0.0
    closed, opened = problem_of(media_mix=media_mix), problem_of(media_mix=media_mix, maximum={"tv": 300.0})
    assert not closed.limits.upper[:, :, TV].any()
    assert set(closed.upper_reason[:, TV]) == {"no spend in the reference period that could change"}
    np.testing.assert_allclose(opened.limits.upper[:, :, TV], 300.0)
    most = rule_of(opened, "most weekly spend of tv")
    np.testing.assert_allclose(most.rows @ np.full(opened.limits.size, 200.0), 400.0)
    np.testing.assert_allclose(most.upper, 300.0)


def test_beyond_observed_forbids_more_than_ever_acted_in_a_week_and_was_spent_in_as_many():
    problem = problem_of(beyond_observed="forbid", price={"tv": 2.0})
    response = problem.response
    acted = np.zeros((WEEKS, 2))
    mean = response.lag_weights.mean(axis=1)[SEARCH]
    for lag, weight in enumerate(mean):
        acted[lag:] += weight * HISTORY[: WEEKS - lag, :, SEARCH]
    np.testing.assert_allclose(problem.cells.observed[0, :, SEARCH], acted.max(axis=0))
    assert np.all(problem.limits.upper[:, :, SEARCH] <= acted.max(axis=0) * (1 + 1e-12))
    assert np.all(problem.limits.upper[:, :, TV] <= 2 * problem.cells.observed[:, :, TV] * (1 + 1e-12))
    windows = [HISTORY[start : start + 13, :, SEARCH].sum() for start in range(WEEKS - 12)]
    assert rule_of(problem, "most spend of search").upper == pytest.approx(max(windows))


def test_a_period_counts_weeks_by_their_days_and_what_was_spent_before_the_plan():
    """The plan starts on 2025-07-14; the period takes 4 days of the week before it and 2 weeks and 3 days of the plan."""
    problem = problem_of(periods=[{"start": "2025-07-10", "end": "2025-07-30", "budget": 9000.0, "floor": 8000.0}])
    most, least = (rule_of(problem, f"{side} spend from 2025-07-10 to 2025-07-30") for side in ("most", "least"))
    spent = HISTORY[-1].sum() * 4 / 7
    assert most.upper == pytest.approx(9000.0 - spent)
    assert least.lower == pytest.approx(8000.0 - spent)
    by_week = np.arange(1.0, 14.0)[:, None, None] * np.ones((13, 2, 3))
    assert most.rows @ by_week.ravel() == pytest.approx(6 * (1 + 2 + 3 * 3 / 7))


def test_a_period_that_ends_after_the_plan_counts_in_proportion_and_one_outside_does_not():
    periods = [
        {"start": "2025-07-14", "end": "2025-08-10", "budget": 4000.0},
        {"start": "2026-01-05", "end": "2026-02-01", "budget": 1.0},
    ]
    problem = problem_of(horizon_weeks=2, periods=periods)
    assert rule_of(problem, "most spend from 2025-07-14 to 2025-08-10").upper == pytest.approx(2000.0)
    assert not any("2026" in rule.name for rule in problem.limits.rules)


def test_group_shares_count_the_money_that_is_spent():
    problem = problem_of(groups={"brand": {"share_lower": 0.3, "share_upper": 0.6}, "performance": {"upper": 5000.0}})
    least, most = (rule_of(problem, f"share of group brand, at {of}") for of in ("least 30%", "most 60%"))
    plan = np.random.default_rng(2).uniform(size=problem.cells.shape)
    brand, total = plan[:, :, TV].sum(), plan.sum()
    assert least.rows @ plan.ravel() == pytest.approx(brand - 0.3 * total)
    assert most.rows @ plan.ravel() == pytest.approx(brand - 0.6 * total)
    assert rule_of(problem, "most spend of group performance").rows @ plan.ravel() == pytest.approx(total - brand)


def test_weekly_steps_are_measured_in_mean_weeks():
    problem = problem_of(weekly_change={"search": 0.25})
    rule = rule_of(problem, "weekly steps of search")
    mean_week = HISTORY[-13:, :, SEARCH].sum() / 13
    np.testing.assert_allclose(rule.upper, 0.25 * mean_week)
    plan = np.random.default_rng(3).uniform(size=problem.cells.shape)
    np.testing.assert_allclose(rule.rows @ plan.ravel(), np.diff(plan[:, :, SEARCH].sum(axis=1)))
    assert not any("steps of tv" in rule.name for rule in problem.limits.rules)


def test_price_windows_count_by_their_days():
    window = {"start": "2025-07-17", "end": "2025-07-27", "factor": 1.7, "market": "north"}
    price = problem_of(horizon_weeks=3, price={"tv": [window], "social": 0.5}).cells.price
    np.testing.assert_allclose(price[:, 0, TV], [1 + 0.7 * 4 / 7, 1.7, 1.0])
    np.testing.assert_allclose(price[:, 1, TV], 1.0)
    np.testing.assert_allclose(price[:, :, SOCIAL], 0.5)


@pytest.mark.parametrize(("per", "by", "count"), [("week", "all", 13), ("week", "market", 26), ("horizon", "all", 1)])
def test_all_or_nothing_switches_every_cell_of_its_channel_once(per, by, count):
    problem = problem_of(max_change=1.0, all_or_nothing={"tv": {"spend": 300.0, "per": per, "by": by}})
    switches = problem.limits.switches
    cells = np.concatenate([switch.cells for switch in switches])
    assert len(switches) == count
    np.testing.assert_array_equal(np.sort(cells), np.arange(13 * 2 * 3).reshape(13, 2, 3)[:, :, TV].ravel())
    plan = np.zeros(problem.cells.shape)
    assert problem.limits.keeps(plan)
    plan[0, 0, TV] = 200.0
    assert not problem.limits.keeps(plan)


def test_committed_spend_is_locked_and_opens_what_change_limits_would_forbid():
    problem = problem_of(commitments=bookings((1, "south", "tv", 20_000.0), (-2, "south", "tv", 5.0)))
    assert problem.limits.lower[1, 1, TV] == problem.limits.upper[1, 1, TV] == 20_000.0
    assert problem.limits.lower.sum() == 20_000.0
    assert rule_of(problem, "total spend of tv by market").upper[1] == 20_000.0
    assert problem.upper_reason[1, TV] == "spend that is committed"


def test_a_booking_that_can_still_be_given_back_is_open_and_one_after_the_plan_is_counted_apart():
    rows = bookings((0, "north", "tv", 100.0), (13, "north", "tv", 70.0), until="2025-07-14")
    committed = problem_of(commitments=rows).committed
    assert (committed.firm.sum(), committed.open[0, 0, TV], committed.after) == (0.0, 100.0, 70.0)
    late = bookings((0, "north", "tv", 100.0), until="2025-07-13")
    assert problem_of(commitments=late).committed.firm[0, 0, TV] == 100.0


def test_a_switch_with_committed_cells_is_on():
    problem = problem_of(
        max_change=1.0,
        all_or_nothing={"tv": {"spend": 900.0}},
        commitments=bookings((2, "north", "tv", 50.0)),
    )
    rule = next(rule for rule in problem.limits.rules if rule.reason.endswith("committed"))
    assert len(problem.limits.switches) == 12
    np.testing.assert_array_equal(rule.rows.indices, [2 * 6 + TV, 2 * 6 + 3 + TV])
    assert rule.lower == 900.0


PODCAST = {"roas": {"lower": 0.5, "upper": 3.0}, "test_budget": 2600.0, "like": "tv"}


@pytest.mark.parametrize(
    ("planning", "error", "sentence"),
    [
        ({"minimum": {"radio": 5.0}}, SpecError, "planning.minimum names radio.*tv, search, social"),
        ({"max_change": {"radio": 0.1}}, SpecError, "planning.max_change names radio"),
        ({"groups": {"brand": {"channels": ["radio"]}}}, SpecError, r"planning.groups.brand.channels names radio"),
        ({"groups": {"online": {"upper": 5.0}}}, SpecError, "planning.groups.online has no channel; name some"),
        (
            {"groups": {"brand": {"share_lower": 0.6}, "performance": {"share_lower": 0.5}}},
            SpecError,
            r"share_lower of planning.groups.brand and planning.groups.performance add up to 110%",
        ),
        (
            {"groups": {"brand": {"share_upper": 0.6}, "performance": {"share_upper": 0.3}}},
            SpecError,
            r"add up to 90%, but these groups hold all channels",
        ),
        ({"untried": {"podcast": {**PODCAST, "like": "radio"}}}, SpecError, "podcast.like is radio"),
        ({"untried": {"tv": PODCAST}}, SpecError, "planning.untried.tv is in the media mix already"),
        (
            {"price": {"tv": [{"start": "2025-01-01", "end": "2025-02-01", "factor": 2.0, "market": "west"}]}},
            SpecError,
            "planning.price.tv names market west.*north, south",
        ),
        (
            {"minimum": {"tv": 9000.0}},
            InfeasiblePlan,
            r"tv must spend at least €9k a week \(planning.minimum\) and at most €2\.89k.*give way by €6\.11k",
        ),
        (
            {"all_or_nothing": {"tv": {"spend": 9000.0}}},
            InfeasiblePlan,
            r"planning.all_or_nothing.tv asks for at least €9k in the week of 2025-07-14, but limits allow at most €2\.89k",
        ),
        ({"horizon_weeks": 0}, SpecError, "horizon_weeks is 0; a plan needs at least 1 week"),
        (
            {"maximum": {"tv": 900.0}, "commitments": bookings((3, "north", "tv", 600.0), (3, "south", "tv", 400.0))},
            InfeasiblePlan,
            r"€1k is committed for tv in the week of 2025-08-04, above planning.maximum.tv of €900; raise that",
        ),
        ({"commitments": bookings((0, "north", "radio", 5.0))}, SpecError, "commitments.channel names radio"),
        ({"commitments": bookings((0, "west", "tv", 5.0))}, SpecError, "commitments.market names west"),
        (
            {"commitments": bookings((0, "north", "tv", 5.0)).assign(week=pd.Timestamp("2025-07-16"))},
            SpecError,
            "commitments.week holds 2025-07-16, a Wednesday; the weeks of the plan begin on a Monday",
        ),
    ],
)
def test_a_request_that_can_mean_nothing_is_refused_in_a_sentence(planning, error, sentence):
    with pytest.raises(error, match=sentence):
        problem_of(**planning)


def test_a_silent_reference_period_is_refused():
    media_mix = small_media_mix(draws=5, weeks=WEEKS)
    media_mix.posterior["spend_history"][-13:] = 0.0
    with pytest.raises(SpecError, match="nothing was spent in the reference period"):
        problem_of(media_mix=media_mix)


def test_limits_are_called_by_labels_and_known_by_names():
    """What a reader sees changes with the labels; by what limits are told apart, and their hash, doesn't."""
    limits = {"minimum": {"tv": 10.0}, "all_or_nothing": {"search": {"spend": 20.0, "by": "market"}}}
    plain = problem_of(**limits)
    labels = Labels(channels={"tv": "Television", "search": "Paid search"}, markets={"north": "Northland"})
    media_mix = small_media_mix(draws=40, weeks=WEEKS)
    called = build_problem(
        media_mix.response,
        pd.Timestamp(media_mix.posterior["week"].to_numpy()[-1]),
        Planning.model_validate(limits),
        horizon_weeks=13,
        currency="EUR",
        labels=labels,
    )
    assert [rule.name for rule in called.limits.rules] == [rule.name for rule in plain.limits.rules]
    assert limits_hash(called.cells, called.limits) == limits_hash(plain.cells, plain.limits)
    titles = {rule.called for rule in called.limits.rules}
    assert {"total spend of Television by market", "least weekly spend of Television"} <= titles
    assert called.limits.switches[0].called.startswith("all or nothing of Paid search in Northland in the week of")
    assert rule_of(plain, "least weekly spend of tv").called == "least weekly spend of tv"
