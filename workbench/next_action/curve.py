"""Uplift curves: what contacting the customers who rank highest brings, against contacting as many at random."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.next_action.off_policy import Z
from workbench.next_action.uplift import Trial, Uplift

STEPS = 20
CURVE_COLUMNS = ("action", "share", "gain", "lower", "upper", "random")


def uplift_curve(trial: Trial, uplift: Uplift) -> pd.DataFrame:
    """Profit before costs per customer of the campaigns if only a share of them is contacted, the highest ranks first.

    Ranks come from folds that didn't hold the customer, scores are unbiased one by one: the curve is a test, not a fit.

    Returns:
        Columns `CURVE_COLUMNS`: share in [0, 1], gain with its 95% interval, and what as many at random bring; currency.
    """
    ranked, scores = uplift.foretold[uplift.within], uplift.scores
    # Ties are broken as fairly as by a coin: by a customer's place in a table that is ordered by id.
    order = np.argsort(-ranked, kind="stable")
    unit = trial.unit[uplift.within]
    rows = [_point(scores, order, unit, step / STEPS) for step in range(STEPS + 1)]
    frame = pd.DataFrame(rows, columns=["share", "gain", "lower", "upper"])
    return frame.assign(action=uplift.action, random=frame.share * scores.mean())[list(CURVE_COLUMNS)]


def fifths(trial: Trial, uplift: Uplift) -> pd.DataFrame:
    """Average effect by fifth of the ranking, the highest first: action, fifth, effect, lower, upper, expected; currency."""
    ranked, scores = uplift.foretold[uplift.within], uplift.scores
    order = np.argsort(-ranked, kind="stable")
    expected = uplift.effect(ranked)
    rows = []
    for number, part in enumerate(np.array_split(order, 5), start=1):
        effect, error = float(scores[part].mean()), float(scores[part].std() / np.sqrt(max(1, len(part))))
        rows.append(
            (uplift.action, number, effect, effect - Z * error, effect + Z * error, float(expected[part].mean()))
        )
    return pd.DataFrame(rows, columns=["action", "fifth", "effect", "lower", "upper", "expected"])


def qini(trial: Trial, uplift: Uplift) -> tuple[float, float, float]:
    """Mean height of the uplift curve over the line of chance, currency a customer, with its 95% interval."""
    ranked, scores = uplift.foretold[uplift.within], uplift.scores
    place = np.empty(len(ranked))
    place[np.argsort(-ranked, kind="stable")] = np.arange(len(ranked))
    # A customer at place q counts in the curve at all shares above q, and in the line of chance at half of all.
    weight = 0.5 - (place + 0.5) / len(ranked)
    area = float((weight * scores).mean())
    by_unit = np.bincount(trial.unit[uplift.within], weight * (scores - scores.mean()))
    error = float(np.sqrt((by_unit**2).sum())) / len(scores)
    return area, area - Z * error, area + Z * error


def _point(scores: np.ndarray, order: np.ndarray, unit: np.ndarray, share: float) -> tuple[float, float, float, float]:
    inside = np.zeros(len(scores))
    inside[order[: round(share * len(order))]] = 1.0
    gained = inside * scores
    gain = float(gained.mean())
    by_unit = np.bincount(unit, gained - gain * (share > 0))
    error = float(np.sqrt((by_unit**2).sum())) / len(scores)
    return share, gain, gain - Z * error, gain + Z * error
