"""What a peer's user does with the scores: name segments by value and activity, leave some customers alone, write what is handed on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

ALIVE, HIGH_VALUE_QUANTILE, LAPSED_WEEKS, HOLDOUT = 0.5, 0.8, 26, 0.1
ACTIONS = {
    "Champions": "Protect and reward",
    "Loyal": "Raise basket and rhythm",
    "At risk, valuable": "Win back",
    "Dormant": "Low-cost reminders only",
    "New": "Welcome series",
    "One-time, lapsed": "One reactivation test",
}


def segment(scores: pd.DataFrame, history: pd.DataFrame) -> pd.DataFrame:
    """One row a customer: segment, action, holdout.

    Args:
        scores: probability_alive, expected_value; indexed by customer.
        history: frequency, recency and T in weeks, in the same order.
    """
    frequency, age = history.frequency.to_numpy(), history["T"].to_numpy()
    again, recent = frequency > 0, age - history.recency.to_numpy() <= LAPSED_WEEKS
    active = np.where(again, scores.probability_alive.to_numpy() >= ALIVE, recent)
    value = scores.expected_value.to_numpy()
    high = value >= np.nanquantile(value[again], HIGH_VALUE_QUANTILE)
    conditions = [again & active & high, again & active, again & high, again, active]
    names = list(ACTIONS)
    named = pd.Series(np.select(conditions, names[:-1], default=names[-1]), index=scores.index)
    left_alone = np.random.default_rng(1).random(len(scores)) < HOLDOUT
    return pd.DataFrame({"segment": named, "action": named.map(ACTIONS), "holdout": left_alone})


def hand_on(scores: pd.DataFrame, segments: pd.DataFrame, folder: Path) -> None:
    segments.to_csv(folder / "segments.csv")
    scores.assign(segment=segments.segment, holdout=segments.holdout).to_csv(folder / "customer_values.csv")
