"""One fitted score: raw columns in, probabilities out, calibrated on rows that the model had not seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.propensity.calibration import Calibrator, fit_calibrator
from workbench.propensity.encoding import Encoder, fit_encoder
from workbench.propensity.learners import Learner, LearnerName, fit_learner
from workbench.propensity.rows import TrainingRows
from workbench.propensity.time_split import Folds, forward_folds


@dataclass(frozen=True, kw_only=True)
class ScoreModel:
    """An encoder, a model of log odds and the map from these to probabilities.

    Attributes:
        typical: Median of each number that the model reads, in training.
    """

    encoder: Encoder
    learner: Learner
    calibrator: Calibrator
    typical: np.ndarray

    def log_odds(self, features: pd.DataFrame) -> np.ndarray:
        """Before calibration, shape (rows,)."""
        return self.learner.log_odds(self.encoder.matrix(features))

    def probability(self, features: pd.DataFrame) -> np.ndarray:
        """Calibrated, shape (rows,)."""
        return self.calibrator.probability(self.log_odds(features))


@dataclass(frozen=True, kw_only=True)
class Foreseen:
    """What models made of earlier rows said of later ones.

    Attributes:
        rows: Positions of the rows that were predicted.
        log_odds: Of each, before calibration.
        ordered: Whether each was predicted from earlier rows alone.
    """

    rows: np.ndarray
    log_odds: np.ndarray
    ordered: bool


def foresee(name: LearnerName, rows: TrainingRows, folds: Folds, seed: int) -> Foreseen:
    """Predict every fold from the rows before it."""
    parts = []
    for earlier, later in folds.pairs:
        encoder, matrix = fit_encoder(rows.features.iloc[earlier], rows.outcome[earlier])
        learner = fit_learner(name, matrix, rows.outcome[earlier], seed)
        parts.append(learner.log_odds(encoder.matrix(rows.features.iloc[later])))
    return Foreseen(rows=folds.predicted, log_odds=np.concatenate(parts), ordered=folds.ordered)


def fit_model(name: LearnerName, rows: TrainingRows, foreseen: Foreseen, seed: int) -> ScoreModel:
    """Fit on all rows; the map to probabilities is learnt from what was foreseen."""
    encoder, matrix = fit_encoder(rows.features, rows.outcome)
    return ScoreModel(
        encoder=encoder,
        learner=fit_learner(name, matrix, rows.outcome, seed),
        calibrator=fit_calibrator(foreseen.log_odds, rows.outcome[foreseen.rows]),
        typical=np.median(matrix, axis=0),
    )


def fit_foreseeing(name: LearnerName, rows: TrainingRows, seed: int) -> tuple[ScoreModel, Foreseen]:
    """The whole of one model: folds in time, calibration, fit."""
    foreseen = foresee(name, rows, forward_folds(rows, seed), seed)
    return fit_model(name, rows, foreseen, seed), foreseen
