"""The two models that compete: logistic regression, which explains itself, and gradient boosting, which bends."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from threadpoolctl import threadpool_limits

type LearnerName = Literal["logistic regression", "gradient boosting"]
LEARNERS: tuple[LearnerName, ...] = ("logistic regression", "gradient boosting")
RIDGE = 1.0
ROUNDS, LEAVES, RATE = 100, 8, 0.08


class Learner(Protocol):
    """A fitted model of the log odds."""

    @property
    def name(self) -> LearnerName: ...

    def log_odds(self, matrix: np.ndarray) -> np.ndarray:
        """Shape (rows,)."""
        ...


@dataclass(frozen=True, kw_only=True)
class Logistic:
    """Penalised logistic regression on standardised columns.

    Attributes:
        centre: Mean of each column in training.
        weights: Log odds per unit of each column.
        at_centre: Log odds where all columns are at their mean.
    """

    centre: np.ndarray
    weights: np.ndarray
    at_centre: float
    name: LearnerName = "logistic regression"

    def log_odds(self, matrix: np.ndarray) -> np.ndarray:
        return self.at_centre + (matrix - self.centre) @ self.weights


@dataclass(frozen=True, kw_only=True)
class Boosting:
    """Gradient-boosted trees on the log loss."""

    trees: object
    name: LearnerName = "gradient boosting"

    def log_odds(self, matrix: np.ndarray) -> np.ndarray:
        # Two trees' worth of threads on a shared machine wait for each other longer than one works.
        with threadpool_limits(1):
            return np.asarray(self.trees.decision_function(matrix))  # type: ignore[attr-defined]


def fit_learner(name: LearnerName, matrix: np.ndarray, outcome: np.ndarray, seed: int) -> Learner:
    """Fit without reweighting outcomes: rare ones stay rare, so that probabilities stay true."""
    with threadpool_limits(1):
        return _logistic(matrix, outcome) if name == "logistic regression" else _boosting(matrix, outcome, seed)


def _logistic(matrix: np.ndarray, outcome: np.ndarray) -> Logistic:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    centre, scale = matrix.mean(axis=0), matrix.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    with warnings.catch_warnings():
        # The penalty makes the optimum unique; its last digits don't matter here.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = LogisticRegression(C=1 / RIDGE, max_iter=400).fit((matrix - centre) / scale, outcome)
    return Logistic(centre=centre, weights=model.coef_[0] / scale, at_centre=float(model.intercept_[0]))


def _boosting(matrix: np.ndarray, outcome: np.ndarray, seed: int) -> Boosting:
    from sklearn.ensemble import HistGradientBoostingClassifier

    trees = HistGradientBoostingClassifier(
        learning_rate=RATE,
        max_iter=ROUNDS,
        max_leaf_nodes=LEAVES,
        min_samples_leaf=max(40, len(outcome) // 400),
        l2_regularization=1.0,
        early_stopping=False,
        random_state=seed,
    )
    return Boosting(trees=trees.fit(matrix, outcome))
