"""How many days of each week fall into a stretch of time."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

DAYS = 7


def share_of_days(weeks: pd.DatetimeIndex, start: date, end: date) -> np.ndarray:
    """The share of each week's days from `start` to `end`, both included: shape (H,)."""
    first = np.maximum((pd.Timestamp(start) - weeks).days.to_numpy(), 0)
    last = np.minimum((pd.Timestamp(end) - weeks).days.to_numpy() + 1, DAYS)
    return np.clip(last - first, 0, DAYS) / DAYS
