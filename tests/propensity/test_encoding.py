"""Raw columns as numbers: unseen levels, missing values, and ten thousand levels that tell nothing."""

import numpy as np
import pandas as pd
import pytest

from workbench.config.customers import Score
from workbench.propensity.auc import auc_with_error
from workbench.propensity.columns import choose_columns
from workbench.propensity.encoding import LevelColumn, RateColumn, fit_encoder

SPEC = Score(kind="lead")


def test_ten_thousand_levels_of_nothing_do_not_tell_their_own_outcome():
    rng = np.random.default_rng(1)
    outcome = rng.random(40_000) < 0.2
    page = (10_000 * rng.random(40_000) ** 4).astype(int).astype(str)
    encoder, matrix = fit_encoder(pd.DataFrame({"page": pd.Series(page, dtype=object)}), outcome)
    assert len(set(page)) > 5000
    assert 20 < len(encoder.columns[0].levels) < 400
    assert matrix.shape == (40_000, 1)
    assert auc_with_error(matrix[:, 0], outcome)[0] == pytest.approx(0.5, abs=0.015)


def test_levels_that_are_all_rare_are_left_out_with_the_reason():
    page = pd.Series(np.random.default_rng(1).integers(0, 900, 2000).astype(str), dtype=object)
    chosen = choose_columns(
        pd.DataFrame({"page": page}), pd.Series(pd.Timestamp("2024-01-01"), index=range(2000)), SPEC
    )
    assert chosen.features.empty
    assert "occurs in 30 cases" in chosen.exclusions.reason.iloc[0]


def test_many_frequent_levels_become_their_rates_out_of_fold():
    rng = np.random.default_rng(2)
    level = rng.integers(0, 40, 20_000)
    outcome = rng.random(20_000) < 0.05 + 0.01 * level
    noise = rng.integers(0, 200, 20_000)
    frame = pd.DataFrame({"level": level.astype(str), "noise": noise.astype(str)}, dtype=object)
    encoder, matrix = fit_encoder(frame, outcome)
    assert all(isinstance(column, RateColumn) for column in encoder.columns)
    rate = 1 / (1 + np.exp(-encoder.columns[0].matrix(pd.Series(["3", "30"], dtype=object))[:, 0]))
    assert rate == pytest.approx([0.08, 0.35], abs=0.05)
    # In sample, two hundred levels of noise would pass for knowledge; out of fold they must not.
    assert auc_with_error(matrix[:, 1], outcome)[0] < 0.515
    assert auc_with_error(encoder.columns[1].matrix(frame.noise)[:, 0], outcome)[0] > 0.53


def test_new_levels_and_missing_values_are_read_as_such():
    frame = pd.DataFrame(
        {
            "origin": pd.Series(["a", "b"] * 100, dtype=object),
            "visits": [1.0, np.nan, 3.0, 4.0] * 50,
        }
    )
    encoder, _ = fit_encoder(frame, np.arange(200) % 3 == 0)
    assert isinstance(encoder.columns[0], LevelColumn)
    new = pd.DataFrame({"origin": pd.Series(["b", "c", None], dtype=object), "visits": [99.0, np.nan, -99.0]})
    np.testing.assert_allclose(encoder.matrix(new), [[0, 1, 4, 0], [0, 0, 3, 1], [0, 0, 1, 0]])
