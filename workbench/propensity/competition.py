"""Logistic regression and gradient boosting on the same cases: the simple one stays unless the other foresees better."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.propensity.calibration import fit_platt
from workbench.propensity.learners import LEARNERS, LearnerName
from workbench.propensity.metrics import Judged, loss_difference, performance
from workbench.propensity.model import Foreseen, ScoreModel, fit_foreseeing
from workbench.propensity.rows import TrainingRows
from workbench.propensity.time_split import Split


@dataclass(frozen=True, kw_only=True)
class Contender:
    """One model, fitted before the test began.

    Attributes:
        model: The score.
        foreseen: What its predecessors said of later cases before the test.
        log_odds: Of the test, before calibration.
        judged: Its probabilities for the test beside what happened.
    """

    model: ScoreModel
    foreseen: Foreseen
    log_odds: np.ndarray
    judged: Judged


@dataclass(frozen=True, kw_only=True)
class Competition:
    """Who won, and by how much.

    Attributes:
        contenders: By name, logistic regression first.
        chosen: The winner's name.
        gain: By how much boosting's mean log loss was lower on foreseen cases before the test.
        gain_lower: Lower end of its interval; boosting is chosen where it is above zero.
        gain_upper: Upper end.
    """

    contenders: dict[LearnerName, Contender]
    chosen: LearnerName
    gain: float
    gain_lower: float
    gain_upper: float

    @property
    def winner(self) -> Contender:
        return self.contenders[self.chosen]


def compete(rows: TrainingRows, split: Split, seed: int) -> Competition:
    """Fit both on the cases before the test, choose by what each foresaw there, and judge both on the test.

    The choice never looks at the test, which therefore flatters neither.
    """
    train, test = rows.at(split.train), rows.at(split.test)
    contenders = {name: _contender(name, train, test, seed) for name in LEARNERS}
    simple, bending = (_foreseen(contenders[name], train) for name in LEARNERS)
    gain, lower, upper = loss_difference(simple, bending)
    return Competition(
        contenders=contenders,
        chosen=LEARNERS[1] if lower > 0 else LEARNERS[0],
        gain=gain,
        gain_lower=lower,
        gain_upper=upper,
    )


def models_table(competition: Competition, seed: int) -> pd.DataFrame:
    """Held-out metrics of both: model, metric, estimate, lower, upper, chosen."""
    return pd.concat(
        [
            performance(contender.judged, seed).assign(model=name, chosen=name == competition.chosen)
            for name, contender in competition.contenders.items()
        ],
        ignore_index=True,
    )[["model", "metric", "estimate", "lower", "upper", "chosen"]]


def _contender(name: LearnerName, train: TrainingRows, test: TrainingRows, seed: int) -> Contender:
    model, foreseen = fit_foreseeing(name, train, seed)
    log_odds = model.log_odds(test.features)
    probability = model.calibrator.probability(log_odds)
    return Contender(
        model=model,
        foreseen=foreseen,
        log_odds=log_odds,
        judged=Judged(probability=probability, outcome=test.outcome, unit=test.unit),
    )


def _foreseen(contender: Contender, train: TrainingRows) -> Judged:
    positions, log_odds = contender.foreseen.rows, contender.foreseen.log_odds
    outcome = train.outcome[positions]
    # Two numbers of calibration for each, so that ranking is compared and not the drift of the outcome's rate.
    probability = fit_platt(log_odds, outcome).probability(log_odds)
    return Judged(probability=probability, outcome=outcome, unit=train.unit[positions])
