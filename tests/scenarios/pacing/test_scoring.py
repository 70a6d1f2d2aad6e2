"""Scores, nearness and the optimiser's curse against closed forms and many draws."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from workbench.scenarios.contingency.contingency import trigger_table
from workbench.scenarios.contingency.triggers import trigger_bands
from workbench.scenarios.pacing.checks import bias_check, coverage_check, triggers_check
from workbench.scenarios.pacing.nearness import nearness
from workbench.scenarios.pacing.optimism import optimism
from workbench.scenarios.pacing.scoring import Bias, planner_bias, scores_of, weekly_scores


def bias_of(scored: pd.DataFrame) -> Bias:
    """Of a planner that made one plan."""
    return planner_bias(pd.DataFrame([{"after_week": 0, **vars(scores_of(scored))}]))


WEEKS = pd.date_range("2026-01-05", periods=8, freq="7D")


def test_scores_of_a_normal_forecast_are_the_closed_form():
    """Gneiting and Raftery (2007), equation 21, at z = 1 and a sample of 20,000."""
    paths = np.random.default_rng(0).normal(100.0, 10.0, size=(20_000, 8))
    scored = weekly_scores(WEEKS, paths, np.full(8, 110.0), np.full(8, 90.0))
    exact = 10.0 * (1 * (2 * norm.cdf(1) - 1) + 2 * norm.pdf(1) - 1 / np.sqrt(np.pi))
    np.testing.assert_allclose(scored["crps"], exact, rtol=0.03)
    assert (scored["crps_last_year"] == 20.0).all()
    assert scored["inside"].all()
    np.testing.assert_allclose(scored["bias"], -10.0 / 110.0, atol=0.003)


@pytest.mark.parametrize("lasting", [0.0, 0.5])
def test_an_unbiased_forecast_fails_the_bias_check_about_as_seldom_as_stated(lasting):
    """90% intervals of the mean of 26 weeks; lasting errors are only partly seen in so few weeks."""
    rng, failed = np.random.default_rng(1), []
    for _ in range(300):
        error = rng.normal(size=26)
        for week in range(1, 26):
            error[week] = lasting * error[week - 1] + np.sqrt(1 - lasting**2) * error[week]
        scored = weekly_scores(
            pd.date_range("2026-01-05", periods=26, freq="7D"),
            100.0 + rng.normal(size=(200, 26)),
            100.0 + 5 * error,
            None,
        )
        failed.append(bias_check(bias_of(scored)).passed is False)
    assert np.mean(failed) == pytest.approx(0.1, abs=0.05 + 0.06 * (lasting > 0))


def test_a_biased_forecast_and_narrow_intervals_are_named():
    rng = np.random.default_rng(2)
    scored = weekly_scores(WEEKS, 130.0 + rng.normal(size=(1000, 8)), 100.0 + rng.normal(size=8), None)
    found = scores_of(scored)
    assert bias_check(bias_of(scored)).passed is False
    assert "too much a week" in bias_check(bias_of(scored)).detail
    assert coverage_check(found).passed is False


def test_a_single_week_tells_no_bias():
    scored = weekly_scores(WEEKS[:1], np.random.default_rng(0).normal(100, 5, (100, 1)), np.array([90.0]), None)
    assert bias_check(bias_of(scored)).passed is None


def saved_triggers(paths: np.ndarray, watch: str = "revenue") -> pd.DataFrame:
    """Bounds around weekly paths, shape (N, 8), as a plan is saved with them."""
    return trigger_table(trigger_bands({watch: paths}, 0.1), WEEKS, {watch: "EUR"})


def test_the_nearest_trigger_is_the_share_of_the_way_to_its_bound():
    paths = np.random.default_rng(3).normal(100.0, 10.0, size=(5000, 8))
    triggers = saved_triggers(paths)
    third = triggers.iloc[2]
    came = np.diff([0.0, 100.0, 200.0, (third["planned"] + third["lower"]) / 2])
    ahead = {"revenue": np.hstack([np.repeat(came[None], 500, axis=0), paths[:500, 3:]])}
    on_course = nearness(triggers.sample(frac=1.0, random_state=1), {"revenue": came}, ahead)
    assert on_course.iloc[0]["used"] == pytest.approx(-0.5)
    assert on_course.iloc[0][["state", "unit"]].tolist() == ["far", "EUR"]
    assert triggers_check(on_course).passed
    sounded = nearness(triggers, {"revenue": np.array([100.0, 100.0, 20.0])}, ahead)
    assert sounded.iloc[0][["state", "first_week", "side"]].tolist() == ["crossed", 3.0, "below"]
    assert "revenue fell below its bound in week 3" in triggers_check(sounded).detail


def test_a_quantity_that_nobody_counted_is_told_and_never_called_calm():
    triggers = saved_triggers(np.random.default_rng(3).normal(100.0, 10.0, size=(500, 8)), "demand on sales")
    found = nearness(triggers, {"revenue": np.ones(3)}, {"revenue": np.ones((5, 8))})
    assert found["state"].tolist() == ["not known"]
    check = triggers_check(found)
    assert check.passed is None
    assert "Nobody counted demand on sales" in check.detail


def test_the_planners_bias_is_that_of_all_its_plans_as_they_were_made():
    """Weighted by weeks; the interval is that of errors that all plans share."""
    record = pd.DataFrame(
        {
            "plan_run": ["b", "b", "a"],
            "after_week": [0, 4, 0],
            "weeks": [6, 2, 2],
            "bias": [0.10, 0.5, -0.02],
            "bias_lower": [0.04, 0.4, np.nan],
            "bias_upper": [0.16, 0.6, np.nan],
        }
    )
    found = planner_bias(record)
    assert (found.plans, found.weeks) == (2, 8)
    assert [found.estimate, found.lower, found.upper] == pytest.approx([0.07, 0.01, 0.13])
    assert bias_check(found).passed is False
    assert "Over 2 plans (8 weeks) the planner foresaw 7.0% too much a week" in bias_check(found).detail


def test_the_curse_of_the_best_of_many_is_that_of_normal_maxima():
    """The better of two equal plans by n draws promises σ/√(πn), of which the other draws hold nothing."""
    draws, excess = 400, []
    for seed in range(300):
        value = np.random.default_rng(seed).normal(size=(draws, 2))
        found = optimism(
            lambda kept, value=value: np.eye(2)[value[kept].mean(axis=0).argmax()],
            lambda plan, value=value: value @ plan,
            draws,
            seed=seed,
        )
        excess.append(found.excess)
    assert np.mean(excess) == pytest.approx(1 / np.sqrt(np.pi * draws / 2), rel=0.2)


def test_a_plan_chosen_without_looking_loses_exactly_nothing():
    value = np.random.default_rng(0).normal(size=(400, 2))
    found = optimism(lambda kept: np.array([1.0, 0.0]), lambda plan: value @ plan, 400, seed=1)
    assert found.excess == pytest.approx(0.0, abs=1e-12)
