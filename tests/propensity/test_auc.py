"""AUC against scikit-learn, its error against repeated samples."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from workbench.propensity.auc import WeightedAUC, auc_with_error


@pytest.mark.parametrize("decimals", [1, 8])
def test_auc_is_scikit_learns_with_and_without_ties(decimals):
    rng = np.random.default_rng(decimals)
    outcome = rng.random(800) < 0.2
    score = np.round(rng.normal(outcome * 0.7), decimals)
    weights = rng.integers(0, 4, 800).astype(float)
    assert auc_with_error(score, outcome)[0] == pytest.approx(roc_auc_score(outcome, score), abs=1e-12)
    expected = roc_auc_score(outcome, score, sample_weight=weights)
    assert WeightedAUC(score, outcome)(weights) == pytest.approx(expected, abs=1e-12)


def test_intervals_hold_the_true_auc_as_often_as_promised():
    rng = np.random.default_rng(3)
    true = norm.cdf(1 / np.sqrt(2))
    hits = 0
    for _ in range(600):
        outcome = rng.random(300) < 0.25
        auc, error = auc_with_error(rng.normal(outcome.astype(float)), outcome)
        hits += abs(auc - true) <= 1.959964 * error
    assert 0.92 <= hits / 600 <= 0.975


def test_without_both_outcomes_there_is_no_auc():
    assert np.isnan(auc_with_error(np.arange(3.0), np.ones(3, dtype=bool))).all()
