"""The forecast to the period's end against the exact conditional of a normal distribution, and over many true worlds."""

from dataclasses import replace

import numpy as np
import pytest

from tests.scenarios.pacing.worlds import MARKETS, WEEKS, came, course, outlook, planned, response, team
from workbench.mmm.holdout.scores import inside
from workbench.scenarios.capacity.served import served_weekly
from workbench.scenarios.pacing.conditioning import Seen, noise_covariance


def test_the_noise_has_the_covariance_that_is_stated():
    ahead = outlook(draws=500)
    paths = ahead.noise_paths(np.random.default_rng(0), 40_000).reshape(40_000, -1)
    stated = noise_covariance(ahead, WEEKS)
    np.testing.assert_allclose(np.cov(paths.T), stated, atol=0.03 * stated.max())


def test_what_is_foreseen_after_weeks_is_the_conditional_of_a_dense_normal():
    """Level and noise are normal: condition all weeks of both markets on the first three."""
    ahead = outlook(draws=4000, drift=40.0, seed=3)
    rng, paths = np.random.default_rng(0), 8_000
    of = ahead.draw_of_path(paths)
    kpi = 1000.0 + rng.normal(0, 50, size=(3, MARKETS))
    seen = Seen(outlook=ahead, expected=ahead.baseline[of][:, :3], noise=ahead.noise_paths(rng, paths), kpi=kpi)
    found = seen.update(ahead.baseline[of]) + seen.update_noise()

    course_of_level = np.linspace(0.5, 1.5, WEEKS)
    covariance = np.kron(40.0**2 * np.outer(course_of_level, course_of_level), np.eye(MARKETS))
    covariance += noise_covariance(ahead, WEEKS)
    past, rest = np.arange(6), np.arange(6, WEEKS * MARKETS)
    gain = np.linalg.solve(covariance[np.ix_(past, past)], covariance[np.ix_(past, rest)]).T
    mean = 1000.0 + gain @ (kpi.ravel() - 1000.0)
    left = covariance[np.ix_(rest, rest)] - gain @ covariance[np.ix_(past, rest)]
    flat, sd = found.reshape(paths, -1)[:, 6:], np.sqrt(np.diag(left))
    np.testing.assert_allclose((flat.mean(axis=0) - mean) / sd, 0, atol=0.1)
    np.testing.assert_allclose(np.cov(flat.T) / np.outer(sd, sd), left / np.outer(sd, sd), atol=0.12)
    np.testing.assert_allclose(found[:, :3], np.broadcast_to(kpi, found[:, :3].shape), rtol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("weeks", [1, 5])
def test_intervals_of_the_periods_end_and_chances_of_targets_hold_over_true_worlds(weeks):
    """200 worlds, each with one of the draws as its truth: the total's 90% interval, and a goal that half of them reach."""
    plan, worlds = planned(), 200
    rng = np.random.default_rng(5)
    target = plan.revenue_paths(np.random.default_rng(0)).sum(axis=(1, 2)).mean()
    covered, chance, reached = [], [], []
    for world in range(worlds):
        draw = int(rng.integers(plan.outlook.draws))
        whole = came(plan, draw, rng, WEEKS)
        total = course(plan, whole.first(weeks), seed=world).revenue_paths.sum(axis=(1, 2))
        covered.append(inside(whole.revenue.sum(), total, 0.9))
        chance.append((total >= target).mean())
        reached.append(whole.revenue.sum() >= target)
    chance, reached = np.array(chance), np.array(reached)
    assert np.mean(covered) == pytest.approx(0.9, abs=0.05)
    assert chance.mean() == pytest.approx(reached.mean(), abs=0.06)
    likely = chance > 0.6
    assert reached[likely].mean() == pytest.approx(chance[likely].mean(), abs=0.12)
    brier = ((chance - reached) ** 2).mean()
    assert brier < 0.25


def test_a_surprise_fades_as_its_persistence_says():
    """Known level and returns: what is left of a surprise after k weeks is ρ^k of it."""
    plan = planned(outlook=outlook(drift=0.0, week_noise=np.zeros((1000, MARKETS))), response=response(spread=0.0))
    kpi = (plan.outlook.baseline[0] + plan.media(plan.exposure)[0]).copy()
    kpi[3] += 100.0
    actual = replace(came(plan, 0, np.random.default_rng(0)), kpi=kpi[:4])
    paths = course(plan, actual).revenue_paths.mean(axis=0) - (plan.outlook.baseline[0] + plan.media(plan.exposure)[0])
    np.testing.assert_allclose(paths[4:], 100.0 * 0.5 ** np.arange(1, 5)[:, None] * np.ones(MARKETS), atol=2.0)


def test_spend_and_prices_ahead_are_the_plans_and_what_is_paid_now():
    plan = planned()
    actual = came(plan, 0, np.random.default_rng(0))
    dearer = replace(actual, exposure=actual.exposure / 1.25)
    exposure = course(plan, dearer).exposure
    np.testing.assert_allclose(exposure, 100.0 / 1.25)


def test_teams_lose_what_waits_and_nothing_where_there_is_room():
    wanted = np.full((1, 3, 2), 100.0)
    wanted[0, 1] = 50.0
    np.testing.assert_allclose(served_weekly(wanted, (team(1e9),)), wanted)
    np.testing.assert_allclose(served_weekly(wanted, (team(0.0),)), 0)
    # 200 come, 150 are handled; of the 50 that wait half is left in the next week, with room for 50 beside its own 100.
    found = served_weekly(wanted, (team(150.0),)).sum(axis=2)[0]
    np.testing.assert_allclose(found, [150.0, 100.0 + 25.0, 150.0])


def test_demand_that_a_team_turned_away_is_put_back_before_the_model_learns_from_it():
    plan = planned(teams=(team(5000.0),))
    actual = came(plan, 0, np.random.default_rng(0))
    short = replace(
        actual,
        kpi=actual.kpi * np.array([1, 1, 0.8, 1])[:, None],
        handled={"fulfilment": np.array([100.0, 100.0, 80.0, 100.0])},
        arrived={"fulfilment": np.full(4, 100.0)},
    )
    np.testing.assert_allclose(course(plan, short).wanted, actual.kpi)
    np.testing.assert_allclose(course(plan, short).revenue_paths[:, :4], np.broadcast_to(short.kpi, (4000, 4, 2)))
