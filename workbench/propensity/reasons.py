"""Why a score is what it is: which columns matter in all, and which moved one case's score most."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa

from workbench.customers.feature_words import phrase
from workbench.propensity.learners import Logistic
from workbench.propensity.metrics import TINY, Z
from workbench.propensity.model import ScoreModel
from workbench.propensity.rows import TrainingRows

REASONS = 3
MOST_EXPLAINED = 5
SAMPLED = 10_000
REPEATS = 3
NEGLIGIBLE = 0.01


def importance(model: ScoreModel, test: TrainingRows, seed: int) -> pd.DataFrame:
    """How much worse the held-out log loss becomes when a column's values are dealt out anew.

    Returns:
        column, rise (mean log loss), lower, upper; the most important first.
    """
    rng = np.random.default_rng(seed)
    sample = np.sort(rng.permutation(len(test))[:SAMPLED])
    rows = test.at(sample)
    matrix, feature_of = model.encoder.matrix(rows.features), model.encoder.feature_of
    plain = _losses(model, matrix, rows.outcome)
    found = []
    for number, column in enumerate(model.encoder.columns):
        own = feature_of == number
        rises = np.zeros(len(rows))
        for _ in range(REPEATS):
            dealt = matrix.copy()
            dealt[:, own] = matrix[rng.permutation(len(rows))][:, own]
            rises += (_losses(model, dealt, rows.outcome) - plain) / REPEATS
        spread = Z * rises.std(ddof=1) / np.sqrt(len(rows))
        found.append((column.name, rises.mean(), rises.mean() - spread, rises.mean() + spread))
    table = pd.DataFrame(found, columns=["column", "rise", "lower", "upper"])
    return table.sort_values("rise", ascending=False, kind="stable", ignore_index=True)


def contributions(model: ScoreModel, features: pd.DataFrame, explained: tuple[str, ...]) -> np.ndarray:
    """What each column adds to a case's log odds.

    For logistic regression against the average case: exact, they add up to the difference of the log odds. For boosting by
    how the log odds change when the column takes its typical value and all others stay: interactions count for each of theirs.

    Args:
        model: The score.
        features: Raw columns, one row a case.
        explained: Columns to be explained; all others are NaN.

    Returns:
        Shape (cases, columns of the encoder).
    """
    matrix, feature_of = model.encoder.matrix(features), model.encoder.feature_of
    wanted = [i for i, column in enumerate(model.encoder.columns) if column.name in explained]
    parts = np.full((len(features), len(model.encoder.columns)), np.nan)
    learner = model.learner
    if isinstance(learner, Logistic):
        terms = (matrix - learner.centre) * learner.weights
        for number in wanted:
            parts[:, number] = terms[:, feature_of == number].sum(axis=1)
        return parts
    whole = learner.log_odds(matrix)
    for number in wanted:
        own = feature_of == number
        unusual = np.flatnonzero((matrix[:, own] != model.typical[own]).any(axis=1))
        without = matrix[unusual]
        without[:, own] = model.typical[own]
        parts[:, number] = 0.0
        if len(unusual):
            parts[unusual, number] = whole[unusual] - learner.log_odds(without)
    return parts


def explained_columns(model: ScoreModel, ranked: pd.DataFrame) -> tuple[str, ...]:
    """All columns where explaining is free, else the most important ones."""
    names = tuple(str(name) for name in ranked.column)
    return names if isinstance(model.learner, Logistic) else names[:MOST_EXPLAINED]


@dataclass(frozen=True, eq=False)
class ReasonBook:
    """All sentences that reasons can be, so that a case's reasons are three numbers."""

    model: ScoreModel

    @cached_property
    def _starts(self) -> np.ndarray:
        sizes = [2 * len(column.words()) for column in self.model.encoder.columns]
        return np.concatenate([[0], np.cumsum(sizes)[:-1]])

    @cached_property
    def sentences(self) -> pa.Array:
        """Position 0 is no reason at all."""
        texts = [
            f"{phrase(column.name)}: {word} ({direction})"
            for column in self.model.encoder.columns
            for word in column.words()
            for direction in ("lowers", "raises")
        ]
        return pa.array(["", *texts])

    def reasons(self, features: pd.DataFrame, parts: np.ndarray) -> np.ndarray:
        """Positions in `sentences` of each case's strongest contributions, shape (cases, REASONS)."""
        strength = np.nan_to_num(np.abs(parts), nan=0.0)
        width = min(REASONS, strength.shape[1])
        top = np.argpartition(-strength, width - 1, axis=1)[:, :width]
        top = np.take_along_axis(top, np.argsort(-np.take_along_axis(strength, top, axis=1), axis=1), axis=1)
        words = np.stack([c.word_of(features[c.name]) for c in self.model.encoder.columns], axis=1)
        chosen = np.take_along_axis(parts, top, axis=1)
        code = 1 + self._starts[top] + 2 * np.take_along_axis(words, top, axis=1) + (chosen > 0)
        found = np.zeros((len(features), REASONS), dtype=np.int32)
        found[:, :width] = np.where(np.nan_to_num(np.abs(chosen)) >= NEGLIGIBLE, code, 0)
        return found


def _losses(model: ScoreModel, matrix: np.ndarray, outcome: np.ndarray) -> np.ndarray:
    p = np.clip(model.calibrator.probability(model.learner.log_odds(matrix)), TINY, 1 - TINY)
    return -np.where(outcome, np.log(p), np.log1p(-p))
