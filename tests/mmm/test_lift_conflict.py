"""What tests and sales history would each say alone, against known truths and the tests' own statistics."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.mmm.worlds import simulate
from workbench.config import MediaMix
from workbench.mmm.checks.lift_conflict import (
    LiftEvidence,
    conflict_checks,
    lift_conflict,
    lift_evidence,
    lift_tests_consistent,
    response_without_tests,
)
from workbench.mmm.density.parameters import natural
from workbench.mmm.density.sample import sample_posterior
from workbench.mmm.posterior.fitted_response import response_model
from workbench.mmm.prepare import prepare
from workbench.result import Check

WORLD = simulate(seed=6)


def evidence(measured, error, history, together=None, channel: str = "tv") -> LiftEvidence:
    history = np.asarray(history, dtype=float)
    return LiftEvidence(
        channel=channel,
        names=tuple("abcdefgh"[: len(measured)]),
        measured=np.asarray(measured, dtype=float),
        standard_error=np.asarray(error, dtype=float),
        history=history,
        together=history if together is None else np.asarray(together, dtype=float),
    )


def effect(spend: np.ndarray) -> np.ndarray:
    """Channel 0 of the simulated world, up to its scale: retention 0.3, then a Hill curve of slope 1.1."""
    half, acting, effects = 1.2 * WORLD.panel.spend[:, 0, 0].mean() / 0.7, 0.0, []
    for amount in spend:
        acting = 0.3 * acting + 0.7 * amount
        effects.append(acting**1.1 / (acting**1.1 + half**1.1))
    return np.array(effects)


def true_lift(start: int) -> float:
    """What twelve weeks of spend from this week on caused in these weeks."""
    spend, weeks = WORLD.panel.spend[:, 0, 0], slice(13 + start, 13 + start + 12)
    without = spend.copy()
    without[weeks] = 0.0
    scale = WORLD.media[:, 0, 0].sum() / effect(spend)[13:].sum()
    return float(scale * (effect(spend) - effect(without))[weeks].sum())


def lift_of(*multiples: float) -> pd.DataFrame:
    """One test of channel 0 for each multiple of the truth, known to ±0.15 per unit of spend."""
    starts = [20 + 30 * i for i in range(len(multiples))]
    spent = np.array([WORLD.panel.window_spend[start : start + 12, 0, 0].sum() for start in starts])
    return pd.DataFrame(
        {
            "experiment_id": [f"test {i + 1}" for i in range(len(multiples))],
            "channel": "channel 0",
            "markets": "market 0",
            "start": [WORLD.panel.weeks[start] for start in starts],
            "end": [WORLD.panel.weeks[start + 12] - pd.Timedelta(days=1) for start in starts],
            "spend_change": spent,
            "lift": np.array(multiples) * [true_lift(start) for start in starts],
            "lift_se": 0.15 * spent,
        }
    )


def checks_of(*multiples: float) -> dict[str, Check]:
    prepared = prepare(WORLD.panel, MediaMix(), {}, lift_of(*multiples))
    sample = sample_posterior(prepared.data, seed=1, draws=300, tune=300, chains=2)
    response = response_model(natural(sample.flat(600), prepared.design, prepared.priors), prepared.design)
    history = response_without_tests(prepared, seed=1)
    evidence = lift_evidence(history, response, prepared.design, prepared.tests)
    return {check.name: check for check in conflict_checks(evidence, "EUR")}


def test_tests_alone_are_their_precision_weighted_mean():
    mean, error = evidence([2.0, 3.0], [0.5, 0.25], np.ones((10, 2))).tests_alone
    assert mean == pytest.approx((2.0 * 4 + 3.0 * 16) / 20)
    assert error == pytest.approx(20**-0.5)


def test_distance_is_that_of_the_same_mean_of_the_history():
    history = np.random.default_rng(1).normal([1.0, 2.0], 0.3, size=(4000, 2))
    found = evidence([2.0, 3.0], [0.5, 0.25], history).distance
    of_history = 0.2 * history[:, 0] + 0.8 * history[:, 1]
    assert found == pytest.approx((2.8 - of_history.mean()) / np.sqrt(1 / 20 + of_history.var()))


def test_chance_is_cochrans_where_the_history_expects_the_same_of_all():
    measured, error = np.array([1.0, 1.6, 2.4]), np.array([0.3, 0.4, 0.5])
    pooled = np.average(measured, weights=error**-2.0)
    q = (((measured - pooled) / error) ** 2).sum()
    assert evidence(measured, error, np.full((5, 3), 1.7)).chance == pytest.approx(stats.chi2.sf(q, 2))


def test_tests_may_differ_as_the_history_expects():
    """Twice the spend at diminishing returns: tests of 3.0 and 1.5 say the same where the history expects 2 and 1."""
    assert evidence([3.0, 1.5], [0.1, 0.1], np.tile([2.0, 1.0], (5, 1))).chance == pytest.approx(1.0)


def test_tests_of_one_truth_contradict_each_other_as_often_as_stated():
    rng, expected, error = np.random.default_rng(2), np.array([2.0, 1.5, 1.0]), np.array([0.4, 0.2, 0.3])
    history = np.tile(expected, (2, 1))
    chances = [evidence(rng.normal(1.3 * expected, error), error, history).chance for _ in range(2000)]
    assert stats.kstest(chances, "uniform").pvalue > 0.01


def test_the_limit_is_shared_by_the_channels():
    """With a chance of 3%, one channel fails and two of them don't."""
    gap = 0.1 * np.sqrt(2) * stats.norm.isf(0.03 / 2)
    one = evidence([1.0 + gap, 1.0], [0.1, 0.1], np.ones((5, 2)))
    calm = evidence([1.0, 1.0], [0.1, 0.1], np.ones((5, 2)), channel="radio")
    assert one.chance == pytest.approx(0.03)
    assert not lift_tests_consistent([one], "EUR").passed
    assert lift_tests_consistent([one, calm], "EUR").passed


def test_a_conflict_says_what_each_says_alone():
    history = np.random.default_rng(3).normal(3.0, 0.2, size=(5000, 1))
    check = lift_conflict([evidence([1.0], [0.2], history, history - 1.0)], "EUR")
    assert check.passed is False
    assert check.value == pytest.approx(2.0 / np.hypot(0.2, 0.2), rel=0.03)
    assert "tv: the test alone says €1.00 (€0.67 to €1.33), the sales history alone €3.00" in check.detail
    assert "both together €2.00" in check.detail
    assert "On tv the two contradict each other" in check.detail


def test_a_true_test_agrees_with_the_history_and_a_false_one_does_not():
    assert checks_of(1.0)["lift_conflict"].passed
    wrong = checks_of(3.0)["lift_conflict"]
    assert not wrong.passed
    assert "On channel 0 the two contradict each other" in wrong.detail


def test_tests_that_contradict_each_other_are_named():
    assert checks_of(1.0, 1.0)["lift_tests_consistent"].passed
    check = checks_of(0.5, 2.0)["lift_tests_consistent"]
    assert not check.passed
    assert "channel 0: test 1 €" in check.detail
    assert "± 0.25, test 2 €" in check.detail


def test_without_tests_there_is_nothing_to_compare():
    assert conflict_checks([], "EUR") == []
