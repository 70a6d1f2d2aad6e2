"""Maps from log odds to probabilities: known stretches are recovered, order is kept, nothing is certain."""

import numpy as np
import pytest
from scipy.special import expit
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from workbench.propensity.calibration import Isotonic, Platt, fit_calibrator, fit_platt


def drawn(seed: int, size: int, slope: float = 0.5, shift: float = -1.0):
    rng = np.random.default_rng(seed)
    log_odds = rng.normal(-1, 2, size)
    return log_odds, rng.random(size) < expit(shift + slope * log_odds)


def test_platt_recovers_the_stretch_and_shift():
    found = fit_platt(*drawn(1, 60_000))
    assert (found.slope, found.shift) == pytest.approx((0.5, -1.0), abs=0.05)


def test_platt_is_scikit_learns_logistic_regression_where_targets_hardly_matter():
    log_odds, outcome = drawn(2, 20_000)
    theirs = LogisticRegression(C=1e9).fit(log_odds[:, None], outcome)
    found = fit_platt(log_odds, outcome)
    assert found.slope == pytest.approx(theirs.coef_[0, 0], rel=0.01)
    assert found.shift == pytest.approx(theirs.intercept_[0], rel=0.01)


def test_an_inverted_score_is_flattened_not_turned_round():
    log_odds, outcome = drawn(3, 3000)
    assert fit_platt(-log_odds, outcome).slope == 0


def test_isotonic_is_scikit_learns_and_never_certain():
    log_odds, outcome = drawn(4, 20_000)
    found = fit_calibrator(log_odds, outcome)
    assert isinstance(found, Isotonic)
    theirs = IsotonicRegression(out_of_bounds="clip").fit(log_odds, outcome).predict(log_odds)
    inside = (theirs > 0.01) & (theirs < 0.99)
    np.testing.assert_allclose(found.probability(log_odds)[inside], theirs[inside], atol=1e-9)
    assert 0 < found.probability(np.array([-99.0]))[0] < found.probability(np.array([99.0]))[0] < 1


def test_few_outcomes_take_two_numbers():
    assert isinstance(fit_calibrator(*drawn(5, 800)), Platt)
