"""Does the score hold over time? Ranking and calibration by block, and what calibrating anew on the latest block would mend."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from workbench.propensity.auc import auc_with_error
from workbench.propensity.calibration import fit_platt
from workbench.propensity.competition import Contender
from workbench.propensity.metrics import Judged, Z, calibration_error, calibration_error_by_chance
from workbench.propensity.model import ScoreModel, fit_foreseeing
from workbench.propensity.rows import TrainingRows
from workbench.propensity.time_split import Split, time_blocks

TEST_BLOCKS = 3
LEARNT_BLOCKS = 5
MOST_MISCALIBRATED = 0.1
LARGEST_DROP = 0.05
LEAST_TO_CALIBRATE = 50


@dataclass(frozen=True, kw_only=True)
class Calibrated:
    """How far held-out rates lay from probabilities.

    Attributes:
        error: Expected calibration error on the test.
        allowed: A tenth of the outcome's rate, or what chance alone explains, whichever is larger.
        before: Error on the later part of the test.
        after: The same after calibrating anew on the earlier part.
    """

    error: float
    allowed: float
    before: float
    after: float

    @property
    def holds(self) -> bool:
        return self.error <= self.allowed


@dataclass(frozen=True, kw_only=True)
class RankingDrop:
    """By how much the AUC of the test lies below that foreseen before it, with its interval."""

    drop: float
    lower: float
    upper: float

    @classmethod
    def unknown(cls) -> RankingDrop:
        return cls(drop=np.nan, lower=np.nan, upper=np.nan)


def judge_calibration(contender: Contender, test: TrainingRows, seed: int) -> Calibrated:
    """Compare with what chance explains; try the mend on the test's own two halves."""
    judged = contender.judged
    chance = calibration_error_by_chance(judged, seed)
    later = time_blocks(test.time, 2) == 1
    if not later.any():
        later = test.unit % 2 == 1
    anew = fit_platt(contender.log_odds[~later], test.outcome[~later])
    second = Judged(probability=judged.probability[later], outcome=test.outcome[later], unit=test.unit[later])
    return Calibrated(
        error=calibration_error(judged),
        allowed=max(chance, MOST_MISCALIBRATED * float(test.outcome.mean())),
        before=calibration_error(second),
        after=calibration_error(replace(second, probability=anew.probability(contender.log_odds[later]))),
    )


def judge_ranking(contender: Contender, train: TrainingRows) -> RankingDrop:
    """Compare the AUC of the test with the mean of those of the blocks foreseen before it."""
    block = time_blocks(train.time[contender.foreseen.rows], LEARNT_BLOCKS)
    earlier = train.outcome[contender.foreseen.rows]
    parts = [
        auc_with_error(contender.foreseen.log_odds[block == b], earlier[block == b]) for b in range(block.max() + 1)
    ]
    usable = np.array([part for part in parts if np.isfinite(part).all()])
    if not len(usable):
        return RankingDrop.unknown()
    before, error = usable[:, 0].mean(), np.sqrt((usable[:, 1] ** 2).sum()) / len(usable)
    now, error_now = auc_with_error(contender.judged.probability, contender.judged.outcome)
    spread = Z * float(np.hypot(error, error_now))
    return RankingDrop(drop=before - now, lower=before - now - spread, upper=before - now + spread)


def blocks_table(contender: Contender, train: TrainingRows, test: TrainingRows) -> pd.DataFrame:
    """Blocks of time: foreseen ones before the test, then the test; see `PropensityResult.blocks`."""
    positions = contender.foreseen.rows
    foreseen = contender.model.calibrator.probability(contender.foreseen.log_odds)
    learnt = _blocks("learnt", train.time[positions], train.outcome[positions], foreseen, LEARNT_BLOCKS)
    judged = contender.judged
    return pd.concat(
        [learnt, _blocks("test", test.time, judged.outcome, judged.probability, TEST_BLOCKS)], ignore_index=True
    )


def final_model(
    contender: Contender, rows: TrainingRows, split: Split, calibrated: Calibrated, seed: int
) -> tuple[ScoreModel, bool]:
    """The model that is handed on, and whether it was calibrated on the latest block alone.

    Where probabilities held, it is fitted anew on all cases, and so where no case is later than another. Where they did not, it stays as it was judged, and its map to
    probabilities is learnt on the latest of the cases that it has not seen: a model that had seen them would be mapped by what
    another one said.
    """
    if split.by_chance or calibrated.holds or calibrated.after >= calibrated.before:
        return fit_foreseeing(contender.model.learner.name, rows, seed)[0], False
    latest = time_blocks(rows.time[split.test], 2) == 1
    came = int(contender.judged.outcome[latest].sum())
    if min(came, int(latest.sum()) - came) < LEAST_TO_CALIBRATE:
        latest = np.ones(len(split.test), dtype=bool)
    anew = fit_platt(contender.log_odds[latest], contender.judged.outcome[latest])
    return replace(contender.model, calibrator=anew), True


def _blocks(part: str, time: np.ndarray, outcome: np.ndarray, probability: np.ndarray, count: int) -> pd.DataFrame:
    order = np.argsort(time, kind="stable")
    time, outcome, probability = time[order], outcome[order], probability[order]
    block = time_blocks(time, count)
    rows = []
    for number in range(block.max() + 1):
        here = block == number
        auc, error = auc_with_error(probability[here], outcome[here])
        rows.append(
            {
                "start": time[here][0],
                "end": time[here][-1],
                "part": part,
                "rows": int(here.sum()),
                "rate": float(outcome[here].mean()),
                "expected": float(probability[here].mean()),
                "auc": auc,
                "auc_lower": max(0.0, auc - Z * error),
                "auc_upper": min(1.0, auc + Z * error),
            }
        )
    return pd.DataFrame(rows)
