"""How likely a target is, against closed forms and against what then happens."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from workbench.config import Goal, Kpi
from workbench.scenarios.goals import GoalInputs, WeeklyPaths, chance_of, kpi_registry, review_goals
from workbench.scenarios.goals.weekly_paths import joined, shares_of_weeks

MONDAY = pd.Timestamp("2026-01-05")


def weeks(count, first=MONDAY):
    return pd.date_range(first, periods=count, freq="7D")


def one_goal(goal, *, ahead=None, past=None, on=date(2026, 1, 5), kpis=None, constants=None, measured=None):
    inputs = GoalInputs(
        goals={"g": goal},
        registry=kpi_registry(kpis or {}, "EUR"),
        measured={"g": measured or {}},
        first_open=on,
        constants=constants or {},
        past=past,
        markets=("north", "south"),
    )
    return review_goals(inputs, ahead).goals.iloc[0]


def test_a_normal_sum_reaches_its_target_as_often_as_its_distribution_says():
    """The sum of 8 independent weeks of 2 markets is normal: mean 16 m, sd 4 s."""
    rng, count = np.random.default_rng(3), 40_000
    paths = rng.normal(100.0, 10.0, (count, 8, 2))
    ahead = WeeklyPaths(weeks=weeks(8), markets=("north", "south"), paths={"revenue": paths})
    for target in (1540.0, 1600.0, 1640.0):
        goal = Goal(kpi="revenue", target=target, start=date(2026, 1, 5), by=date(2026, 3, 1), owner="CMO")
        row = one_goal(goal, ahead=ahead)
        truth = stats.norm.sf(target, loc=1600.0, scale=40.0)
        assert abs(row.probability - truth) < 4 * row.error
        assert row.error == pytest.approx(np.sqrt(truth * (1 - truth) / count), rel=0.05)
        np.testing.assert_allclose([row.lower, row.upper], stats.norm.interval(0.9, 1600, 40), atol=1.5)


def test_a_market_counts_alone_and_weeks_count_by_their_days():
    rng = np.random.default_rng(4)
    ahead = WeeklyPaths(
        weeks=weeks(4), markets=("north", "south"), paths={"revenue": rng.normal([70.0, 7.0], 1.0, (20_000, 4, 2))}
    )
    goal = Goal(kpi="revenue", target=100.0, start=date(2026, 1, 8), by=date(2026, 1, 20), market="north")
    row = one_goal(goal, ahead=ahead)
    # Thursday to Sunday, a whole week, Monday and Tuesday.
    share = np.array([4, 7, 2]) / 7
    assert row.expected == pytest.approx(70 * share.sum(), abs=0.05)
    truth = stats.norm.sf(100, 70 * share.sum(), np.sqrt((share**2).sum()))
    assert row.probability == pytest.approx(truth, abs=4 * row.error)


def test_a_ratio_is_made_of_sums_and_a_ceiling_is_reached_from_above():
    """Cost of a conversion 200 / N(50, 5) is at most 4 if N is at least 50."""
    rng = np.random.default_rng(5)
    paths = {"conversions": rng.normal(25.0, 5 / np.sqrt(2), (20_000, 2, 1)), "spend": np.full((1, 2, 1), 100.0)}
    ahead = WeeklyPaths(weeks=weeks(2), markets=("north",), paths=paths)
    goal = Goal(kpi="cpa", target=3.8, start=date(2026, 1, 5), by=date(2026, 1, 18))
    row = one_goal(goal, ahead=ahead)
    assert row.probability == pytest.approx(stats.norm.sf(200 / 3.8, 50, 5), abs=4 * row.error)


def test_margin_is_a_constant_and_division_by_zero_is_not_reaching():
    ahead = WeeklyPaths(
        weeks=weeks(1),
        markets=("north",),
        paths={"media_revenue": np.array([[[30.0]], [[10.0]]]), "spend": np.array([[[10.0]], [[0.0]]])},
    )
    goal = Goal(kpi="roi", target=0.5, start=date(2026, 1, 5), by=date(2026, 1, 11))
    row = one_goal(goal, ahead=ahead, constants={"margin": 0.5})
    assert row.probability == 0.5
    assert row.expected == pytest.approx(0.5)


def test_what_is_over_is_added_to_what_may_come():
    past = WeeklyPaths(
        weeks=weeks(3, MONDAY - pd.Timedelta(weeks=3)), markets=("north",), paths={"revenue": np.full((1, 3, 1), 50.0)}
    )
    rng = np.random.default_rng(6)
    ahead = WeeklyPaths(weeks=weeks(4), markets=("north",), paths={"revenue": rng.normal(50, 5, (20_000, 4, 1))})
    goal = Goal(kpi="revenue", target=355.0, start=date(2025, 12, 15), by=date(2026, 2, 1))
    row = one_goal(goal, ahead=ahead, past=past)
    assert row.so_far == pytest.approx(150.0)
    assert row.probability == pytest.approx(stats.norm.sf(355, 350, 10), abs=4 * row.error)


def test_a_draw_stays_with_its_own_paths_before_and_after():
    """Past and coming media revenue of a draw go together: their sum spreads as widely as the draws do."""
    draws = np.array([1.0, 2.0, 3.0])
    past = WeeklyPaths(
        weeks=weeks(1, MONDAY - pd.Timedelta(weeks=1)),
        markets=("north",),
        paths={"media_revenue": draws[:, None, None]},
    )
    ahead = WeeklyPaths(weeks=weeks(1), markets=("north",), paths={"media_revenue": np.tile(draws, 2)[:, None, None]})
    both = joined(past, ahead).totals(date(2025, 12, 29), date(2026, 1, 11))["media_revenue"]
    np.testing.assert_allclose(both, [2, 4, 6, 2, 4, 6])


def test_weeks_that_both_know_count_once():
    past = WeeklyPaths(weeks=weeks(3), markets=("north",), paths={"revenue": np.full((1, 3, 1), 9.0)})
    ahead = WeeklyPaths(
        weeks=weeks(2, MONDAY + pd.Timedelta(weeks=2)), markets=("north",), paths={"revenue": np.full((5, 2, 1), 1.0)}
    )
    both = joined(past, ahead)
    np.testing.assert_allclose(both.totals(date(2026, 1, 5), date(2026, 2, 1))["revenue"], np.full(5, 9 + 9 + 1 + 1))
    with pytest.raises(ValueError, match="tuple"):
        joined(past, WeeklyPaths(weeks=weeks(1), markets=("south",), paths={}))


def test_markets_are_matched_by_name():
    past = WeeklyPaths(weeks=weeks(1), markets=("north", "south"), paths={"revenue": np.array([[[1.0, 2.0]]])})
    later = weeks(1, MONDAY + pd.Timedelta(weeks=1))
    ahead = WeeklyPaths(weeks=later, markets=("south", "north"), paths={"revenue": np.array([[[20.0, 10.0]]])})
    days = (date(2026, 1, 5), date(2026, 1, 18))
    assert [joined(past, ahead).totals(*days, market)["revenue"] for market in ("north", "south")] == [11.0, 22.0]


def test_days_of_weeks_add_up():
    share = shares_of_weeks(weeks(10), date(2026, 1, 7), date(2026, 3, 3))
    assert 7 * share.sum() == pytest.approx((date(2026, 3, 3) - date(2026, 1, 7)).days + 1)


@pytest.mark.parametrize(
    ("goal", "kwargs"),
    [
        (Goal(kpi="revenue", target=1.0, start=date(2026, 1, 5), by=date(2026, 3, 1)), {}),
        (Goal(kpi="revenue", target=1.0, start=date(2025, 1, 5), by=date(2026, 1, 18)), {}),
        (Goal(kpi="revenue", target=1.0, start=date(2026, 1, 5), by=date(2026, 1, 18), market="west"), {}),
        (Goal(kpi="cac", target=1.0, start=date(2026, 1, 5), by=date(2026, 1, 18)), {}),
        (Goal(kpi="revenue", start=date(2026, 1, 5), by=date(2026, 1, 18)), {}),
        (Goal(kpi="revenue", target=1.0), {}),
        (Goal(kpi="nothing", target=1.0, start=date(2026, 1, 5), by=date(2026, 1, 18)), {}),
        (Goal(kpi="revenue", target=1.0, start=date(2026, 1, 5), by=date(2026, 1, 18)), {"ahead": None}),
    ],
)
def test_where_no_probability_can_be_told_there_is_none(goal, kwargs):
    ahead = WeeklyPaths(
        weeks=weeks(2), markets=("north",), paths={"revenue": np.ones((5, 2, 1)), "spend": np.ones((1, 2, 1))}
    )
    row = one_goal(goal, **{"ahead": ahead, **kwargs})
    assert np.isnan(row.probability)
    assert row.verdict == "not known"


def test_a_goal_that_is_over_was_reached_or_missed_whatever_it_measures():
    over = {"kpi": "retention", "start": date(2025, 10, 1), "by": date(2025, 12, 31)}
    measured = {"returning_customers": 60.0, "earlier_customers": 100.0}
    assert one_goal(Goal(target=0.6, **over), measured=measured).verdict == "reached"
    assert one_goal(Goal(target=0.61, **over), measured=measured).verdict == "missed"


def test_stated_probabilities_come_true_as_often_as_stated():
    """2,000 worlds: a level that is learnt from 26 weeks, and 13 weeks to come; of the goals said to be likely by p, a share p is reached."""
    rng = np.random.default_rng(8)
    truth = rng.normal(100, 10, 2_000)
    seen = truth[:, None] + rng.normal(0, 12, (2_000, 26))
    came = truth[:, None] + rng.normal(0, 12, (2_000, 13))
    precision = 1 / 10**2 + 26 / 12**2
    believed = (100 / 10**2 + seen.sum(axis=1) / 12**2) / precision
    said, reached = np.empty(2_000), np.empty(2_000)
    for world in range(2_000):
        level = rng.normal(believed[world], precision**-0.5, (1_000, 1))
        paths = level + rng.normal(0, 12, (1_000, 13))
        target = 13 * (believed[world] + rng.normal(0, 5))
        said[world] = chance_of(paths.sum(axis=1), target).probability
        reached[world] = came[world].sum() >= target
    bins = np.digitize(said, [0.1, 0.3, 0.5, 0.7, 0.9])
    for each in range(6):
        inside = bins == each
        assert inside.sum() > 100
        error = np.sqrt(np.mean(said[inside] * (1 - said[inside])) / inside.sum())
        assert abs(said[inside].mean() - reached[inside].mean()) < 3.3 * error
    # Brier's score is what it is for probabilities that hold.
    assert np.mean((said - reached) ** 2) == pytest.approx(np.mean(said * (1 - said)), rel=0.1)


def test_an_own_kpi_is_foreseen_as_well_as_what_it_is_made_of():
    ahead = WeeklyPaths(
        weeks=weeks(1),
        markets=("north",),
        paths={"revenue": np.array([[[8.0]], [[14.0]]]), "spend": np.full((1, 1, 1), 2.0)},
    )
    goal = Goal(kpi="left", target=3.0, start=date(2026, 1, 5), by=date(2026, 1, 11))
    row = one_goal(
        goal, ahead=ahead, kpis={"left": Kpi(formula="revenue * margin - spend", unit="EUR")}, constants={"margin": 0.5}
    )
    assert (row.expected, row.probability) == (3.5, 0.5)
