"""A score's promises over many simulated worlds: no clean column is called a leak, intervals hold what the model is really worth."""

import numpy as np
import pytest
from propensity.worlds import simulate

from workbench.propensity.competition import compete
from workbench.propensity.leakage import find_leakage
from workbench.propensity.metrics import performance
from workbench.propensity.reasons import contributions
from workbench.propensity.time_split import split_in_time

EVERYONE = simulate(99, size=40_000)


def true_worth(probability: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """AUC, lift and calibration error against true probabilities, free of the chance of outcomes."""
    ordered = truth[np.argsort(probability, kind="stable")]
    below = np.cumsum(1 - ordered) - 0.5 * (1 - ordered)
    tenth = np.argsort(np.argsort(-probability, kind="stable")) * 10 // len(truth)
    gap = np.bincount(tenth, probability - truth)
    return {
        "auc": float(ordered @ below / (truth.sum() * (1 - truth).sum())),
        "lift_top_tenth": float(truth[tenth == 0].mean() / truth.mean()),
        "ece": float(np.abs(gap).sum() / len(truth)),
    }


@pytest.mark.slow
def test_clean_columns_are_hardly_ever_called_leaks():
    flagged = 0
    for seed in range(100):
        rows = simulate(5000 + seed, size=2000).rows()
        flagged += len(find_leakage(rows, split_in_time(rows, 0.25), (), seed).columns) > 0
    assert flagged <= 2


@pytest.mark.slow
def test_intervals_of_auc_and_lift_hold_the_truth_and_probabilities_are_near_it():
    inside, errors, worlds = {"auc": 0, "lift_top_tenth": 0}, [], 50
    for seed in range(worlds):
        rows = simulate(7000 + seed, size=2500).rows()
        winner = compete(rows, split_in_time(rows, 0.25), 1).winner
        truth = true_worth(winner.model.probability(EVERYONE.features), EVERYONE.truth)
        told = performance(winner.judged, seed).set_index("metric")
        for name in inside:
            inside[name] += told.lower[name] <= truth[name] <= told.upper[name]
        errors.append(truth["ece"])
    assert all(0.88 * worlds <= hits for hits in inside.values()), inside
    assert np.mean(errors) < 0.025
    assert np.max(errors) < 0.06


def test_a_case_s_reasons_add_up_to_its_log_odds_and_a_column_s_to_nothing_on_average():
    rows = simulate(3, size=2500).rows()
    winner = compete(rows, split_in_time(rows, 0.25), 1).winner
    assert winner.model.learner.name == "logistic regression"
    parts = contributions(winner.model, rows.features, tuple(rows.features.columns))
    rest = winner.model.log_odds(rows.features) - parts.sum(axis=1)
    np.testing.assert_allclose(rest, rest[0], atol=1e-9)
    train = rows.at(split_in_time(rows, 0.25).train)
    learnt = contributions(winner.model, train.features, tuple(train.features.columns))
    np.testing.assert_allclose(learnt.mean(axis=0), 0, atol=1e-9)
