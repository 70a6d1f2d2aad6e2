"""Metrics against scikit-learn and by hand; their intervals against repeated samples."""

import numpy as np
import pytest
from scipy.special import expit
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from workbench.propensity.metrics import (
    Judged,
    calibration_error,
    calibration_error_by_chance,
    loss_difference,
    performance,
    tenths,
)


def sample(seed: int, size: int = 1000, shift: float = 0.0) -> Judged:
    rng = np.random.default_rng(seed)
    log_odds = rng.normal(-1.5, 1.2, size)
    outcome = rng.random(size) < expit(log_odds)
    return Judged(probability=expit(log_odds + shift), outcome=outcome, unit=np.arange(size))


def test_metrics_are_scikit_learns():
    judged = sample(1)
    found = performance(judged, seed=1).set_index("metric").estimate
    assert found["auc"] == pytest.approx(roc_auc_score(judged.outcome, judged.probability))
    assert found["log_loss"] == pytest.approx(log_loss(judged.outcome, judged.probability))
    assert found["brier"] == pytest.approx(brier_score_loss(judged.outcome, judged.probability))


def test_calibration_error_by_hand():
    probability = np.repeat(np.linspace(0.05, 0.95, 10), 10)
    outcome = np.concatenate([np.arange(10) < round(10 * p) for p in np.linspace(0.05, 0.95, 10)])
    judged = Judged(probability=probability, outcome=outcome, unit=np.arange(100))
    rates = outcome.reshape(10, 10).mean(axis=1)
    assert calibration_error(judged) == pytest.approx(np.abs(rates - np.linspace(0.05, 0.95, 10)).mean())


def test_tenths_count_every_case_once_and_gains_end_at_all():
    judged = sample(2)
    table = tenths(judged, seed=1)
    order = np.argsort(-judged.probability)
    top = judged.outcome[order[:100]]
    assert table.outcomes.iloc[0] == top.sum()
    assert table.gain.iloc[0] == pytest.approx(top.sum() / judged.outcome.sum())
    assert table.lift.iloc[0] == pytest.approx(top.mean() / judged.outcome.mean())
    assert table.rows.sum() == 1000
    assert table.gain.iloc[-1] == pytest.approx(1)


def test_bootstrap_intervals_hold_the_truth():
    many = sample(99, 400_000)
    top = many.outcome[np.argsort(-many.probability)[:40_000]]
    large = {
        "auc": roc_auc_score(many.outcome, many.probability),
        "log_loss": log_loss(many.outcome, many.probability),
        "brier": brier_score_loss(many.outcome, many.probability),
        "lift_top_tenth": top.mean() / many.outcome.mean(),
    }
    hits = dict.fromkeys(large, 0)
    for seed in range(60):
        rows = performance(sample(seed, 500), seed=seed).set_index("metric")
        for metric in hits:
            hits[metric] += rows.lower[metric] <= large[metric] <= rows.upper[metric]
    assert all(0.85 <= hit / 60 <= 1 for hit in hits.values()), hits


def test_true_probabilities_fail_the_calibration_check_once_in_twenty():
    failed = sum(
        calibration_error(sample(seed, 800)) > calibration_error_by_chance(sample(seed, 800), seed, draws=200)
        for seed in range(200)
    )
    assert 2 <= failed <= 20


def test_shifted_probabilities_fail_it():
    judged = sample(5, 2000, shift=0.7)
    assert calibration_error(judged) > 2 * calibration_error_by_chance(judged, 1)


def test_several_rows_of_one_customer_widen_the_interval():
    one = sample(6, 500)
    four = Judged(**{name: np.tile(getattr(one, name), 4) for name in ("probability", "outcome", "unit")})
    alone = Judged(probability=four.probability, outcome=four.outcome, unit=np.arange(2000))
    width = {
        name: performance(each, 1).set_index("metric")
        for name, each in (("one", one), ("four", four), ("alone", alone))
    }
    spread = {name: rows.upper["auc"] - rows.lower["auc"] for name, rows in width.items()}
    assert spread["four"] == pytest.approx(spread["one"], rel=0.05)
    assert spread["alone"] == pytest.approx(spread["one"] / 2, rel=0.2)


def test_the_loss_difference_finds_the_better_and_knows_chance():
    good, bad = sample(7, 3000), sample(7, 3000, shift=0.8)
    assert loss_difference(bad, good)[1] > 0
    rng = np.random.default_rng(1)
    noisy = [
        loss_difference(
            Judged(
                probability=expit(np.log(each.probability / (1 - each.probability)) + 0.1 * rng.normal(size=1000)),
                outcome=each.outcome,
                unit=each.unit,
            ),
            Judged(
                probability=expit(np.log(each.probability / (1 - each.probability)) + 0.1 * rng.normal(size=1000)),
                outcome=each.outcome,
                unit=each.unit,
            ),
        )
        for each in (sample(seed) for seed in range(200))
    ]
    claims = sum(lower > 0 for _, lower, _ in noisy)
    assert claims <= 11
