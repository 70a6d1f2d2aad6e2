"""Reasons add up where they can, and name what moved the score."""

import numpy as np
import pandas as pd
import pytest
from propensity.worlds import simulate

from workbench.propensity.model import fit_foreseeing
from workbench.propensity.reasons import ReasonBook, contributions, importance

NAMES = ("visits", "age", "noise", "origin")
ROWS = simulate(1, size=6000).rows()


@pytest.fixture(scope="module")
def models():
    return {name: fit_foreseeing(name, ROWS, 1)[0] for name in ("logistic regression", "gradient boosting")}


def test_contributions_of_the_logistic_model_add_up_exactly(models):
    model = models["logistic regression"]
    parts = contributions(model, ROWS.features, NAMES)
    average = model.encoder.matrix(ROWS.features).mean(axis=0)
    at_average = model.learner.log_odds(average[None, :])[0]
    np.testing.assert_allclose(parts.sum(axis=1), model.log_odds(ROWS.features) - at_average, atol=1e-9)


def test_contributions_of_boosting_find_the_true_effects(models):
    """The truth is additive: 0.9 per visit, against the typical case."""
    parts = contributions(models["gradient boosting"], ROWS.features, NAMES)
    visits = ROWS.features.visits.to_numpy()
    inner = np.abs(visits) < 1.5
    slope = np.polyfit(visits[inner], parts[inner, 0], 1)[0]
    assert slope == pytest.approx(0.9, abs=0.15)
    assert np.abs(parts[:, 2]).mean() < np.abs(parts[:, 0]).mean() / 3


def test_what_is_not_asked_for_is_not_explained(models):
    parts = contributions(models["gradient boosting"], ROWS.features, ("age",))
    assert np.isnan(parts[:, [0, 2, 3]]).all()
    assert np.isfinite(parts[:, 1]).all()


def test_reasons_are_the_strongest_contributions_in_words(models):
    model = models["logistic regression"]
    cases = pd.DataFrame(
        {
            "visits": [4.0, -4.0],
            "age": [0.0, 0.0],
            "noise": [0.0, 0.0],
            "origin": pd.Series(["event", "social"], dtype=object),
        }
    )
    book = ReasonBook(model)
    codes = book.reasons(cases, contributions(model, cases, NAMES))
    words = np.array(book.sentences.to_pylist())[codes]
    assert words[0, :2].tolist() == ["visits: high (raises)", "origin: event (raises)"]
    assert words[1, :2].tolist() == ["visits: low (lowers)", "origin: social (lowers)"]


@pytest.mark.parametrize("name", ["logistic regression", "gradient boosting"])
def test_importance_ranks_causes_above_noise(models, name):
    table = importance(models[name], simulate(2, size=4000).rows(), seed=1).set_index("column")
    assert table.index[0] == "visits"
    assert table.lower["visits"] > 0
    assert abs(table.rise["noise"]) < 0.1 * table.rise["visits"]
