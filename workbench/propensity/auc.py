"""How well a score ranks: the area under the ROC curve with its standard error."""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata


def auc_with_error(score: np.ndarray, outcome: np.ndarray) -> tuple[float, float]:
    """The chance that a case with the outcome scores above one without (ties count half), and its standard error.

    Args:
        score: Shape (rows,).
        outcome: Shape (rows,).

    Returns:
        NaN twice where either outcome is absent; a NaN error where one occurs once.

    References:
        DeLong, DeLong, Clarke-Pearson (1988); ranks as in Sun and Xu (2014).
    """
    came = outcome.astype(bool)
    m, n = int(came.sum()), int((~came).sum())
    if m == 0 or n == 0:
        return np.nan, np.nan
    rank = rankdata(score)
    above = (rank[came] - rankdata(score[came])) / n
    below = 1 - (rank[~came] - rankdata(score[~came])) / m
    auc = float(above.mean())
    if min(m, n) < 2:
        return auc, np.nan
    return auc, float(np.sqrt(above.var(ddof=1) / m + below.var(ddof=1) / n))


class WeightedAUC:
    """AUC under many sets of row weights: the rows are sorted once."""

    def __init__(self, score: np.ndarray, outcome: np.ndarray) -> None:
        self.order = np.argsort(score, kind="stable")
        ordered = score[self.order]
        self.starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        self.outcome = outcome[self.order].astype(float)

    def __call__(self, weights: np.ndarray) -> float:
        w = weights[self.order]
        came = np.add.reduceat(w * self.outcome, self.starts)
        not_came = np.add.reduceat(w * (1 - self.outcome), self.starts)
        below = np.cumsum(not_came) - 0.5 * not_came
        pairs = came.sum() * not_came.sum()
        return float(came @ below / pairs) if pairs > 0 else np.nan
